"""What the names of a head's fields say, whatever their values: where each is, and which of them go upstream.

Clients of one kind send the same names in the same order again and again, so this is remembered by the names.  Rules of
this file:
1. All that is remembered is what pure functions of the names return, and nothing of any value.
2. What one client makes up pushes nothing out that comes again: it is kept when it comes the second time, and what was
   asked for lately stays.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

from postern_core.header_names import canonical

Names = tuple[bytes, ...]
Values = tuple[bytes, ...]
Fields = tuple[tuple[bytes, bytes], ...]

# So many of forty names each take some six megabytes, and each of their choices another one.
LAYOUTS_MAX = 512
FIELDS_MAX = 40
NAMES_BYTES_MAX = 1024
# How many are known to have come once, each by a number.
ONCE_MAX = 4096
# Of how many kinds of routes it is remembered what goes upstream.
CHOICES_MAX = 8

# The names that clients use are few; names that they make up must not fill the memory.
CANONICAL_MAX = 4096
NAME_BYTES_MAX = 64

# Of these more is asked than a value: they frame, end or change a message or a connection, or are refused.  Of the two
# others that do so, Content-Length and Connection, readers look at the value.
_UNUSUAL = frozenset(
    {
        b"expect",
        b"proxy-connection",
        b"sec-websocket-key1",
        b"transfer-encoding",
        b"upgrade",
    }
)

_name, _value = itemgetter(0), itemgetter(1)


class CanonicalNames(dict[bytes, bytes]):
    """Field names in the form in which they are compared: a bounded memo of `canonical`."""

    def __missing__(self, name: bytes) -> bytes:
        known = canonical(name.decode("latin-1")).encode("latin-1")
        if len(name) <= NAME_BYTES_MAX:
            if len(self) >= CANONICAL_MAX:
                self.clear()
            self[name] = known
        return known


CANONICAL = CanonicalNames()


class WrittenFields:
    """How some of a head's fields are written: those at these places; `names` are those of all."""

    __slots__ = ("_pick", "_template")

    def __init__(self, places: list[int], names: Names) -> None:
        first = places[0] if places else 0
        # Of one place alone an `itemgetter` returns no tuple, and of none it can't be made.
        self._pick: Callable[[Values], Values] = (
            itemgetter(*places) if len(places) > 1 else itemgetter(slice(first, first + len(places)))
        )
        self._template = _template(self._pick(names))

    def lines(self, values: Values) -> bytes:
        """The fields as lines, each ended; `values` are those of the whole head."""
        return self._template % self._pick(values)


class FieldLayout:
    """The names of a head's fields in order.

    `compared` are the names as they are compared, `places` those of each name in lower case.  `is_plain` says that each
    name is there once, Host is, and none that decides about more than its field, but for Connection and Content-Length:
    what those decide is left to their values, at the places `connection` and `content_length`, None for one that is not
    there.
    """

    __slots__ = (
        "_choices", "_template", "compared", "connection", "content_length", "is_plain", "names", "places",
    )  # fmt: skip

    def __init__(self, names: Names) -> None:
        self.names = names
        self.compared = tuple(map(CANONICAL.__getitem__, names))
        self.places: dict[bytes, tuple[int, ...]] = {}
        for place, name in enumerate(names):
            lowered = name.lower()
            self.places[lowered] = (*self.places.get(lowered, ()), place)
        self.connection: int | None = self.places.get(b"connection", (None,))[0]
        self.content_length: int | None = self.places.get(b"content-length", (None,))[0]
        is_each_once = len(self.places) == len(names)
        self.is_plain = is_each_once and b"host" in self.places and _UNUSUAL.isdisjoint(self.places)
        # Made for the first head that is written whole: a large one, which is kept while it is answered, never is.
        self._template: bytes | None = None
        self._choices: dict[tuple[frozenset[bytes], frozenset[bytes]], WrittenFields | None] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldLayout) and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)

    def values(self, name: bytes, values: Values) -> list[bytes]:
        """The values of the fields with this name, in lower case; `values` are those of all fields."""
        places = self.places.get(name)
        if places is None:
            return []
        if len(places) == 1:
            return [values[places[0]]]
        return [values[place] for place in places]

    def headers(self, values: Values) -> Fields:
        """The fields with these values, as names and values; raises `ValueError` for too few or too many."""
        return tuple(zip(self.names, values, strict=True))

    def lines(self, values: Values) -> bytes:
        """The fields with these values as lines, each ended; raises `TypeError` for too few values or too many."""
        if self._template is None:
            self._template = _template(self.names)
        return self._template % values

    def goes_upstream(self, removed: frozenset[bytes], in_part: frozenset[bytes]) -> WrittenFields | None:
        """The fields that go upstream, of a client that says nothing of another one.

        None where fields of `in_part` are there, of which the name alone does not decide.  Both are names as they are
        compared, and belong to routes, never to a request.
        """
        key = removed, in_part
        if key not in self._choices:
            if len(self._choices) >= CHOICES_MAX:
                self._choices.clear()
            is_clear = in_part.isdisjoint(self.compared)
            self._choices[key] = self._without(removed) if is_clear else None
        return self._choices[key]

    def _without(self, removed: frozenset[bytes]) -> WrittenFields:
        places = [place for place, name in enumerate(self.compared) if not _is_gone(name, removed)]
        return WrittenFields(places, self.names)


def _template(names: Names) -> bytes:
    """What makes lines of as many values; a name may have percent signs in it (RFC 9110, section 5.6.2)."""
    escaped = [name.replace(b"%", b"%%") for name in names] if b"%" in b"".join(names) else names
    return b": %b\r\n".join((*escaped, b""))


def _is_gone(name: bytes, removed: frozenset[bytes]) -> bool:
    return name in removed or name.startswith(b"x-forwarded-")


class Layouts(dict[Names, FieldLayout]):
    """A bounded memo of layouts: two halves, of which the older is dropped whole."""

    def __init__(self) -> None:
        super().__init__()
        self._old: dict[Names, FieldLayout] = {}
        self._once: set[int] = set()

    def __missing__(self, names: Names) -> FieldLayout:
        layout = self._old.get(names)
        if layout is None:
            layout = FieldLayout(names)
            if not self._comes_again(names):
                return layout
        if len(self) >= LAYOUTS_MAX // 2:
            self._old = dict(self)
            self.clear()
        self[names] = layout
        return layout

    def _comes_again(self, names: Names) -> bool:
        """Whether these names came before, and may be kept; note that they have come."""
        number = hash(names)
        if number in self._once:
            return len(names) <= FIELDS_MAX and sum(map(len, names)) <= NAMES_BYTES_MAX
        if len(self._once) >= ONCE_MAX:
            self._once.clear()
        self._once.add(number)
        return False


LAYOUTS = Layouts()


def taken_apart(headers: Fields) -> tuple[FieldLayout, Values]:
    """The layout of these fields, and their values."""
    return LAYOUTS[tuple(map(_name, headers))], tuple(map(_value, headers))
