"""A manifest as a page may show it: without anything that could be a secret. Pure.

An object of our kinds has no field for a secret, but users put one into a wrong place: an HMAC secret or a private key
into `publicKey`, a secret beside `secretRef`, a password or an API key into a URL, one into a header that is set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from postern_core.lints.header_changes import OF_CREDENTIALS
from postern_core.problems import Problem
from postern_core.validators import UnreadableKey
from postern_operator.public_keys import read_public_keys

NOT_SHOWN = "(not shown: it could be a secret)"
KINDS_WITH_KEYS = ("JWTCredential", "TokenIssuer")
# Holds a copy of the whole object, as it was some time ago.
COPIES = ("kubectl.kubernetes.io/last-applied-configuration",)
# Where an authority begins that is not just a host with a path behind it (RFC 3986, section 3.2): a password that is
# not escaped may hold anything, also "/" and "@", and begin like a port.
AUTHORITY = re.compile(r"(?<=//)(?!(?:[^/@:\[\s]+|\[[0-9A-Fa-f:.]+\])/)")
# A line that goes on is harder to read than one that is long.
WIDTH = 10_000


def shown_yaml(manifest: Mapping[str, Any], problems: Iterable[Problem]) -> str:
    """The manifest as YAML, in its own order."""
    hidden = {problem.field for problem in problems if _may_quote_a_secret(problem)}
    shown = _shown(manifest, "", hidden)
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=WIDTH)


def without_user_info(text: str) -> str:
    """A URL, or a text with one in a line, without user and password: nothing up to the line's last "@"."""
    return "\n".join(map(_line_without_user_info, text.split("\n")))


def _line_without_user_info(line: str) -> str:
    before, at, after = line.rpartition("@")
    begin = AUTHORITY.search(before) if at else None
    return f"{before[: begin.end()]}...@{after}" if begin else line


def _may_quote_a_secret(problem: Problem) -> bool:
    """Whether what stands at a problem's field is hidden: fields without a meaning, and all of them beside keys."""
    if problem.message.startswith("unknown field"):
        return True
    return problem.ref.kind in KINDS_WITH_KEYS and bool(problem.field) and not problem.field.startswith("metadata")


def _shown(value: Any, path: str, hidden: set[str]) -> Any:
    if path in hidden:
        return NOT_SHOWN
    if isinstance(value, Mapping):
        opens = "requestHeaders" in path and str(value.get("name", "")).lower() in OF_CREDENTIALS
        return {
            name: NOT_SHOWN
            if name in COPIES or (name == "publicKey" and not is_public(inner)) or (name == "value" and opens)
            else _without_query(inner)
            if name == "url" and isinstance(inner, str)
            else _shown(inner, f"{path}.{name}" if path else str(name), hidden)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_shown(inner, f"{path}[{index}]", hidden) for index, inner in enumerate(value)]
    return without_user_info(value) if isinstance(value, str) else value


def _without_query(url: str) -> str:
    """A URL as statuses have it: of an identity provider it may have an API key in its query."""
    address, question, _ = without_user_info(url).partition("?")
    return address + ("?..." if question else "")


def is_public(value: object) -> bool:
    """Whether this is a public key and nothing else."""
    try:
        read_public_keys(str(value))
    except UnreadableKey:
        return False
    return True
