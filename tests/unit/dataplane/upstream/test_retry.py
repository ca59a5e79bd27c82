"""How often a request tries, and with which connection."""

from __future__ import annotations

import pytest

from data_port import DIAL_POLICY
from postern_core.snapshot import Backend, Endpoint
from postern_dataplane.background_tasks import BackgroundTasks
from postern_dataplane.table.upstream import Upstream
from postern_dataplane.upstream.dial_policy import AddressRefused
from postern_dataplane.upstream.pool import ConnectionPool
from postern_dataplane.upstream.retry import RACE_AFTER_S, RetryState


class Errors(list):
    def count(self, _metric, _upstream, kind):
        self.append(kind)


@pytest.fixture
def make(loop):
    """Makes the attempts of one request, at this many addresses; their runtime may be another's."""

    def make_(retries=1, addresses=2, pool=None):
        endpoints = tuple(Endpoint(address=f"10.0.0.{number}", port=80) for number in range(addresses))
        backend = Backend(id="Service/demo/app", retry_attempts=retries)
        return RetryState(
            pool or ConnectionPool(Upstream(backend, endpoints), BackgroundTasks(), DIAL_POLICY), Errors()
        )

    return make_


def connect(loop, attempts):
    return loop.run_until_complete(attempts.connect())


def idle(loop, attempts):
    return loop.call(attempts.idle_connection, loop.now)


def test_a_failure_leads_to_another_address(loop, make):
    """A failure leads to another address, and is reported."""
    attempts = make()
    assert idle(loop, attempts) is None
    loop.failures = [ConnectionRefusedError()]
    assert ["10.0.0.1", "10.0.0.1"] == [connect(loop, attempts).host.host, loop.dials[-1][0]]
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
    assert "10.0.0.0" == connect(loop, make(addresses=1)).host.host


def test_an_idle_connection_is_taken(loop, make):
    """Of the address whose turn it is."""
    first = make(addresses=1)
    connection = connect(loop, first)
    first.pool.keep(connection, loop.now)
    assert connection is idle(loop, make(pool=first.pool))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_an_idempotent_request_may_be_repeated(make, method):
    """As often as attempts are left."""
    attempts = make(retries=1)
    assert [True, False] == [attempts.may_retry("reset", method, None) for _ in range(2)]


@pytest.mark.parametrize("method", ["POST", "PATCH", "PROPFIND"])
def test_another_request_is_never_repeated(make, method):
    """It may have been done already."""
    assert not make(retries=5).may_retry("reset", method, None)


def test_without_retries_nothing_is_repeated(make):
    """Zero means zero."""
    assert not make(retries=0).may_retry("reset", "GET", None)


def test_an_address_that_broke_a_new_connection_is_avoided(loop, make):
    """There may be something wrong with it."""
    attempts = make()
    broken = connect(loop, attempts).host
    loop.call(attempts.pool.next_host, loop.now)
    assert attempts.may_retry("reset", "GET", None)
    assert broken is not connect(loop, attempts).host


def test_an_address_that_let_an_old_connection_go_is_tried_again(loop, make):
    """It has done nothing wrong."""
    first = make()
    connection = connect(loop, first)
    first.pool.keep(connection, loop.now)
    loop.call(first.pool.next_host, loop.now)
    attempts = make(pool=first.pool)
    assert connection is idle(loop, attempts)
    loop.call(first.pool.next_host, loop.now)
    assert attempts.may_retry("reset", "GET", None)
    assert connection.host is connect(loop, attempts).host


def test_an_address_that_is_refused_is_not_asked_again(loop, make):
    """It stays refused: the one failure is counted as what it is, however many attempts are left."""
    upstream = Upstream(Backend(id="Service/demo/app"), (Endpoint(address="127.0.0.1", port=80),))
    attempts = make(3, pool=ConnectionPool(upstream, BackgroundTasks(), DIAL_POLICY))
    with pytest.raises(AddressRefused):
        connect(loop, attempts)
    assert ([], ["address_refused"]) == (loop.dials, attempts._observer)


class Body:
    """A body that can be sent again, or not."""

    def __init__(self, *, is_kept):
        self.rewind = lambda: is_kept


@pytest.mark.parametrize(("body", "may"), [(None, True), (Body(is_kept=True), True), (Body(is_kept=False), False)])
def test_a_request_that_was_not_read_is_sent_again(make, body, may):
    """With every method and without attempts, as no byte of it can have been processed."""
    assert may is make(retries=0).may_retry("stale", "POST", body)


def test_a_body_is_not_sent_again_otherwise(make):
    """It may have been processed."""
    assert not make(retries=5).may_retry("reset", "PUT", Body(is_kept=True))


def test_an_address_that_does_not_answer_is_raced(loop, make):
    """The request waits 250 ms for an address that is gone, not for the whole time that connecting has."""
    attempts = make()
    idle(loop, attempts)
    loop.pending = loop.create_future()
    connecting = loop.create_task(attempts.connect())
    loop.settle()
    loop.pass_time(RACE_AFTER_S - 0.01)
    assert 1 == len(loop.dials)
    first, loop.pending = loop.pending, None
    loop.pass_time(0.02)
    assert ["10.0.0.0", "10.0.0.1"] == [dial[0] for dial in loop.dials]
    assert "10.0.0.1" == connecting.result().host.host
    assert {"10.0.0.1"} == {loop.call(attempts.pool.next_host, loop.now).host for _ in range(4)}
    loop.call(first.set_result, None)
    assert {"10.0.0.0", "10.0.0.1"} == {loop.call(attempts.pool.next_host, loop.now).host for _ in range(4)}
    late = loop.dialled[-1]
    assert [late] == late.host.idle


@pytest.mark.parametrize(("retries", "addresses"), [(0, 2), (1, 1)])
def test_without_another_address_or_attempt_the_first_has_its_time(loop, make, retries, addresses):
    """Nothing is raced against itself."""
    attempts = make(retries, addresses)
    idle(loop, attempts)
    loop.pending = loop.create_future()
    connecting = loop.create_task(attempts.connect())
    loop.settle()
    loop.pass_time(1)
    assert (1, False) == (len(loop.dials), connecting.done())
    loop.call(loop.pending.set_result, None)
    assert connecting.done()


def test_the_first_may_still_win(loop, make):
    """The failure of a late address is not a failure of the request."""
    attempts = make()
    idle(loop, attempts)
    first = loop.pending = loop.create_future()
    connecting = loop.create_task(attempts.connect())
    loop.settle()
    loop.pass_time(RACE_AFTER_S - 0.01)
    loop.pending = None
    loop.failures = [ConnectionRefusedError()]
    loop.pass_time(0.02)
    assert not connecting.done()
    loop.call(first.set_result, None)
    assert "10.0.0.0" == connecting.result().host.host
