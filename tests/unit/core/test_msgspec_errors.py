"""Each wording of msgspec that is read, produced by the installed msgspec itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta, field

from postern_core.msgspec_errors import Fault, Mismatch, mismatch_of

REGEX = "'^a b$'"
BOUND = f" matching regex {REGEX}"


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    """A struct with one field of each sort."""

    name: Annotated[str, Meta(pattern="^a b$")] = "a b"
    count: Annotated[int, Meta(ge=1)] = 1
    word: Literal["A", "B"] = "A"
    since: Annotated[datetime, Meta(tz=True)] | None = None
    either: str | Annotated[tuple[str, ...], Meta(max_length=1)] = ""
    renamed: int = field(name="re.named", default=0)


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    """A struct with a list of others."""

    items: tuple[Inner, ...]


def mismatch(value, type_=Outer):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, type_)
    return mismatch_of(caught.value)


@pytest.mark.parametrize(
    ("inner", "fault", "path", "details"),
    [
        ({"x": 1}, Fault.UNKNOWN_FIELD, ("items", 0), ("x", "", (), "", "")),
        ({"a`b": 1}, Fault.UNKNOWN_FIELD, ("items", 0), ("a`b", "", (), "", "")),
        ({"word": "C"}, Fault.UNKNOWN_VALUE, ("items", 0, "word"), ("", "", (), "", "")),
        ({"since": "now"}, Fault.NOT_A_DATETIME, ("items", 0, "since"), ("", "", (), "", "")),
        ({"since": 5}, Fault.NOT_A_DATETIME, ("items", 0, "since"), ("", "", (), "", "")),
        ({"since": "2027-06-30T00:00:00"}, Fault.NOT_A_DATETIME, ("items", 0, "since"), ("", "", (), "", "")),
        ({"name": "b"}, Fault.NOT_MATCHING, ("items", 0, "name"), ("", REGEX, ("str",), "", BOUND)),
        ({"count": 0}, Fault.NOT_EXPECTED, ("items", 0, "count"), ("", "", ("int",), "", " >= 1")),
        ({"count": "1"}, Fault.NOT_EXPECTED, ("items", 0, "count"), ("", "", ("int",), "str", "")),
        ({"either": 1}, Fault.NOT_EXPECTED, ("items", 0, "either"), ("", "", ("str", "array"), "int", "")),
        ({"either": ["", ""]}, Fault.NOT_EXPECTED, ("items", 0, "either"), ("", "", ("array",), "", " of length <= 1")),
    ],
)  # fmt: skip
def test_a_wording_is_taken_apart(inner, fault, path, details):
    """The fault, the path and the details of an error are what msgspec means by its text."""
    found = mismatch({"items": [inner]})

    assert (fault, path) == (found.fault, found.path)
    assert details == (found.member, found.pattern, found.expected, found.got, found.bound)


def test_a_missing_field_is_named_below_the_whole():
    """The path of the whole value is empty."""
    assert (Fault.MISSING_FIELD, (), "items") == ((found := mismatch({})).fault, found.path, found.member)


def test_a_wording_that_is_not_known_is_kept():
    """A text of another version is shown as it is."""
    error = msgspec.ValidationError("Something new - at `$.items[3]`")

    assert Mismatch(Fault.OTHER, ("items", 3), "Something new") == mismatch_of(error)
