"""What a request must be like before anything else is done with it: each check is named as the violation. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def hosts_of(port: int) -> frozenset[str]:
    """The values of Host by which a browser calls a console on loopback."""
    return frozenset(f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]"))


def host_is_foreign(hosts: Sequence[str], target: str, allowed: frozenset[str]) -> bool:
    """Whether a request is for another host: a page whose own name was made to lead to loopback (DNS rebinding).

    A target in absolute form would stand in for Host (RFC 9112, section 3.2.2); no browser sends one.
    """
    return len(hosts) != 1 or hosts[0].lower() not in allowed or not target.startswith("/")


def origin_is_foreign(origins: Sequence[str], fetch_sites: Sequence[str], host: str) -> bool:
    """Whether a request that may change something comes from a page of another origin, or from none.

    Another port of the same host is another origin. Browsers that know Sec-Fetch-Site say it there, too.
    """
    return list(origins) != [f"http://{host}"] or any(site != "same-origin" for site in fetch_sites)
