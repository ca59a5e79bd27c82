"""What is left of a snapshot without what can't be published."""

import pytest
from msgspec import structs

from manifests import compiled, consumer, credential, route, secret, service
from postern_core.link.routes import place_of
from postern_core.link.withholding import REFUSAL, withhold
from postern_core.snapshot_listeners import Listener

JWT = {"jwt": {}}
OBJECTS = [
    service(auth=JWT), route("plain"), route("own", auth={"jwt": {"realm": "own"}}), consumer(), credential(), secret(),
]  # fmt: skip
SNAPSHOT = compiled(*OBJECTS).snapshot


def without(*names, also=()):
    """The snapshot without the entries of these sections and ids, and what is missing then."""
    found = {
        (section, entry.id): [entry]
        for section, name in names
        for entry in getattr(SNAPSHOT, section)
        if entry.id.endswith(f"/{name}")
    }
    for section, entry in also:
        found.setdefault((section, entry.id), []).append(entry)
    return withhold(SNAPSHOT, found)


def test_nothing_is_missing_where_nothing_is_refused():
    """Nothing is withheld where nothing was refused, or where what was refused has changed since."""
    other = compiled(service(), route("plain", methods=["GET"])).snapshot.routes[0]

    assert (SNAPSHOT, frozenset()) == without()
    assert (SNAPSHOT, frozenset()) == without(also=[("routes", other)])


def test_a_route_refuses_its_place():
    """It is not left out: its requests would fall through to another."""
    found, missing = without(("routes", "own"))
    [own] = [entry for entry in found.routes if entry.name == "own"]

    assert (place_of(own, REFUSAL), {"Route/default/own"}) == (own, missing)
    assert ["Service/default/app"] == [entry.id for entry in found.policies]


def test_a_route_without_its_policy_refuses_its_place():
    """One that names a policy that is not there would fail the whole table."""
    found, missing = without(("policies", "app"))

    assert {"own": "", "plain": REFUSAL} == {entry.name: entry.refusal for entry in found.routes}
    assert ["Route/default/own"] == [entry.id for entry in found.policies]
    assert {"Service/default/app", "Route/default/plain"} == missing


def test_where_not_even_the_place_is_taken_the_hosts_refuse():
    """What takes its requests can't be told any more."""
    place = place_of(next(it for it in SNAPSHOT.routes if it.name == "own"), REFUSAL)
    found, _ = without(("routes", "own"), also=[("routes", place)])
    [closed] = found.routes

    assert (REFUSAL, "/", "Prefix") == (closed.refusal, closed.paths[0].value, closed.paths[0].type)
    assert ((), ("app.example.com",)) == (found.policies, closed.hosts)


@pytest.mark.parametrize(
    ("section", "name", "with_it"),
    [
        ("endpoints", "app", {"Service/default/app", "Route/default/own", "Route/default/plain"}),
        ("consumers", "alice", {"Consumer/default/alice", "JWTCredential/default/alice"}),
        ("credentials", "alice", {"JWTCredential/default/alice"}),
    ],
)
def test_what_only_serves_by_being_there_is_left_out(section, name, with_it):
    """Without addresses requests get 503; without its consumer or credential a token is refused."""
    found, missing = without((section, name))

    assert () == getattr(found, section)
    assert with_it == missing


def test_a_backend_refuses():
    """With all that its certificates might have been refused for left out."""
    found, _ = without(("backends", "app"))

    assert [REFUSAL] == [entry.refusal for entry in found.backends]


def test_a_port_is_closed_where_one_of_its_listeners_is_missing():
    """What that one redirects would be served by a wider one."""
    redirect = Listener("Listener/default/a", "HTTP", 80, 10080, "a.example.com", 443)
    others = Listener("Listener/default/b", "HTTP", 80, 10080), Listener("Listener/default/c", "HTTP", 81, 10081)
    snapshot = structs.replace(SNAPSHOT, listeners=(redirect, *others))
    found, missing = withhold(snapshot, {("listeners", redirect.id): [redirect]})

    assert (others[1:], {redirect.id}) == (found.listeners, missing)
