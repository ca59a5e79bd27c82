"""Rules by which the API server validates an object, as plain data beside the types that they are about.

A rule says in CEL what a schema can't, so that a mistake is refused when it is
made.  It is never the only guard: a check of `checks` says the same where there
is no API server, except about a change, which only a server can see.
A rule never refuses what the checks let pass.
"""

from __future__ import annotations

from dataclasses import dataclass

from postern_core.header_names import RESERVED


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a type; `self` in its expression is a value of that type.

    `violation` is the name of the check that it repeats, or what a change did wrong.
    `field` is the path of the field to blame below `self`, such as `.url`; "" blames the value itself.
    """

    violation: str
    expression: str
    message: str
    field: str = ""


# RFC 3986: printable ASCII without `#`, `%`, `?` and `\`, and upper-case escapes of what needs one; no control bytes.
_CHARACTER = r"(?:[\x21\x22\x24\x26-\x3e\x40-\x5b\x5d-\x7e]|%(?:2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-D]|[89A-F][0-9A-F]))"
NORMAL_PATH = rf"^/{_CHARACTER}*$"
# A dot segment, also for a server that decodes slashes or cuts parameters off.
DOT_SEGMENT = r"(?:/|%2F|%5C)\.{1,2}(?:;|/|%2F|%5C|$)"
# A query has a rule, and a message, of its own.
URL_WITH_NORMAL_PATH = rf"^[^/]*//[^/]*(?:/(?:{_CHARACTER}|\?)*)?$"
URL_WITH_DOT_SEGMENT = rf"^[^/]*//[^/]*(?:/.*)?{DOT_SEGMENT}"
URL_WITH_EMPTY_SEGMENT = r"^[^/]*//[^/]*/(?:.*/)?/"

_HOST = r"[\x21\x22\x24-\x2e0-9\x3b-\x3eA-Z\x5c\x5e-\x7e]+"
_PORT = r"0*(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
ABSOLUTE_URL = rf"^(?i:https?)://(?:{_HOST}|\[[^\]/?#@ ]+\])(?::(?:{_PORT})?)?(?:[/?#]|$)"


def is_normal_path(value: str) -> str:
    """An expression: the text that the expression `value` evaluates to is a path in normal form."""
    has_normal_characters = f"{value}.matches(r'{NORMAL_PATH}')"
    return f"{has_normal_characters} && !{value}.contains('//') && !{value}.matches(r'{DOT_SEGMENT}')"


def has_exactly_one_of(*fields: str) -> str:
    """An expression: one of these fields is given, and no other."""
    return f"[{', '.join(f'has(self.{field})' for field in fields)}].filter(given, given).size() == 1"


def is_one_of_headers(value: str, names: frozenset[str]) -> str:
    """An expression: the name of a header is one of these canonical `names`, in any spelling."""
    spellings = "|".join(name.replace("-", "[^A-Za-z0-9]") for name in sorted(names))
    return f"{value}.matches(r'^(?i:{spellings})$')"


def canonical_header(value: str) -> str:
    """An expression: the name of a header in the form in which names are compared."""
    signs = "!#$%&*+.^_`|~"
    return f'{value}.lowerAscii().replace("\'", "-")' + "".join(f".replace('{sign}', '-')" for sign in signs)


# Headers that may not be named as the source of a token.
TOKEN_HEADERS_NOT = RESERVED - {"authorization", "proxy-authorization"}
