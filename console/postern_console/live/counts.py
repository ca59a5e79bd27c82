"""What a pod has counted since its start, of the metrics as Prometheus reads them. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

# There are fewer reasons. What a pod answers is its own affair, and is remembered for each of the last moments.
NAMES_MAX = 256
NAME_CHARACTERS_MAX = 64

REQUESTS, DENIALS = "postern_requests_total", "postern_denials_total"


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests by the class of their status, such as `2xx`, and denials by reason."""

    requests: Mapping[str, float] = field(default_factory=dict)
    denials: Mapping[str, float] = field(default_factory=dict)


NO_COUNTS = Counts()


def counts_of(content: bytes) -> Counts:
    """Read metrics; what is none counts nothing."""
    requests: dict[str, float] = {}
    denials: dict[str, float] = {}
    lines = (line for line in content.decode("utf-8", "replace").splitlines() if line.startswith((REQUESTS, DENIALS)))
    try:
        for family in text_string_to_metric_families("\n".join(lines) + "\n"):
            for sample in family.samples:
                if sample.name == REQUESTS:
                    _add(requests, f"{sample.labels.get('status', '')[:1]}xx", sample.value)
                elif sample.name == DENIALS:
                    _add(denials, sample.labels.get("reason", ""), sample.value)
    except ValueError:
        return NO_COUNTS
    return Counts(dict(requests), dict(denials))


def added(counts: list[Counts]) -> Counts:
    """The sum of several pods."""
    requests: dict[str, float] = {}
    denials: dict[str, float] = {}
    for one in counts:
        for name, value in one.requests.items():
            _add(requests, name, value)
        for name, value in one.denials.items():
            _add(denials, name, value)
    return Counts(dict(requests), dict(denials))


def _add(to: dict[str, float], name: str, value: float) -> None:
    """Add to a count; a name that is one too many is left out, as is what is no number."""
    name = name[:NAME_CHARACTERS_MAX]
    if math.isfinite(value) and (name in to or len(to) < NAMES_MAX):
        to[name] = to.get(name, 0.0) + value
