"""Whatever a snapshot holds, its bytes are one, and give it back."""

from __future__ import annotations

from operator import attrgetter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from postern_core.codec import EncodeMemo, encode_snapshot
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
)
from postern_core.snapshot_responses import ResponseBody, Responses
from snapshots import decoded_again

TEXTS = st.text(max_size=4)
TUPLES = st.lists(TEXTS, max_size=2).map(tuple)
DATES = st.none() | st.floats(allow_nan=False, allow_infinity=False)
NAMED = {"id": TEXTS, "namespace": TEXTS, "name": TEXTS}
PATHS = st.lists(st.builds(PathMatch, type=st.sampled_from(["Exact", "Prefix", "Regex"]), value=TEXTS), max_size=2)
ENDPOINTS = st.lists(st.builds(Endpoint, address=TEXTS, port=st.integers(0, 2**63 - 1)), max_size=2).map(tuple)
KEYS = st.lists(st.builds(Key, material=TEXTS, id=st.none() | TEXTS, not_after=DATES), max_size=2).map(tuple)

RESPONSES = st.builds(ResponseBody, status=st.integers(400, 599), content_type=TEXTS, body=TEXTS)
ENTRIES = {
    "routes": st.builds(
        Route, **NAMED, created=TEXTS, hosts=TUPLES, paths=PATHS.map(tuple), backend=TEXTS, service=TEXTS,
        methods=TUPLES, policy=st.none() | TEXTS, keep_encoded_slashes=st.booleans(), refusal=TEXTS,
    ),
    "backends": st.builds(Backend, id=TEXTS, host_header=st.none() | TEXTS, retry_attempts=st.integers(0, 9)),
    "endpoints": st.builds(Endpoints, id=TEXTS, endpoints=ENDPOINTS),
    "policies": st.builds(
        Policy, id=TEXTS, namespace=TEXTS, places=st.just(()), mode=st.sampled_from(["Required", "Optional"]),
        namespaces=st.none() | TUPLES, max_lifetime_ms=st.none() | st.integers(0, 2**40),
    ),
    "consumers": st.builds(Consumer, **NAMED, groups=TUPLES, custom_id=TEXTS),
    "responses": st.builds(
        Responses, id=TEXTS, format=st.sampled_from(["Message", "ProblemDetails"]), hosts=TUPLES,
        bodies=st.lists(RESPONSES, max_size=2).map(tuple),
    ),
    "credentials": st.builds(
        Credential, **NAMED, created=TEXTS, consumer=TEXTS, key=TEXTS, algorithm=TEXTS, keys=KEYS, issued_before=DATES,
    ),
}  # fmt: skip


def section(name):
    entries = st.lists(ENTRIES[name], max_size=4, unique_by=attrgetter("id"))
    return entries.map(lambda found: tuple(sorted(found, key=attrgetter("id"))))


SNAPSHOTS = st.builds(Snapshot, gateway=TEXTS, **{name: section(name) for name in ENTRIES})


def copied(snapshot):
    """An equal snapshot of which nothing is the same object."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot), type=Snapshot)


@given(SNAPSHOTS)
def test_what_was_encoded_comes_back(snapshot):
    """Every field of every entry."""
    assert snapshot == decoded_again(encode_snapshot(snapshot))


@given(SNAPSHOTS)
def test_equal_snapshots_have_equal_bytes(snapshot):
    """Whoever made them, and whatever was encoded before."""
    memo = EncodeMemo()
    encode_snapshot(Snapshot(gateway="other", consumers=snapshot.consumers[:1]), memo)
    assert encode_snapshot(snapshot) == encode_snapshot(copied(snapshot)) == encode_snapshot(snapshot, memo)


@given(SNAPSHOTS, SNAPSHOTS)
def test_other_snapshots_have_another_digest(one, other):
    """A digest names one snapshot."""
    assert (one == other) == (encode_snapshot(one).digest == encode_snapshot(other).digest)


@given(SNAPSHOTS.filter(lambda it: it.consumers), st.data())
def test_one_changed_entry_changes_one_shard(snapshot, data):
    """One changed entry changes one shard, and the index that names it."""
    at = data.draw(st.integers(0, len(snapshot.consumers) - 1))
    entry = snapshot.consumers[at]
    changed = msgspec.structs.replace(entry, custom_id=entry.custom_id + "!")
    consumers = (*snapshot.consumers[:at], changed, *snapshot.consumers[at + 1 :])
    before, after = (encode_snapshot(it) for it in (snapshot, msgspec.structs.replace(snapshot, consumers=consumers)))
    assert before.digest != after.digest
    assert 1 == len(after.shards.keys() - before.shards.keys())
