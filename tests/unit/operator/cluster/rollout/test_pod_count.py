"""By how many pods limits are divided, and how seldom that number changes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import manifests
from postern_core.codec import decode_index
from postern_core.parse import parse_manifest
from postern_operator.build import GatewayBuild
from postern_operator.cluster.rollout.pod_count import CHANGES_EVERY_S, PodCount


def built(**route_spec):
    objects = map(parse_manifest, (manifests.service(), manifests.route(**route_spec)))
    return GatewayBuild("default").run(tuple(objects))


LIMITED = built(rateLimit=[{"by": "Client", "requests": 10, "per": "1s"}])


def counted(*seen):
    """The numbers in the index, given how many pods are ready at which times."""
    count, build, found = PodCount(), LIMITED, []
    for now_s, ready in seen:
        build = count.divided(build, ready, now_s)
        found.append(decode_index(build.encoded.index).pods)
    return found


def test_without_limits_the_index_does_not_change():
    """A gateway whose routes have no limits publishes the bytes that it always has, however its pods come and go."""
    unlimited = built()
    count = PodCount()
    assert unlimited is count.divided(unlimited, 1, 0.0) is count.divided(unlimited, 5, 100.0)


def test_only_the_index_changes():
    """A scaling is no other snapshot: the same objects, the same shards and the same ids."""
    divided = PodCount().divided(LIMITED, 3, 0.0)
    assert (LIMITED.objects, LIMITED.compiled) == (divided.objects, divided.compiled)
    assert LIMITED.encoded.shards == divided.encoded.shards
    assert LIMITED.encoded.digest != divided.encoded.digest


def test_an_equal_number_is_the_same_build():
    """What is asked every moment costs nothing."""
    count = PodCount()
    divided = count.divided(LIMITED, 3, 0.0)
    assert divided is count.divided(divided, 3, 1.0)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        # The first is known at once; of those that start together the last number counts.
        ([(0, 1), (1, 2), (2, 3), (9, 4), (10, 5), (11, 6), (20, 6)], [1, 1, 1, 1, 5, 5, 6]),
        # One that comes and goes stays counted.
        ([(0, 3), (10, 2), (25, 3), (40, 2), (69, 3), (99, 3)], [3, 3, 3, 3, 3, 3]),
        # Those that are gone for good are not; it is the most of the meantime that counts.
        ([(0, 5), (10, 2), (20, 4), (39, 2), (40, 2), (69, 2), (70, 2), (100, 2)], [5, 5, 5, 5, 4, 4, 4, 2]),
        # Those that come back after an outage are as many as there were, until they are fewer for a while.
        ([(0, 10), (10, 0), (40, 0), (50, 1), (51, 10), (80, 10)], [10, 10, 10, 10, 10, 10]),
        ([(0, 10), (10, 4), (15, 0), (45, 0), (50, 1), (51, 10)], [10, 10, 10, 10, 10, 10]),
        ([(0, 10), (10, 0), (50, 1), (51, 2), (79, 2), (80, 2)], [10, 10, 10, 10, 10, 2]),
        # None is no number to divide by.
        ([(0, 0), (5, 2), (10, 0), (100, 0), (101, 1), (130, 1), (131, 1)], [0, 2, 2, 2, 2, 2, 1]),
    ],
)
def test_the_number_follows_the_pods_slowly(seen, expected):
    """A pod that is replaced, or flaps, does not rewrite the index."""
    assert expected == counted(*seen)


@given(st.lists(st.tuples(st.floats(0.1, 20), st.integers(0, 6)), max_size=60))
def test_however_pods_flap_the_index_is_rewritten_seldom(steps):
    """Never twice within ten seconds, and never with a number of pods that were not there."""
    now_s, seen = 0.0, []
    for step, ready in steps:
        now_s += step
        seen.append((now_s, ready))
    numbers = counted(*seen)
    changes = [at for (at, _), before, after in zip(seen, [0, *numbers], [*numbers], strict=False) if before != after]
    assert all(later - earlier >= CHANGES_EVERY_S - 1e-6 for earlier, later in pairwise(changes))
    assert set(numbers) <= {0, *(ready for _, ready in seen)}
