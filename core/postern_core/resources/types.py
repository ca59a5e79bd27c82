r"""The scalar types that several kinds share, each with its pattern and its prose.

`HINTS` says in words what a pattern means, for the message that a user gets.
Patterns end in `\Z`: Python's `$` would let a final line feed into a header.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, UnsetType

from .rules import Rule

NAME_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z"
LABEL_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z"
HOST_PATTERN = r"^(\*\.)?[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*\Z"
EXACT_HOST_PATTERN = HOST_PATTERN.replace(r"(\*\.)?", "", 1)
PORT_NAME_PATTERN = r"^([0-9][-0-9]*)?[a-z]([-a-z0-9]*[a-z0-9])?\Z"
ADDRESS_PATTERN = r"^[A-Za-z0-9_.:-]+\Z"
HEADER_PATTERN = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z"
DURATION_PATTERN = r"^([0-9]{1,5}(h|m|s|ms)){1,4}\Z"
METHOD_PATTERN = r"^[A-Z][A-Z0-9_-]*\Z"
CREDENTIAL_KEY_PATTERN = r"^[!-~]+\Z"
# What follows the colon behind an issuer's name is a token's word, which may have slashes.
QUALIFIED_PATTERN = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?([!-+\--.0-~]+|[-a-z0-9.]+:[!-+\--~]+)\Z"
PRINTABLE_PATTERN = r"^[ -~]*\Z"
GROUP_PATTERN = r"^[!-+\--.0-~]+\Z"
FIELD_VALUE_PATTERN = r"^[!-~]([ -~]*[!-~])?\Z"
NO_CONTROLS_PATTERN = r"^[^\x00-\x1f\x7f]*\Z"
# In lower case, as browsers write it; the scheme may be an app's own. "null" is every sandboxed page, so it is none.
ORIGIN_PATTERN = (
    r"^(\*|[a-z][a-z0-9+.-]*://((\*\.)?[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*"
    r"|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?)\Z"
)
# What else makes a network of it is for a check to say.
NETWORK_PATTERN = r"^[0-9A-Fa-f:.]+(/[0-9]{1,3})?\Z"
# As Kubernetes writes a quantity of bytes, without fractions.
BYTES_PATTERN = r"^[0-9]{1,15}(k|M|G|T|Ki|Mi|Gi|Ti)?\Z"
# RFC 9110, section 8.3.1; one space at most around a semicolon.
MEDIA_TYPE_PATTERN = (
    r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+/[A-Za-z0-9!#$%&'*+.^_`|~-]+"
    r"( ?; ?[A-Za-z0-9!#$%&'*+.^_`|~-]+=([A-Za-z0-9!#$%&'*+.^_`|~-]+|\x22[ !#-\[\]-~]*\x22))*\Z"
)
# A page has lines and tabs; all else that controls a terminal has no place in it.
BODY_PATTERN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\Z"
METHOD_OR_ALL_PATTERN = r"^(\*|[A-Z][A-Z0-9_-]*)\Z"

NAME_HINT = "lower-case letters, digits and '-', starting and ending with a letter or digit"
HINTS = {
    NAME_PATTERN: f"must be a Kubernetes name: {NAME_HINT}; dots may divide it",
    LABEL_PATTERN: f"must be a namespace or gateway name: {NAME_HINT}",
    HOST_PATTERN: "must be a host name in lower case without port, such as api.example.com or *.example.com",
    EXACT_HOST_PATTERN: "must be a host name in lower case without port, such as api.example.com",
    PORT_NAME_PATTERN: "must be the name of a port, or its number without quotes",
    ADDRESS_PATTERN: "must be an IP address or a DNS name, without scheme, port or brackets",
    HEADER_PATTERN: "must be a token as RFC 9110, section 5.6.2 has it: letters, digits and !#$%&'*+-.^_`|~",
    DURATION_PATTERN: "must be a duration such as 500ms, 5s or 1h30m",
    METHOD_PATTERN: "must be an HTTP method in upper case, such as GET",
    CREDENTIAL_KEY_PATTERN: "must be printable ASCII without spaces",
    QUALIFIED_PATTERN: "must be a name, or namespace/name for another namespace's, without spaces or commas, and "
    "with more slashes only behind an issuer's name and a colon",
    PRINTABLE_PATTERN: "must be printable ASCII",
    GROUP_PATTERN: "must be printable ASCII without spaces, commas or slashes",
    FIELD_VALUE_PATTERN: "must be printable ASCII, without spaces around it",
    NO_CONTROLS_PATTERN: "must not contain control characters",
    ORIGIN_PATTERN: "must be * or an origin as browsers send it, in lower case and without a path, such as "
    "https://app.example.com, https://*.example.com or http://localhost:3000",
    NETWORK_PATTERN: "must be a network such as 10.0.0.0/8 or 2001:db8::/32, or a single IP address",
    BYTES_PATTERN: "must be a number of bytes such as 500k, 10Mi or 1048576",
    MEDIA_TYPE_PATTERN: "must be a media type, such as application/json or text/html; charset=utf-8",
    BODY_PATTERN: "must not contain control characters but tabs and line ends",
    METHOD_OR_ALL_PATTERN: "must be an HTTP method in upper case, such as GET, or *",
}

NO_CONTROLS = re.compile(NO_CONTROLS_PATTERN)

# How the API server merges a list that several owners write (server-side apply); a list without one of these has one
# owner, who writes it whole. A set refuses doubles.
SET = {"x-kubernetes-list-type": "set"}
# The pattern bounds a duration already; the API server wants the number to see what a rule may cost.
DURATION_BOUND = {"maxLength": 28}

Name = Annotated[str, Meta(pattern=NAME_PATTERN, max_length=253)]
Label = Annotated[str, Meta(pattern=LABEL_PATTERN, max_length=63)]
Host = Annotated[str, Meta(pattern=HOST_PATTERN, max_length=253)]
ExactHost = Annotated[str, Meta(pattern=EXACT_HOST_PATTERN, max_length=253)]
Address = Annotated[str, Meta(pattern=ADDRESS_PATTERN, max_length=253)]
HeaderName = Annotated[str, Meta(pattern=HEADER_PATTERN, max_length=128)]
FieldValue = Annotated[str, Meta(pattern=FIELD_VALUE_PATTERN, max_length=4096)]
CookieName = HeaderName
Scheme = Annotated[str, Meta(pattern=HEADER_PATTERN, max_length=64)]
Duration = Annotated[str, Meta(pattern=DURATION_PATTERN, extra_json_schema=DURATION_BOUND)]
Method = Annotated[str, Meta(pattern=METHOD_PATTERN, max_length=32)]
CredentialKey = Annotated[str, Meta(pattern=CREDENTIAL_KEY_PATTERN, max_length=253)]
QualifiedName = Annotated[str, Meta(pattern=QUALIFIED_PATTERN, max_length=317)]
Printable = Annotated[str, Meta(pattern=PRINTABLE_PATTERN, max_length=253)]
Group = Annotated[str, Meta(pattern=GROUP_PATTERN, min_length=1, max_length=128)]
Text = Annotated[str, Meta(pattern=NO_CONTROLS_PATTERN, min_length=1, max_length=1024)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Scalar = Text | bool | int | float
PortName = Annotated[str, Meta(pattern=PORT_NAME_PATTERN, max_length=63)]
Network = Annotated[str, Meta(pattern=NETWORK_PATTERN, max_length=49)]
# A number of bytes, as a number or with a unit.
Bytes = Annotated[int, Meta(ge=0, lt=10**15)] | Annotated[str, Meta(pattern=BYTES_PATTERN, max_length=17)]
Origin = Annotated[str, Meta(pattern=ORIGIN_PATTERN, max_length=300)]
MediaType = Annotated[str, Meta(pattern=MEDIA_TYPE_PATTERN, max_length=128)]
MethodOrAll = Annotated[str, Meta(pattern=METHOD_OR_ALL_PATTERN, max_length=32)]


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    """What a user writes: strict, so that a typo is a message and never an open door.

    `ONE_OF` are fields of which exactly one must be given, where no rule can see them.
    """

    RULES: ClassVar[tuple[Rule, ...]] = ()
    ONE_OF: ClassVar[tuple[str, ...]] = ()


class ObjectName(Spec, frozen=True):
    """A reference to an object in the same namespace."""

    name: Annotated[Name, Meta(description="The object's name; it is looked for in the namespace of this object.")]


class Metadata(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """What of an object's metadata matters here.

    `creation_timestamp` is RFC 3339, "" where unknown (a manifest in a folder), and so is `uid`.
    """

    name: str
    namespace: str = "default"
    uid: str = ""
    creation_timestamp: str = ""
    generation: int = 0
    labels: dict[str, str] = {}


class Resource(msgspec.Struct, frozen=True, gc=False):
    """An object of a kind that the compiler reads."""

    RULES: ClassVar[tuple[Rule, ...]] = ()
    # Of a kind of Kubernetes whose spec is read as strictly as ours: its type.
    STRICT: ClassVar[type[Spec] | None] = None

    metadata: Metadata


def milliseconds(duration: str) -> int:
    """A `Duration` in milliseconds: `1h30m` is 5_400_000."""
    units = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
    total, number, unit = 0, "", ""
    for char in duration + "0":
        if char.isdigit():
            if unit:
                total += int(number) * units[unit]
                number, unit = "", ""
            number += char
        else:
            unit += char
    return total


def byte_count(size: Bytes | UnsetType) -> int | None:
    """A size in bytes, None where there is none: `10Mi` is 10_485_760."""
    if isinstance(size, UnsetType):
        return None
    if isinstance(size, int):
        return size
    number = size.rstrip("kKMGTi")
    return int(number) * _BYTES[size[len(number) :]]


_BYTES = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
