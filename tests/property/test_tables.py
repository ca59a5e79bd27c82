"""A table that was made of others, change by change, is the one that is made of the last snapshot alone."""

from __future__ import annotations

import base64
from operator import attrgetter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from heads import NOW_S, bearer, head, signed
from manifests import SECRET
from postern_core.snapshot import (
    Backend,
    Consumer,
    Credential,
    Endpoint,
    Endpoints,
    Key,
    PathMatch,
    Policy,
    Route,
    Snapshot,
    TokenSource,
    ValueMatch,
)
from postern_core.snapshot_listeners import Listener
from postern_core.snapshot_responses import ResponseBody, Responses
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Forward
from postern_dataplane.decision.verification_cache import NullCache
from postern_dataplane.errors import SnapshotError
from postern_dataplane.reload.loader import Loader
from postern_dataplane.table.routing_table import build_table
from snapshots import publish_into

# Few of each, so that entries meet, and references that nothing answers.
NAMES = st.sampled_from(["a", "b", "c"])
NAMESPACES = st.sampled_from(["n", "m"])
DATES = st.sampled_from(["", "2030-01-01T00:00:00Z"])
HOSTS = st.lists(st.sampled_from(["x.h", "*.h", "*"]), min_size=1, max_size=2).map(tuple)
PATHS = st.one_of(
    st.builds(PathMatch, type=st.just("Exact"), value=st.sampled_from(["/a", "/b"])),
    st.builds(PathMatch, type=st.just("Prefix"), value=st.sampled_from(["/", "/a", "/a/b"])),
    st.builds(PathMatch, type=st.just("Regex"), value=st.sampled_from(["/.", ".*b"])),
)
NOTHING = st.just(())
MATCHES = NOTHING | st.just((ValueMatch(name="x-a", type="Exact", value="1"),))
PORTS = st.sampled_from([1, 2])
KEYS = (Key(material=base64.b64encode(SECRET.encode()).decode()),)
PLACES = (TokenSource(kind="header", name="authorization"),)


def references(*names):
    return st.sampled_from(names)


def named(kind, type_, **fields):
    """An entry whose id follows from its namespace and name."""

    def build(namespace, name, **rest):
        return type_(id=f"{kind}/{namespace}/{name}", namespace=namespace, name=name, **rest)

    return st.builds(build, namespace=NAMESPACES, name=NAMES, **fields)


ENTRIES = {
    "routes": named(
        "Route", Route, created=DATES, hosts=HOSTS, paths=st.lists(PATHS, max_size=2).map(tuple), headers=MATCHES,
        backend=references("a", "b", "c"), service=st.just("s"), policy=st.none() | references("p", "q"),
        responses=st.none() | st.sampled_from(["r", "s"]),
        keep_encoded_slashes=st.booleans(), listeners=NOTHING | NAMES.map(lambda it: (it,)),
    ),
    "backends": st.builds(
        Backend, id=NAMES, path_prefix=st.sampled_from(["", "/up"]), host_header=st.sampled_from([None, "up"])
    ),
    "endpoints": st.builds(
        Endpoints, id=NAMES, endpoints=st.lists(st.builds(Endpoint, address=NAMES, port=PORTS), max_size=2).map(tuple)
    ),
    "policies": st.builds(
        Policy, id=references("p", "q"), namespace=NAMESPACES, places=st.just(PLACES), realm=NAMES,
        mode=st.sampled_from(["Required", "Optional", "Permissive"]), anonymous_consumer=st.none() | NAMES,
        allow_consumers=NOTHING | NAMES.map(lambda it: (it,)), allow_groups=NOTHING | st.just(("g",)),
        namespaces=st.none() | st.just(("n",)),
    ),
    "responses": st.builds(
        Responses, id=st.sampled_from(["r", "s"]), hosts=HOSTS, path_prefix=st.sampled_from(["/", "/a"]),
        bodies=NOTHING | st.builds(ResponseBody, status=st.just(404), content_type=st.just("text/plain"), body=NAMES)
        .map(lambda it: (it,)),
    ),
    # Of one port each is for a host of its own.
    "listeners": NAMES.flatmap(
        lambda name: st.builds(
            Listener, id=st.just(name), protocol=st.just("HTTP"), port=st.just(80), bind_port=PORTS,
            hostname=st.just({"a": "", "b": "*.h", "c": "x.h"}[name]),
        )
    ),
    "consumers": named("Consumer", Consumer, groups=NOTHING | st.just(("g",)), custom_id=st.sampled_from(["", "7"])),
    "credentials": named(
        "JWTCredential", Credential, created=DATES, key=references("alice", "bob"), algorithm=st.just("HS256"),
        consumer=references(*(f"Consumer/{space}/{name}" for space in "nm" for name in "abc")), keys=st.just(KEYS),
    ),
}  # fmt: skip


def by_id(entries):
    return tuple(sorted(entries, key=attrgetter("id")))


# Most of what there may be is there, so that most requests find something.
SIZES = {
    "routes": (3, 6),
    "backends": (2, 3),
    "endpoints": (2, 3),
    "policies": (2, 2),
    "responses": (0, 2),
    "listeners": (0, 3),
    "consumers": (3, 6),
    "credentials": (2, 6),
}
SECTIONS = {
    name: st.lists(ENTRIES[name], min_size=least, max_size=most, unique_by=attrgetter("id")).map(by_id)
    for name, (least, most) in SIZES.items()
}
SNAPSHOTS = st.builds(Snapshot, gateway=st.sampled_from(["g", "h"]), **SECTIONS)


@st.composite
def chains(draw):
    """A snapshot, and what becomes of it: some sections are others, or all is there that was there before."""
    chain = [draw(SNAPSHOTS)]
    for _ in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(sorted(SECTIONS)), max_size=2, unique=True))
        base = draw(st.sampled_from(chain))
        chain.append(
            msgspec.structs.replace(base, **{name: draw(changed(name, getattr(base, name))) for name in names})
        )
    return chain


def changed(name, entries):
    """Entries of which one has gone, come or become another."""
    come = ENTRIES[name].map(lambda it: by_id([*(one for one in entries if one.id != it.id), it]))
    if not entries:
        return come
    return come | st.sampled_from(entries).map(lambda it: tuple(one for one in entries if one is not it))


REQUESTS = [
    head(target, *fields, host=host)
    for target in ("/a", "/b", "/a/b", "/a%2Fb", "/c")
    for host in ("x.h", "y.h", "z")
    for fields in ((), (("X-A", "1"),), (bearer(signed()),), (bearer(signed(key="bob")), ("X-A", "1")))
]


def decided(table):
    """What becomes of each request."""
    return [told(decide(request, table, NullCache(), NOW_S)) for request in REQUESTS]


def told(decision):
    if isinstance(decision, Forward):
        return decision.upstream, decision.route.id, decision.head, decision.consumer
    content = decision.responses and decision.responses.content_of(404, "")
    return decision.denial, decision.route and decision.route.id, content


def held(table):
    """All that a table holds, in words: rows by their entry, and by what they were made of."""
    return {
        "entries": table.entries,
        "upstreams": table.upstreams,
        "responses": {id_: row.entry for id_, row in table.responses.items()},
        "unrouted": {host: found.longest for host, found in table.unrouted._by_host.items()},
        "policies": {id_: told_of(row) for id_, row in table.policies.items()},
        "credentials": {key: [(row.entry, row.consumer) for row in rows] for key, rows in table.credentials.items()},
        "ports": {number: port._by_hostname for number, port in table.ports.items()},
        "listeners": {
            id_: {host: held_by(routes) for host in ("x.h", "y.h", "z") if (routes := it.hosts.find(host))}
            for id_, it in table.listener_hosts.items()
        },
        "hosts": {host: held_by(routes) for host in ("x.h", "y.h", "z") if (routes := table.hosts.find(host))},
    }


def held_by(routes):
    groups = {**routes.exact, **{f"{path}*": rows for path, rows in routes.prefixes.items()}}
    groups["patterns"] = list(routes.patterns.rows)
    numbers = (routes.count, routes.longest_prefix, routes.keeps_slashes)
    return numbers, {
        path: [(it.entry, it.upstream, told_of(it.policy), contents_of(it.responses)) for it in rows]
        for path, rows in groups.items()
    }


def contents_of(responses):
    return responses and responses.content_of(404, "")


def told_of(policy):
    return policy and (policy.entry, policy.anonymous)


def built(snapshot, digest):
    """The table of this snapshot alone, None where a route's policy is not there."""
    try:
        return build_table(snapshot, digest)
    except KeyError:
        return None


@given(chain=chains())
def test_a_table_of_changes_is_the_table_of_the_whole(tmp_path_factory, chain):
    """It decides as that, holds the same, and refuses the same snapshots; the one before it has what it had."""
    folder = tmp_path_factory.mktemp("snapshot")
    loader, table = Loader(folder), None
    for snapshot in chain:
        expected = built(snapshot, publish_into(folder, snapshot))
        before = table and (held(table), decided(table))
        now = loaded(loader, table)
        assert (now is None) == (expected is None)
        assert before == (table and (held(table), decided(table)))
        if now is not None:
            assert (held(expected), decided(expected)) == (held(now), decided(now))
            assert (expected.digest, expected.gateway, expected.routes) == (now.digest, now.gateway, now.routes)
            table = now


def loaded(loader, table):
    try:
        return loader.load(table)
    except SnapshotError:
        return None
