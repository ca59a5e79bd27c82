"""What a stranger costs others who sends ever new origins, addresses, ids or tokens: their latency, and memory.

The gateway trusts loopback as a proxy, so each request may name another client.  The stranger asks at a bounded rate;
as a control it sends one request again and again at that rate, so that what is left is the newness of the others.  The
gateway has a core of its own, and all loads, which take turns, share another with the application.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from bench.asking import Seen, application, load
from bench.gateway import TOKEN, TOKEN_HEADER, manifests, publish
from bench.material import HOST
from bench.processes import GATEWAY_CPU, OTHERS_CPU, free_port, on_core, resident_bytes, running, wait_for

ROUNDS = 6
# Each has a connection of its own.
STRANGERS = 8
# What looks at origins, addresses, ids and traces is on.
SERVICE = {
    "cors": {"allowOrigins": [f"https://*.{HOST}"], "allowHeaders": ["Authorization"]},
    "clients": {"deny": ["192.0.2.0/24"]},
}
OPTIONS = ["--trusted-proxies", "127.0.0.0/8", "--request-id", "on", "--trace-context", "any"]

# The fields of the stranger's next request, by its number.
Fields = Callable[[int], tuple[str, ...]]


def _addresses(number: int) -> tuple[str, ...]:
    return (f"X-Forwarded-For: {IPv4Address((11 << 24) + number)}", TOKEN_HEADER)


def _ids(number: int) -> tuple[str, ...]:
    return (f"X-Request-Id: id-{number}", f"traceparent: 00-{number + 1:032x}-{number + 1:016x}-01", TOKEN_HEADER)


KINDS: dict[str, Fields | None] = {
    "without a stranger": None,
    "the same request again": lambda _: (TOKEN_HEADER,),
    "new origins": lambda number: (f"Origin: https://a{number}.{HOST}", TOKEN_HEADER),
    "new addresses": _addresses,
    "new ids": _ids,
    # The signature is good for none of them.
    "new tokens": lambda number: (f"Authorization: Bearer {TOKEN[:-8]}{number:08}",),
}


@dataclass(slots=True)
class Load:
    """What a victim has seen while a stranger sent requests of one kind."""

    fields: Fields | None
    seen: Seen = field(default_factory=Seen)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def go_on(self, port: int, requests: int, rate: int) -> None:
        """Ask so often more as the victim, and meanwhile so often a second as the stranger."""
        async with asyncio.TaskGroup() as group:
            count = STRANGERS if self.fields else 0
            strangers = [group.create_task(self._stranger(port, rate, number / rate)) for number in range(count)]
            await load(self.seen, port, "/v1/r0", requests)
            for task in strangers:
                task.cancel()

    async def _stranger(self, port: int, rate: int, after_s: float) -> None:
        """Ask on one connection; they begin one after the other, so that requests come evenly."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        now = asyncio.get_running_loop().time
        next_at = now() + after_s
        with contextlib.closing(writer):
            while True:
                await asyncio.sleep(max(0.0, next_at - now()))
                next_at += STRANGERS / rate
                writer.write(self.request())
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                await reader.readexactly(next(int(it[15:]) for it in lines if it.startswith(b"content-length:")))

    def request(self) -> bytes:
        """The stranger's next request."""
        assert self.fields is not None, "there is no stranger"
        lines = ("GET /v1/r0 HTTP/1.1", f"Host: {HOST}", *self.fields(next(self.numbers)), "", "")
        return "\r\n".join(lines).encode()


def main() -> int:
    options = parse_options()
    upstream, listen, admin = (free_port() for _ in range(3))
    with tempfile.TemporaryDirectory() as name, on_core(OTHERS_CPU):
        publish(Path(name), manifests(upstream, 1, 1, service=SERVICE))
        command = [sys.executable, "-m", "postern_dataplane", "--config", name, "--workers", "1", *OPTIONS]
        ports = ["--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}"]
        command += [*ports, "--allowed-upstreams", "loopback"]
        with running(command, cpu=GATEWAY_CPU):
            said = wait_for(f"http://127.0.0.1:{admin}/config", lambda answer: json.loads(answer)["digest"])
            pid = json.loads(said)["workers"][0]["pid"]
            loads = asyncio.run(measure(upstream, listen, pid, options))
    return 1 if any(one.seen.failures for one in loads.values()) else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what a stranger costs others.")
    parser.add_argument("--requests", type=int, default=6_000, help="requests of the victim for each kind (6000)")
    parser.add_argument("--rate", type=int, default=500, help="requests of the stranger a second (500)")
    return parser.parse_args()


async def measure(upstream: int, port: int, pid: int, options: argparse.Namespace) -> dict[str, Load]:
    """Let the loads take turns, and tell what each has seen."""
    loads = {what: Load(fields) for what, fields in KINDS.items()}
    async with await asyncio.start_server(application, "127.0.0.1", upstream):
        memory: list[int] = []
        for number in range(ROUNDS):
            # Each round begins with another one, as what comes first finds the machine as it was.
            for one in [*loads.values()][number:] + [*loads.values()][:number]:
                await one.go_on(port, options.requests // ROUNDS, options.rate)
            memory.append(resident_bytes(pid) // 1024)
    for line in described(loads):
        print(line)
    print(f"memory of the worker after each round, in KiB: {', '.join(f'{it:,}' for it in memory)}")
    return loads


def described(loads: dict[str, Load]) -> Iterator[str]:
    """What was seen of each load: the p99 beside that without a stranger, and beside that of the control."""
    alone, control = [*loads.values()][:2]
    for what, one in loads.items():
        p50, p99 = (one.seen.percentile_ms(percent) for percent in (50, 99))
        ratios = f"{p99 / alone.seen.percentile_ms(99):.2f} | {p99 / control.seen.percentile_ms(99):.2f}"
        yield f"{what} | {next(one.numbers)} | {len(one.seen.failures)} | {p50:.2f} | {p99:.2f} | {ratios}"


if __name__ == "__main__":
    sys.exit(main())
