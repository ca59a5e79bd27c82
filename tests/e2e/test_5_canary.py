"""A canary between two Services of Kubernetes: what share of the requests the new version gets."""

from __future__ import annotations

import json
from collections import Counter

from in_cluster import GATEWAY, ROOT

CANARY = ROOT / "tests" / "e2e" / "manifests" / "canary.yaml"
ASKED = 400


def test_a_tenth_of_the_requests_goes_to_the_canary(cluster, walkthrough, say):
    """Each worker of each Pod splits its own requests evenly, so that the whole is as even but for one each."""
    cluster.apply(CANARY)
    cluster.wait_ready("services", "routes")
    answers = [cluster.ask(f"{GATEWAY}/canary/headers", walkthrough) for _ in range(ASKED)]
    assert {200} == {answer.status for answer in answers}
    hosts = Counter(json.loads(answer.body)["headers"]["Host"].partition(".")[0] for answer in answers)
    say(f"of {ASKED} requests, {hosts['httpbin-canary']} went to the canary")
    assert {"httpbin", "httpbin-canary"} == set(hosts)
    assert 0.07 * ASKED < hosts["httpbin-canary"] < 0.13 * ASKED
    cluster.kubectl("delete", f"--filename={CANARY}", check=True)
