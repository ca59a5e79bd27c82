"""A connection is read unless there is a reason not to."""

from __future__ import annotations

import weakref

import pytest

from postern_dataplane.flow_control import LINE_ENDS_MAX, PART_BYTES, ReadGate


class Transport:
    """Remembers whether it is read."""

    def __init__(self):
        self.is_read, self.is_over = True, False

    def is_closing(self):
        return self.is_over

    def pause_reading(self):
        assert not self.is_over
        self.is_read = False

    def resume_reading(self):
        assert not self.is_over
        self.is_read = True


@pytest.fixture
def transport():
    return Transport()


class Turns(list):
    """The callbacks of a loop's next turns."""

    def call_soon(self, callback):
        self.append(callback)

    def turn(self):
        self.pop(0)()


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def received():
    return []


@pytest.fixture
def read_gate(transport, turns, received):
    return ReadGate(transport, received.append, turns)


def test_it_is_read_again_when_every_reason_has_gone(transport, read_gate):
    """One of two is not enough."""
    read_gate.pause("a")
    read_gate.pause("b")
    read_gate.resume("a")
    assert (False, True, False) == (transport.is_read, "b" in read_gate, "a" in read_gate)
    read_gate.resume("b")
    assert transport.is_read


def test_a_reason_that_is_not_there_is_no_reason(transport, read_gate):
    """Removing a reason that was never added neither pauses nor resumes reading."""
    read_gate.pause("a")
    read_gate.resume("b")
    assert not transport.is_read


def test_all_reasons_go_at_once(transport, read_gate):
    """When a request is over."""
    read_gate.pause("a")
    read_gate.pause("b")
    read_gate.resume_all()
    assert (True, False) == (transport.is_read, "a" in read_gate)


def test_all_but_one_go_at_once(transport, read_gate):
    """It need not have been there."""
    read_gate.pause("a")
    read_gate.pause_only("b")
    assert (False, False, True) == (transport.is_read, "a" in read_gate, "b" in read_gate)


@pytest.mark.parametrize("what", ["pause", "pause_only"])
def test_a_transport_that_closes_is_left_alone(transport, read_gate, what):
    """Some loops raise otherwise."""
    read_gate.pause("a")
    transport.is_over = True
    read_gate.resume_all()
    getattr(read_gate, what)("b")


CHUNKS = b"1\r\nx\r\n" * 10_000


def test_many_small_chunks_are_taken_in_parts(transport, read_gate, turns, received):
    """One in each turn of the loop, in order, and the transport is read again after the last."""
    received.append(read_gate.first_part(CHUNKS))
    while turns:
        assert (False, 1) == (transport.is_read, len(turns))
        turns.turn()
    assert (CHUNKS, True, PART_BYTES) == (b"".join(received), transport.is_read, max(map(len, received)))


@pytest.mark.parametrize(
    "data",
    [b"x" * 10**6, b"\r\n" * LINE_ENDS_MAX + b"x" * PART_BYTES, CHUNKS[:PART_BYTES]],
    ids=["one", "few", "short"],
)
def test_what_is_read_quickly_is_taken_at_once(transport, read_gate, turns, data):
    """However long, with few ends of lines, or short."""
    assert (data, True, []) == (read_gate.first_part(data), transport.is_read, turns)


def test_a_reason_to_pause_holds_the_rest_too(transport, read_gate, turns, received):
    """Until it has gone; then one turn is asked for, not several."""
    read_gate.first_part(CHUNKS)
    read_gate.pause("a")
    turns.turn()
    assert ([], []) == (received, turns)
    read_gate.resume("a")
    read_gate.pause("b")
    read_gate.resume_all()
    assert (1, False) == (len(turns), transport.is_read)


def test_a_pause_within_a_part_reads_nothing(transport, turns):
    """A reason that comes and goes while a part is taken leaves the rest in its place."""
    received = []

    def receive(data):
        received.append(data)
        read_gate.pause("a")
        read_gate.resume("a")
        assert not transport.is_read

    read_gate = ReadGate(transport, receive, turns)
    received.append(read_gate.first_part(CHUNKS))
    while turns:
        turns.turn()
    assert (CHUNKS, True) == (b"".join(received), transport.is_read)


def test_what_comes_while_a_rest_waits_is_behind_it(read_gate, turns, received):
    """TLS may bring more although the transport is not read."""
    received.append(read_gate.first_part(CHUNKS))
    assert b"" == read_gate.first_part(b"end")
    while turns:
        turns.turn()
    assert CHUNKS + b"end" == b"".join(received)


def test_the_rest_of_a_connection_that_closes_is_dropped(transport, read_gate, turns, received):
    """Unless it is asked for."""
    read_gate.first_part(CHUNKS)
    assert CHUNKS[PART_BYTES:] == read_gate.end()
    read_gate.first_part(CHUNKS)
    transport.is_over = True
    turns.turn()
    assert (b"", []) == (read_gate.rest, received)


def test_the_gate_of_a_lost_connection_does_not_hold_it(transport, turns):
    """What receives is a method of the connection: the two would be freed by the garbage collector only."""

    class Connection:
        def receive(self, data):
            pass

    connection = Connection()
    gone = weakref.ref(connection)
    read_gate = ReadGate(transport, connection.receive, turns)
    read_gate.end()
    del connection
    assert None is gone()


@pytest.mark.parametrize(
    ("data", "is_whole"),
    [
        (b"a" * 4 * PART_BYTES, True),
        (b"\r" * 4 * PART_BYTES, True),
        (b"\n" * 4 * PART_BYTES, True),
        (b"\r\n" * LINE_ENDS_MAX + b"a" * PART_BYTES, True),
        (b"\r\n" * (LINE_ENDS_MAX + 1) + b"a" * PART_BYTES, False),
    ],
)
def test_only_line_ends_make_parts_of_a_read(read_gate, data, is_whole):
    """A half of one makes none: a parser has no more work with it than with any other byte."""
    assert is_whole == (read_gate.first_part(data) == data)
