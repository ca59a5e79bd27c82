"""How often a request tries, and with which connection."""

from __future__ import annotations

import pytest

from postern_core.snapshot import Backend, Endpoint
from postern_dataplane.background_tasks import Tasks
from postern_dataplane.table.compiled import Upstream
from postern_dataplane.upstream.pool import UpstreamRuntime
from postern_dataplane.upstream.retry import Attempts


class Errors(list):
    def upstream_error(self, upstream, kind):
        self.append(kind)


@pytest.fixture
def make(loop):
    """Makes the attempts of one request, at this many addresses; their runtime may be another's."""

    def make_(retries=1, addresses=2, runtime=None):
        endpoints = tuple(Endpoint(address=f"10.0.0.{number}", port=80) for number in range(addresses))
        backend = Backend(id="Service/demo/app", retry_attempts=retries)
        return Attempts(runtime or UpstreamRuntime(Upstream(backend, endpoints), Tasks()), Errors())

    return make_


def connect(loop, attempts):
    return loop.run_until_complete(attempts.connect())


def idle(loop, attempts):
    return loop.call(attempts.idle_connection, loop.now)


def test_a_failure_leads_to_another_address(loop, make):
    """And is told."""
    attempts = make()
    assert idle(loop, attempts) is None
    loop.failures = [ConnectionRefusedError()]
    assert ["10.0.0.1", "10.0.0.1"] == [connect(loop, attempts).home.host, loop.dials[-1][0]]
    assert (["10.0.0.0", "10.0.0.1"], ["connect_failed"]) == ([it[0] for it in loop.dials], attempts._observer)


@pytest.mark.parametrize(("retries", "dials"), [(0, 1), (1, 2), (3, 4)])
def test_attempts_have_a_number(loop, make, retries, dials):
    """The last error is what is raised."""
    loop.failures = [ConnectionRefusedError()] * dials
    loop.failures[-1] = TimeoutError()
    attempts = make(retries)
    with pytest.raises(TimeoutError):
        connect(loop, attempts)
    assert (dials, "connect_timeout") == (len(loop.dials), attempts._observer[-1])


def test_a_single_address_is_tried_again(loop, make):
    """Its failure may have been a short one."""
    loop.failures = [ConnectionRefusedError()]
    assert "10.0.0.0" == connect(loop, make(addresses=1)).home.host


def test_an_idle_connection_is_taken(loop, make):
    """Of the address whose turn it is."""
    first = make(addresses=1)
    connection = connect(loop, first)
    first.runtime.keep(connection, loop.now)
    assert connection is idle(loop, make(runtime=first.runtime))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_an_idempotent_request_may_be_repeated(make, method):
    """As often as attempts are left."""
    attempts = make(retries=1)
    assert [True, False] == [attempts.take_another(method) for _ in range(2)]


@pytest.mark.parametrize("method", ["POST", "PATCH", "PROPFIND"])
def test_another_request_is_never_repeated(make, method):
    """It may have been done already."""
    assert not make(retries=5).take_another(method)


def test_without_retries_nothing_is_repeated(make):
    """Zero means zero."""
    assert not make(retries=0).take_another("GET")


def test_an_address_that_broke_a_new_connection_is_avoided(loop, make):
    """There may be something wrong with it."""
    attempts = make()
    broken = connect(loop, attempts).home
    loop.call(attempts.runtime.next_address, loop.now)
    assert attempts.take_another("GET")
    assert broken is not connect(loop, attempts).home


def test_an_address_that_let_an_old_connection_go_is_tried_again(loop, make):
    """It has done nothing wrong."""
    first = make()
    connection = connect(loop, first)
    first.runtime.keep(connection, loop.now)
    loop.call(first.runtime.next_address, loop.now)
    attempts = make(runtime=first.runtime)
    assert connection is idle(loop, attempts)
    loop.call(first.runtime.next_address, loop.now)
    assert attempts.take_another("GET")
    assert connection.home is connect(loop, attempts).home
