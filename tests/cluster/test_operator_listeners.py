"""Listeners of a gateway in a cluster, which the operator publishes and the data plane opens."""

from __future__ import annotations

import socket

import manifests
import raw
from installation import installed

HOST = "listeners.example.com"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_operator_publishes_the_listeners_of_its_gateway(crds, kubectl, tmp_path):
    """A port of the operator's option is served by a data plane that has no such option, for its host alone."""
    port = free_port()
    options = (f"--listener=default/inner=http://{HOST}:{port}",)
    with installed(kubectl, tmp_path, "listeners", operator_options=options) as (installation, [namespace]):
        service = manifests.service("app", namespace, hosts=[HOST, "other.example.com"])
        assert 0 == kubectl.apply(service, manifests.route("all", namespace)).returncode
        installation.until_status(502, HOST, "/")
        answers = [
            raw.ask(("127.0.0.1", port), raw.request("/", host=host)).status for host in (HOST, "other.example.com")
        ]
        assert [502, 404] == answers
