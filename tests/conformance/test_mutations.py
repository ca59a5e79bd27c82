"""Requests with random damage: whatever comes, the gateway answers with what it has, or refuses, and stays itself.

The damage is the same in each run; a case that fails can be run again by its number.
"""

from __future__ import annotations

import random

import pytest
from fuzz.damage import damaged
from fuzz.targets.heads import SEEDS

import manifests
import raw
from gateway import DataPlane, open_to

ROUNDS = 12
PER_ROUND = 60


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream):
    """A gateway with an open route and a protected one, which waits for no rest of a request."""
    closed = manifests.route("closed", paths=[{"type": "Prefix", "value": "/closed"}], auth={"jwt": {}})
    people = [manifests.consumer(), manifests.credential(), manifests.secret()]
    served = [*open_to(module_upstream.address, timeouts={"idle": "200ms"}), closed, *people]
    return start_gateway(served, "--header-timeout", "200ms", kind=DataPlane)


def statuses_of(gateway, content):
    """The statuses of all answers, to the request and to one behind it that is the last in any case."""
    said = raw.everything(gateway.listen, content + raw.request("/", "Connection: close"))
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_damage_never_gets_further_than_a_refusal(number, gateway, upstream):
    """No answer is of the 5xx, and the upstream gets no request that isn't answered, or given up (408)."""
    chance = random.Random(number)
    workers = gateway.workers()
    for _ in range(PER_ROUND):
        content = damaged(chance, SEEDS)
        upstream.forget()
        statuses = statuses_of(gateway, content)
        assert [] == [status for status in statuses if status >= 500], content
        assert 0 <= len(upstream.requests) - statuses.count(200) <= statuses.count(408), content
    assert 200 == raw.ask(gateway.listen, raw.request("/")).status
    assert workers == gateway.workers()
