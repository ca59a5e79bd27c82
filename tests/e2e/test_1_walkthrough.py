"""What a user does first, in a cluster: apply, wait, make a token, ask."""

from __future__ import annotations

import json

from in_cluster import GATEWAY


def test_without_a_token(cluster, walkthrough):
    """401, with the one body and a challenge without an error."""
    answer = cluster.ask()
    assert (401, b'{"message":"Missing JWT token in request"}') == (answer.status, answer.body)
    assert answer.headers["www-authenticate"] == 'Bearer realm="postern"'


def test_with_a_bad_token(cluster, walkthrough):
    """401, with the other body."""
    answer = cluster.ask(token=f"{walkthrough}x")
    assert (401, b'{"message":"JWT token invalid"}') == (answer.status, answer.body)


def test_with_a_good_token(cluster, walkthrough):
    """200, and what httpbin itself has to say."""
    answer = cluster.ask(token=walkthrough)
    assert (200, "Sample Slide Show") == (answer.status, json.loads(answer.body)["slideshow"]["title"])


def test_what_no_route_takes(cluster, walkthrough):
    """404, also with a good token."""
    assert cluster.ask(f"{GATEWAY}/v1/uuid", walkthrough).status == 404


def test_an_edit_is_served_once_it_is_ready(cluster, walkthrough):
    """`kubectl wait` means what it says: after it, the new path is served and the old one isn't."""
    for path, other in (("/uuid", "/json"), ("/json", "/uuid")):
        patch = json.dumps([{"op": "replace", "path": "/spec/paths/0/value", "value": path}])
        cluster.kubectl(
            "patch", "routes.postern.dev/json", "--namespace=demo", "--type=json", f"--patch={patch}", check=True
        )
        route = cluster.kubectl.get("routes.postern.dev", "json", "demo")
        generation = route["metadata"]["generation"]

        def is_ready(wanted=generation):
            conditions = cluster.kubectl.get("routes.postern.dev", "json", "demo")["status"]["conditions"]
            ready = next(it for it in conditions if it["type"] == "Ready")
            return (ready["status"], ready["observedGeneration"]) == ("True", wanted)

        cluster.until("the edited route is Ready", is_ready, timeout_s=10)
        statuses = [cluster.ask(f"{GATEWAY}/v1{it}", walkthrough).status for it in (path, other) for _ in range(4)]
        assert [200] * 4 + [404] * 4 == statuses


def test_the_status_of_the_cluster(cluster, walkthrough):
    """`kubectl postern status` asks the Pods through the API server, and finds all well."""
    status = json.loads(cluster.plugin("status", "--namespace=demo", "--output=json"))
    (gateway,) = status["gateways"]
    assert (True, True) == (status["is_ready"], status["operator"]["is_held"]), status
    assert [gateway["digest"]] * len(gateway["pods"]) == [pod["digest"] for pod in gateway["pods"]]
