"""One reading of a path: what is matched is what is forwarded.

A path is normalised once (RFC 3986, section 6.2.2) and both its match and its
way upstream use that form.  What two servers could read in two ways is refused
or flagged here, never passed on.
"""

from __future__ import annotations

import re

import msgspec

# RFC 3986, section 2.3: letters, digits and these need no escape, so an escape of one is undone.
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# Nothing to do for these: no escapes, no empty or dot-leading segments, nothing out of the ordinary.
_PLAIN = re.compile(r"/(?:[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9_~!$&'()*+,=:@.-]*(?:/|\Z))*\Z")
_HEX = re.compile(r"[0-9A-Fa-f]{2}\Z")
_FORBIDDEN = re.compile(r"[^!-~]|[#?]")
_DOT_SEGMENT = re.compile(r"/\.{1,2}(?:/|\Z)")
# A dot segment to a server that cuts parameters off, or decodes an encoded slash first.
_DISGUISED_DOTS = re.compile(r"(?:.*(?:%2F|%5C))?\.{1,2}(?:;|%2F|%5C)|.*(?:%2F|%5C)\.{1,2}\Z")

# Both digits of each escape that a path may hold, in whatever case, and what becomes of it in normal form.
_ESCAPES = {
    high + low: chr(byte) if byte in UNRESERVED else f"%{byte:02X}"
    for byte in range(0x20, 0x100)
    if byte != 0x7F
    for high in {f"{byte >> 4:x}", f"{byte >> 4:X}"}
    for low in {f"{byte & 15:x}", f"{byte & 15:X}"}
}

# What applications may read in a second way though it has one reading here, in normal form: a parameter that they cut
# off (RFC 3986, section 3.3), and an escape that is left when they decode a path a second time.
PATH_PARAMETER = re.compile(r";|%3B")
DOUBLE_ENCODING = re.compile(r"%25[0-9A-Fa-f]{2}")


class BadPath(ValueError):
    """The path has no single reading; the message never quotes it."""


class Normalised(msgspec.Struct, frozen=True, gc=False):
    """A path in normal form, and whether it holds an encoded slash or backslash (`%2F`, `%5C`).

    `unmerged` is the same with its empty segments, None where it has none, and "" where it has dot segments too: what
    `/a//../b` means depends on which of them is looked at first.
    """

    path: str
    has_encoded_slash: bool = False
    unmerged: str | None = None


def normalise(path: str) -> Normalised:
    """Bring a path (no query) to normal form; raises `BadPath`.

    Escapes of unreserved characters are undone and the rest written in upper
    case, `//` is merged, dot segments are resolved. A raw backslash becomes `%5C`.
    """
    if _PLAIN.match(path):
        return Normalised(path)
    if not path.startswith("/"):
        raise BadPath("it does not start with /")
    if _FORBIDDEN.search(path):
        raise BadPath("it contains a space, a control byte, #, ? or a byte outside ASCII")
    decoded = _with_normal_escapes(path).replace("\\", "%5C")
    unmerged = None
    if "//" in decoded:
        unmerged = "" if _DOT_SEGMENT.search(decoded) else decoded
    return Normalised(_resolve_dots(decoded), "%2F" in decoded or "%5C" in decoded, unmerged)


def after_prefix(unmerged: str, prefix: str) -> str:
    """What follows a prefix in normal form, in a path that begins with it but for empty segments."""
    at = 0
    for char in prefix:
        at += 1
        while char == "/" and unmerged[at] == "/":
            at += 1
    return unmerged[at:]


def _with_normal_escapes(path: str) -> str:
    first, *others = path.split("%")
    try:
        return first + "".join([_ESCAPES[it[:2]] + it[2:] for it in others])
    except KeyError as error:
        wrong = "an encoded control byte" if _HEX.match(error.args[0]) else "a % that is not an escape"
        raise BadPath(f"it contains {wrong}") from None


def _resolve_dots(path: str) -> str:
    """RFC 3986, section 5.2.4, with empty segments merged away first."""
    segments = path.split("/")[1:]
    kept: list[str] = []
    for segment in segments:
        if segment in ("", "."):
            continue
        if segment == "..":
            if kept:
                kept.pop()
        elif "." in segment and _DISGUISED_DOTS.match(segment):
            raise BadPath("it contains a dot segment with a parameter, or next to an encoded slash")
        else:
            kept.append(segment)
    ends_in_slash = segments[-1] in ("", ".", "..")
    return "/" + "/".join(kept) + ("/" if ends_in_slash and kept else "")
