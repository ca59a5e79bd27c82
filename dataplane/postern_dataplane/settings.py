"""The settings of a data plane, and how they are read from the command line.

Every attribute says its meaning, its unit and why it has this default.  What a
tenant may set belongs in the resources; these are for whoever runs the fleet.
"""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Callable, Sequence

import msgspec

from postern_core.resources.types import DURATION_PATTERN, milliseconds
from postern_kit.addresses import Address, parse_address

from .machine import memory_for_connections, usable_cpus


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that a data plane is told; a value, which also travels to the workers."""

    config: str
    """The folder with `index.json` and `shards/`.  No default: without it there is nothing to serve."""

    listen: Address = Address("127.0.0.1", 9080)
    """Where clients connect.  Loopback, so that nothing is exposed by forgetting an option."""

    listen_tls: Address | None = None
    """Where clients connect with TLS.  None: there is no certificate that everybody could have."""

    certificates: str = ""
    """The folder whose subfolders are certificates: `tls.crt` and `tls.key` in each, as a Secret of type
    kubernetes.io/tls has them.  The paths travel, what is in the files is read by each worker."""

    tls_min_version: str = "1.2"
    """The oldest version of TLS that is spoken, 1.2 or 1.3.  Whatever can't speak 1.2 has known holes of its own."""

    redirect_to_https: int = 0
    """The port at which clients reach `listen_tls`, where whoever connects without TLS is sent to; 0: they are served.
    Not by default, because a port in front may be another one, and a wrong redirect is remembered."""

    admin: Address = Address("127.0.0.1", 9081)
    """Where health, readiness, metrics and the served digest are asked for.  Loopback for the same reason."""

    workers: int
    """Processes that serve clients, each on a core of its own.  By default the CPUs that the container may use:
    more of them would only take turns."""

    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) whose X-Forwarded-* are believed.  None: anybody can write such headers."""

    access_log: float = 0.0
    """The share of requests that get a line on stdout, 0 to 1.  0, because a line costs a tenth of a request, and the
    metrics count every request anyway."""

    remember_heads: bool = True
    """Whether a request that is the same as one before, but for its token, is answered without being parsed again.
    What is remembered decides nothing differently; off, every request is parsed, which costs those of programs that
    ask the same again and again about half as much more."""

    drain_grace_s: float = 30.0
    """Seconds that running requests have to finish when the process is asked to stop.  30 is what Kubernetes gives a
    pod by default; a pod that sets this higher raises terminationGracePeriodSeconds too."""

    end_with_stdin: bool = False
    """Whether to drain and end when standard input does.  For whoever starts this as a child: should they be killed,
    nobody is left behind on the addresses.  Not by default: under most supervisors standard input is empty from the
    beginning."""

    max_connections: int = 8_000
    """Client connections of one worker; one more is refused with 503.  Each may need two open files, and 20,000 of
    those are allowed almost everywhere."""

    connection_memory_bytes: int = 128 * 2**20
    """Bytes that one worker may hold for its connections: heads that have no end yet, what waits and what clients don't
    take; past it the largest and oldest are ended.  On the command line the default follows from the memory that the
    container may use, see `capacity`."""

    header_timeout_s: float = 10.0
    """Seconds for a whole request head to arrive.  10 is enough for the slowest honest client, and little for one that
    sends a byte a second to keep connections busy."""

    idle_timeout_s: float = 60.0
    """Seconds that a connection may wait between requests.  60 is what load balancers in front commonly use."""

    max_request_line_bytes: int = 8_192
    """The longest request line; longer is 414.  RFC 9112, section 3: "It is RECOMMENDED that all HTTP senders and
    recipients support, at a minimum, request-line lengths of 8000 octets."
    """

    max_header_line_bytes: int = 16_384
    """The longest header line; longer is 431.  Twice what is usual, because tokens over 8 KB are real."""

    max_headers_bytes: int = 65_536
    """All header lines together; more is 431.  Room for four of the longest lines."""

    max_headers: int = 100
    """Header lines of one request; more is 431.  Browsers send some twenty, proxies on the way add a few."""


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    """Read the command line (None: this process's); a mistake in it ends the process with the usage, status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m postern_dataplane",
        description="Serve the snapshot in a folder: let requests with a valid token through, refuse the others.",
        allow_abbrev=False,
    )
    _add_places(parser)
    _add_limits(parser)
    _add_tls(parser)
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    if ("listen_tls" in given) != ("certificates" in given):
        parser.error("--listen-tls and --certificates need each other")
    if "redirect_to_https" in given and "listen_tls" not in given:
        parser.error("--redirect-to-https needs --listen-tls: there is no other place to send anybody to")
    given.setdefault("workers", usable_cpus())
    given.setdefault("connection_memory_bytes", memory_for_connections(given["workers"]))
    return Settings(**given)


def _add_places(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--config", required=True, metavar="DIR", help="folder with the snapshot: index.json and shards/")
    add("--listen", type=read_address, metavar="HOST:PORT", help="where clients connect (127.0.0.1:9080)")
    add(
        "--admin", type=read_address, metavar="HOST:PORT", help="health, metrics and the served digest (127.0.0.1:9081)"
    )
    add("--workers", type=_count, metavar="N", help="processes that serve (the CPUs that may be used)")
    add("--trusted-proxies", type=_networks, metavar="CIDR,...", help="networks whose X-Forwarded-* count (none)")
    add("--access-log", type=_share, metavar="off|on|SHARE", help="lines on stdout for all requests or a share (off)")
    add("--remember-heads", type=_switch, metavar="on|off", help="whether to parse the same request only once (on)")
    add("--end-with-stdin", action="store_const", const=True, help="drain and end when standard input does")
    add("--drain-grace", type=_seconds, metavar="TIME", dest="drain_grace_s", help="for running requests (30s)")


def _add_tls(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("TLS").add_argument
    add("--listen-tls", type=read_address, metavar="HOST:PORT", help="where clients connect with TLS (nowhere)")
    add("--certificates", metavar="DIR", help="folder whose subfolders hold tls.crt and tls.key, one certificate each")
    add("--tls-min-version", choices=("1.2", "1.3"), help="the oldest version that is spoken (1.2)")
    add(
        "--redirect-to-https", type=_port, metavar="PORT",
        help="send whoever connects without TLS to this port, where clients reach --listen-tls (serve them)",
    )  # fmt: skip


def _add_limits(parser: argparse.ArgumentParser) -> None:
    limits: tuple[tuple[str, str, Callable[[str], float], str, str], ...] = (
        ("--max-connections", "max_connections", _count, "N", "client connections of one worker"),
        ("--header-timeout", "header_timeout_s", _seconds, "TIME", "for a whole request head to arrive"),
        ("--idle-timeout", "idle_timeout_s", _seconds, "TIME", "between the requests of a connection"),
        ("--max-request-line", "max_request_line_bytes", _count, "BYTES", "the longest request line"),
        ("--max-header-line", "max_header_line_bytes", _count, "BYTES", "the longest header line"),
        ("--max-headers-bytes", "max_headers_bytes", _count, "BYTES", "all header lines together"),
        ("--max-headers", "max_headers", _count, "N", "header lines of one request"),
    )
    group = parser.add_argument_group("limits")
    group.add_argument(
        "--connection-memory", dest="connection_memory_bytes", type=_count, metavar="BYTES",
        help="what one worker may hold for its connections (by the memory that may be used)",
    )  # fmt: skip
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    for option, name, type_, metavar, meaning in limits:
        help_ = f"{meaning} ({defaults[name]:g}{'s' if metavar == 'TIME' else ''})"
        group.add_argument(option, dest=name, type=type_, metavar=metavar, help=help_)


def read_address(text: str) -> Address:
    """Read HOST:PORT, as the type of an option."""
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: they are 1 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    if not re.match(DURATION_PATTERN, text) or not milliseconds(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 500ms, 5s or 1h30m")
    return milliseconds(text) / 1000


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither on nor off")
    return text == "on"


def _share(text: str) -> float:
    named = {"off": 0.0, "on": 1.0}
    if text in named:
        return named[text]
    if not re.fullmatch(r"[01]|[01]?\.[0-9]+", text) or float(text) > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is neither off, on nor a share between 0 and 1, such as 0.1")
    return float(text)


def _networks(text: str) -> tuple[str, ...]:
    networks = [part.strip() for part in text.split(",") if part.strip()]
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{error}: write networks as 10.0.0.0/8 or fd00::/8") from error
    return tuple(networks)
