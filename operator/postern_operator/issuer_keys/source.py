"""Where keys come from, and how often: what several issuers name alike is one source, and fetched once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import msgspec

from postern_core.resources.key_source import shown_url

ID_CHARS = 32
REFRESH_S = 600.0
TIMEOUT_S = 5.0
MAX_STALE_S = 86_400.0
# The share of `maxStale` after which keys are fetched at the latest: those fetched when they expire come too late.
REFRESHED_BY = 0.8


class Service(msgspec.Struct, frozen=True):
    """The host and port that are dialled in place of those of the URL, whose name TLS asks for all the same."""

    host: str
    port: int


class KeySource(msgspec.Struct, frozen=True, dict=True):
    """One place that publishes keys; what differs in any of this is another one.

    `url` is of the set itself, or where `discovers` names an issuer, of its discovery document, which must name it too.
    `ca_pem` are the only CAs that count, "" for those of the system.  `is_insecure` lets the URL be one of http.
    `is_kubernetes` are the keys of the API server that the operator works with: it has no URL.
    """

    url: str = ""
    discovers: str = ""
    ca_pem: str = ""
    service: Service | None = None
    is_insecure: bool = False
    is_kubernetes: bool = False

    @cached_property
    def id(self) -> str:
        """A name of the source for files and objects."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:ID_CHARS]

    @cached_property
    def place(self) -> str:
        """Where it is, for people: without a password or a query, which may be secrets."""
        if self.is_kubernetes:
            return "the API server"
        return shown_url(self.url)


@dataclass(frozen=True, slots=True)
class Demand:
    """What one issuer asks of its source, in seconds; with `max_stale_s` 0 the last good keys serve without an end."""

    source: KeySource
    refresh_s: float = REFRESH_S
    timeout_s: float = TIMEOUT_S
    max_stale_s: float = MAX_STALE_S
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the issuers of one source ask together: the shortest interval and the longest patience of them all.

    The interval ends well before keys expire, so that a fetch may be slow, or fail once, without an effect.
    """

    refresh_s: float
    timeout_s: float
    max_stale_s: tuple[float, ...]
    namespaces: frozenset[str]

    @classmethod
    def of(cls, demands: Iterable[Demand]) -> Terms:
        demands = tuple(demands)
        stale = sorted({it.max_stale_s for it in demands if it.max_stale_s})
        refresh_s = min([it.refresh_s for it in demands] + [it * REFRESHED_BY for it in stale])
        namespaces = frozenset(it.namespace for it in demands)
        return cls(refresh_s, max(it.timeout_s for it in demands), tuple(stale), namespaces)
