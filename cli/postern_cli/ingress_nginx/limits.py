"""`limit-*` as `rateLimit`: what a client may ask for in a time."""

from __future__ import annotations

from .reading import Annotations, Fields, Reading, UnsayableError, whole_number

NAMES = ("limit-rps", "limit-rpm", "limit-burst-multiplier", "limit-whitelist")
TIMES = {"limit-rps": "1s", "limit-rpm": "1m"}
MULTIPLIER = "5"
NOTE = (
    "{}: beyond it the answer is 429, where nginx had 503, and the numbers are those of the whole gateway, where each"
    " pod of nginx counted for itself; of IPv6 a /64 counts together"
)


def read_limits(given: Annotations, _namespace: str) -> Reading:
    """A limit by client for each rate.

    `limit_req` with `burst=N nodelay` takes one request and N more at once, and then the rate: a bucket of N + 1.
    """
    rates = {name: whole_number(name, given[name]) for name in TIMES if name in given}
    rates = {name: rate for name, rate in rates.items() if rate}
    if not rates:
        return Reading({})
    if given.get("limit-whitelist"):
        raise UnsayableError("limit-whitelist", "no address is exempt from a rateLimit; remove it, and they count too")
    times = whole_number("limit-burst-multiplier", given.get("limit-burst-multiplier", MULTIPLIER)) or int(MULTIPLIER)
    limits: list[Fields] = [
        {"by": "Client", "requests": rate, "per": TIMES[name], "burst": rate * times + 1}
        for name, rate in rates.items()
    ]
    return Reading({"rateLimit": limits}, (NOTE.format(", ".join(rates)),))
