"""What is counted of the fetches of issuers' keys; an issuer that is gone has no series any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.jwk_sets import read_published_jwks

from .metrics import Metrics


class FetchMetrics:
    """Observes a `KeyFetcher`; `now` are seconds since the epoch."""

    def __init__(self, metrics: Metrics, now: Callable[[], float]) -> None:
        self._metrics = metrics
        self._now = now
        self._results: dict[str, set[str]] = {}

    def fetched(self, issuers: Iterable[str], result: str, keys: FetchedKeys | None) -> None:
        """Count one fetch for each of these issuers, and show which keys are in force."""
        for issuer in issuers:
            self._results.setdefault(issuer, set()).add(result)
            self._metrics.jwks_fetches.labels(issuer, result).inc()
            if keys is not None:
                self._metrics.jwks_age_seconds.labels(issuer).set_function(partial(self._age_s, keys))
                self._metrics.jwks_keys.labels(issuer).set(len(read_published_jwks(keys.keys).keys))

    def dropped(self, issuers: Iterable[str]) -> None:
        """Show nothing of these issuers any more: names come and go for as long as the process lives."""
        for issuer in issuers:
            for result in self._results.pop(issuer, ()):
                self._metrics.jwks_fetches.remove(issuer, result)
            for metric in (self._metrics.jwks_age_seconds, self._metrics.jwks_keys):
                metric.remove(issuer)

    def _age_s(self, keys: FetchedKeys) -> float:
        return max(0.0, self._now() - keys.fetched_at)
