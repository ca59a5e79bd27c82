"""What is granted stays granted, whatever others declare and edit, and in whatever order it is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manifests import compiled, consumer, credential, route, secret, service
from postern_core.codec import encode_snapshot
from postern_core.grants import Grants

NAMESPACES = ("one", "two", "three")
HOSTS = ("a.test", "b.test", "*.test", "a.b.test", "*.b.test")
KEYS = ("j", "k")
CREATED = ("2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "")


@st.composite
def services(draw, namespace):
    """A Service that may be broken, in what names its hosts or elsewhere."""
    hosts = draw(st.lists(st.sampled_from(HOSTS), min_size=1, max_size=3, unique=True))
    broken = draw(st.sampled_from(({}, {}, {}, {"typo": 1}, {"hosts": "a.test"}, {"gateways": 7})))
    return service("app", namespace, draw(st.sampled_from(CREATED)), **{"hosts": hosts} | broken)


@st.composite
def credentials(draw, namespace, name):
    """A credential that may be broken."""
    broken = draw(st.sampled_from(({}, {}, {}, {"algorithm": "none"})))
    key = draw(st.sampled_from(KEYS))
    return credential(name, namespace, draw(st.sampled_from(CREATED)), key=key, **broken)


@st.composite
def worlds(draw):
    """Each namespace with or without its Service, its route and its credentials."""
    objects = []
    for namespace in NAMESPACES:
        objects += [consumer(namespace=namespace), secret(namespace=namespace)]
        parts = [services(namespace), st.just(route(namespace=namespace))]
        parts += [credentials(namespace, name) for name in ("alice", "twin")]
        objects += [draw(part) for part in parts if draw(st.booleans())]
    return objects


def is_sound(manifest):
    return compiled(manifest, consumer(namespace=manifest["metadata"]["namespace"])).snapshot.backends != ()


def named(objects, namespace):
    """The hosts that the Service of a namespace certainly names."""
    return {
        host
        for it in objects
        if (it["kind"], it["metadata"]["namespace"]) == ("Service", namespace) and is_sound(it)
        for host in it["spec"]["hosts"]
    }


HISTORIES = st.lists(worlds(), min_size=1, max_size=4)


@given(HISTORIES)
def test_a_namespace_keeps_what_it_was_granted_and_still_names(history):
    """A granted host is taken by no older object and no wildcard, and only its namespace's routes serve it."""
    grants = Grants()
    for objects in history:
        before, made = grants, compiled(*objects, grants=grants)
        grants = made.grants
        for host, grant in before.hosts.items():
            if host in named(objects, grant.namespace):
                assert grant.namespace == grants.hosts[host].namespace
        for entry in made.snapshot.routes:
            assert {entry.namespace} == {grants.hosts[host].namespace for host in entry.hosts}


@given(HISTORIES)
def test_a_credential_keeps_the_key_that_it_was_granted_and_still_names(history):
    """A credential keeps its granted key, and its place before those of other namespaces that came later."""
    grants = Grants()
    for objects in history:
        before, grants = grants, compiled(*objects, grants=grants).grants
        names = {
            (f"{it['metadata']['namespace']}/{it['spec']['key']}", it["metadata"]["name"])
            for it in objects
            if it["kind"] == "JWTCredential"
        }
        for id_, grant in before.keys.items():
            if (id_, grant.credential) in names:
                assert grant == grants.keys[id_]


@given(HISTORIES, st.randoms(use_true_random=False))
def test_order_is_no_matter(history, random):
    """Equal objects and equal grants make equal snapshots, problems and grants, in any order."""
    one = other = Grants()
    for objects in history:
        made = compiled(*objects, grants=one)
        shuffled = random.sample(objects, len(objects))
        again = compiled(*shuffled, grants=Grants(dict(reversed(other.hosts.items())), other.keys))
        one, other = made.grants, again.grants
        assert (one, made.problems) == (other, again.problems)
        assert encode_snapshot(made.snapshot).digest == encode_snapshot(again.snapshot).digest


@given(HISTORIES)
def test_compiling_again_changes_nothing(history):
    """Grants are settled after one compilation."""
    grants = Grants()
    for objects in history:
        made = compiled(*objects, grants=grants)
        again = compiled(*objects, grants=made.grants)
        assert made.grants is again.grants
        assert (made.snapshot, made.problems) == (again.snapshot, again.problems)
        grants = made.grants


@given(HISTORIES)
def test_edits_add_up_to_nothing(history):
    """There are never more grants than objects could name at once."""
    grants = Grants()
    for objects in history:
        grants = compiled(*objects, grants=grants).grants
        kinds = [it["kind"] for it in objects]
        assert len(grants.keys) <= kinds.count("JWTCredential")
        assert len(grants.hosts) <= 64 * kinds.count("Service")
