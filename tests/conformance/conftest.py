"""What the conformance tests share: gateways and upstreams, one of each for a module unless a test starts its own."""

from __future__ import annotations

import os

import pytest

from gateway import Local, open_to
from redis_server import PASSWORD, running_redis
from upstream import Upstream


@pytest.fixture(scope="module")
def start_gateway(tmp_path_factory):
    """Starts gateways and ends them after the module; manifests first, then options of the command.

    `POSTERN_TEST_REMEMBER_HEADS=off` in the environment has all of them parse every request and verify every token.
    """
    started = []
    remembers = os.environ.get("POSTERN_TEST_REMEMBER_HEADS", "on")

    def start(served, *options, kind=Local, **arguments):
        options = ("--remember-heads", remembers, "--remember-tokens", remembers, *options)
        started.append(kind(tmp_path_factory.mktemp("gateway") / "it", *options, **arguments))
        started[-1].serve(served)
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="module")
def start_upstream():
    """Starts upstreams and ends them after the module."""
    started = []

    def start(**arguments):
        started.append(Upstream(**arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="module")
def module_upstream(start_upstream):
    return start_upstream()


@pytest.fixture
def upstream(module_upstream):
    """The module's upstream, which has seen nothing yet."""
    module_upstream.forget()
    return module_upstream


@pytest.fixture(scope="module")
def gateway_of(start_gateway, served_of):
    """`gateway_of(page)`: a gateway with what `served_of(page)` of the module is; there is one, which changes pages."""
    gateway = start_gateway([])
    shown = []

    def serve(page):
        if shown != [page]:
            gateway.serve(served_of(page))
            shown[:] = [page]
        return gateway

    return serve


@pytest.fixture
def redis(tmp_path):
    """A store of rate limits, whose password is in the file `password` of the test's folder."""
    (tmp_path / "password").write_text(PASSWORD + "\n")
    with running_redis(tmp_path, PASSWORD) as server:
        yield server


@pytest.fixture(scope="module")
def kind():
    """Which gateway it is; a module whose tests hold over TLS too has another fixture of this name."""
    return Local


@pytest.fixture(scope="module")
def gateway(start_gateway, module_upstream, kind):
    """A gateway that lets everything for app.example.com through to the upstream."""
    return start_gateway(open_to(module_upstream.address), kind=kind)
