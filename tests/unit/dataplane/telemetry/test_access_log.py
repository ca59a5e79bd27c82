"""Which requests have a line in the access log, and what happens when nobody reads the lines."""

from __future__ import annotations

import itertools
import json
import os

import pytest

from log_records import record
from postern_dataplane.telemetry import access_log
from postern_dataplane.telemetry.access_log import AccessLog, LineRate


@pytest.fixture
def pipe():
    """Something to read lines from, and to write them into."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def written(pipe, share, *records):
    """What the log has written of these, and how many lines it dropped."""
    log = AccessLog(share, pipe[1])
    for one in records:
        log.request_done(one)
    log.start()
    log.close(5)
    os.set_blocking(pipe[0], False)
    try:
        text = os.read(pipe[0], 2**20).decode()
    except BlockingIOError:
        text = ""
    return [json.loads(line) for line in text.splitlines()], log.take_dropped()


@pytest.mark.parametrize(("share", "lines"), [(1.0, 100), (0.25, 25), (0.0, 0)])
def test_a_share_is_logged(pipe, monkeypatch, share, lines):
    """Of a hundred requests with a random number each, those with the lowest are logged."""
    numbers = iter(range(100))
    monkeypatch.setattr(access_log, "random", lambda: next(numbers) / 100)
    assert (lines, 0) == (len(written(pipe, share, *[record()] * 100)[0]), 0)


def test_gateways_in_a_row_log_the_same_requests():
    """The share is chosen by the request's id where it has one: about a quarter of them, and the same each time."""
    ids = [f"{number:032x}" for number in range(4000)]
    chosen = []
    for _ in range(2):
        log = AccessLog(0.25, 0)
        chosen.append([it for it in ids if log._is_of_share(record(request_id=it))])
    assert (chosen[0], True) == (chosen[1], 900 < len(chosen[0]) < 1100)


def logged(*records, per_second=500, clock=lambda: 0.0):
    """The log after these requests, of which no share is logged."""
    log = AccessLog(0.0, 0, refusals_per_second=per_second, clock=clock)
    for one in records:
        log.request_done(one)
    return log


@pytest.mark.parametrize("reason", ["bad_signature", "no_route", "upstream_timeout", "idle_timeout"])
def test_every_denial_is_logged_even_when_passes_are_sampled(reason):
    """What the gateway refuses or cuts short has a line, whatever the share."""
    lines = logged(record(), record(reason=reason, status=401))._lines
    assert [reason] == [json.loads(line)["reason"] for line in lines]


@pytest.mark.parametrize("reason", ["", "client_closed", "cors_preflight", "redirected_to_https"])
def test_what_is_refused_to_no_one_is_of_the_share_only(reason):
    """A client that leaves, a preflight and a redirect are no refusals."""
    assert 0 == len(logged(record(reason=reason))._lines)


def test_a_flood_of_refused_requests_leaves_a_bounded_number_of_lines():
    """A million refusals in a second have the lines of a second; the others are counted."""
    flood = itertools.repeat(record(reason="bad_signature"), 1_000_000)
    log = logged(*flood)
    assert (500, 999_500, 0, 0) == (len(log._lines), log.take_limited(), log.take_limited(), log.take_dropped())


def test_refusals_have_lines_again_when_time_has_passed():
    """The rate is per second, and what a quiet hour leaves unused is no more than a second's."""
    now = [0.0]
    rate = LineRate(10, lambda: now[0])
    taken = [sum(rate.allows_one() for _ in range(50))]
    for passed_s in (0.5, 3600.0):
        now[0] += passed_s
        taken.append(sum(rate.allows_one() for _ in range(50)))
    assert [10, 5, 10] == taken


def test_without_a_rate_refusals_are_of_the_share_only():
    """The guarantee can be switched off."""
    assert 0 == len(logged(record(reason="bad_signature"), per_second=0)._lines)


def test_lines_that_nobody_takes_are_dropped_and_counted(pipe, monkeypatch):
    """Memory has a bound."""
    monkeypatch.setattr(access_log, "LINES_WAITING_MAX", 3)
    lines, dropped = written(pipe, 1.0, *[record()] * 10)
    assert (3, 7) == (len(lines), dropped)


def test_long_lines_that_nobody_takes_are_bounded_in_bytes(pipe, monkeypatch):
    """A client makes a line ten times as long as usual; what is written makes room for more."""
    monkeypatch.setattr(access_log, "WAITING_BYTES_MAX", 20_000)
    log = AccessLog(1.0, pipe[1])
    for _ in range(2):
        for _ in range(10):
            log.request_done(record(path="/" + "\x80" * 600))
        assert 20_000 <= sum(map(len, log._lines)) < 24_000
        assert log.take_dropped() > 0
        assert 0 < sum(len(chunk) for chunk, _ in log._chunks())


def test_a_reader_that_stands_still_stops_nobody(pipe):
    """The pipe is full, and closing takes no longer than it may."""
    log = AccessLog(1.0, pipe[1])
    for _ in range(2000):
        log.request_done(record())
    log.start()
    log.close(0.05)
    os.read(pipe[0], 2**20)
    while os.read(pipe[0], 2**20).count(b"\n") and log._thread.is_alive():
        log._thread.join(0.01)


def test_a_reader_that_is_gone_costs_lines_only():
    """They are counted as dropped."""
    read, write = os.pipe()
    os.close(read)
    log = AccessLog(1.0, write)
    log.request_done(record())
    log.start()
    log.close(5)
    os.close(write)
    assert 1 == log.take_dropped()


def test_what_is_written_at_once_is_whole_lines(pipe):
    """Several workers write into one pipe, which keeps writes of up to 4096 bytes together."""
    log = AccessLog(1.0, pipe[1])
    for _ in range(100):
        log.request_done(record())
    chunks = list(log._chunks())
    assert 100 == sum(count for _, count in chunks)
    assert [] == [chunk for chunk, _ in chunks if len(chunk) > 4096 or not chunk.endswith(b"}\n")]
