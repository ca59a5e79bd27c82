"""How the settings of a data plane are written: durations, shares, lists and switches beyond the syntaxes of the kit.

Each reads the text of an option and raises ValueError with what was expected; which settings there are belongs in
`settings`.
"""

from __future__ import annotations

import ipaddress
import re

from postern_core.resources.types import BYTES_PATTERN, DURATION_PATTERN, byte_count, milliseconds
from postern_core.special_addresses import read_allowed_addresses
from postern_kit.settings import BYTES, COUNT, Syntax

from .store_address import read_store_address

# Of the access log: a line must stay within one write of a pipe.
CLAIMS_MAX = 8
CLAIM_CHARS_MAX = 64


def _seconds(text: str) -> float:
    if not re.match(DURATION_PATTERN, text) or not milliseconds(text):
        raise ValueError(f"{text!r} is not a duration such as 500ms, 5s or 1h30m")
    return milliseconds(text) / 1000


def _share(text: str) -> float | None:
    named = {"off": None, "on": 1.0}
    if text in named:
        return named[text]
    if not re.fullmatch(r"[01]|[01]?\.[0-9]+", text) or float(text) > 1:
        raise ValueError(f"{text!r} is neither off, on nor a share between 0 and 1, such as 0.1")
    return float(text)


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(f"{text!r} is neither on nor off")
    return text == "on"


def _networks(text: str) -> tuple[str, ...]:
    networks = [part.strip() for part in text.split(",") if part.strip()]
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ValueError(f"{error}: write networks as 10.0.0.0/8 or fd00::/8") from error
    return tuple(networks)


def _rate(text: str) -> int:
    return 0 if text == "off" else BYTES.read(text)


def _count_or_off(text: str) -> int:
    return 0 if text == "off" else COUNT.read(text)


def _size(text: str) -> int | None:
    if text != "off" and not re.match(BYTES_PATTERN, text):
        raise ValueError(f"{text!r} is neither off nor a number of bytes such as 1048576 or 10Mi")
    return None if text == "off" else byte_count(text)


def _claims(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if len(names) > CLAIMS_MAX:
        raise ValueError(f"{len(names)} claims are more than {CLAIMS_MAX}")
    for name in names:
        if len(name) > CLAIM_CHARS_MAX or not name.isascii() or not name.isprintable():
            raise ValueError(f"{name!r} is not a claim: at most {CLAIM_CHARS_MAX} printable characters of ASCII")
        if name.startswith("/") and re.search("~(?![01])", name):
            raise ValueError(f"{name!r} is not a JSON pointer: a tilde in it is written ~0, and a slash in a name ~1")
    return names


def _addresses(text: str) -> str:
    read_allowed_addresses(text)
    return text


SECONDS = Syntax("TIME", _seconds, lambda seconds: f"{seconds:g}s")
PATIENCE = Syntax(
    "TIME|off",
    lambda text: 0.0 if text == "off" else _seconds(text),
    lambda seconds: f"{seconds:g}s" if seconds else "off",
)
SHARE = Syntax("off|on|SHARE", _share)
SWITCH = Syntax("on|off", _switch, lambda is_on: "on" if is_on else "off")
RATE = Syntax("BYTES|off", _rate, lambda rate: str(rate or "off"))
COUNT_OR_OFF = Syntax("N|off", _count_or_off, lambda count: str(count or "off"))
SIZE = Syntax("BYTES|off", _size, lambda size: "off" if size is None else str(size))
CLAIMS = Syntax("CLAIM,...", _claims)
NETWORKS = Syntax("CIDR,...", _networks)
STORE = Syntax("URL", read_store_address)
ADDRESSES = Syntax("WORD|CIDR,...", _addresses)
