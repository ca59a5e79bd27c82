"""Choices out of bytes."""

from __future__ import annotations

from fuzz.choices import Choices


def test_bytes_decide():
    """Each choice takes as many as it needs."""
    chance = Choices(bytes([3, 255, 0, 0]))
    assert [3, 255, 0] == [chance.getrandbits(8) for _ in range(3)]


def test_without_bytes_the_first_is_chosen():
    """Every kind of choice comes to an end."""
    chance = Choices(b"")
    assert ("a", 1, 0.0, ["a"]) == (chance.choice("ab"), chance.randint(1, 3), chance.random(), chance.choices("ab"))


def test_the_same_bytes_choose_the_same():
    """Whatever is asked for."""
    content = bytes(range(200))
    first, second = ([it.randrange(1000), it.choice("abc"), it.random()] for it in (Choices(content), Choices(content)))
    assert first == second


def test_a_choice_is_within_its_range():
    """Bytes that don't fit are passed over."""
    chance = Choices(b"\xff\xff\x20")
    assert 0 <= chance.randrange(5) < 5
