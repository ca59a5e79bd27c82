"""One workload: everything is started, each gateway is tried, and then they are measured in turn."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.application import answer_bytes, application
from bench.material import HOST, MANY, Key, make_key, write_certificate
from bench.mixed import requests
from bench.peers import Peer, Site
from bench.processes import family, family_cpu_s, free_port, resident_bytes
from bench.results import LeftOut, Measurement, Report, Results
from bench.workloads import Tokens, Workload
from bench.wrk import Ammunition, Load, Refusals, command, fire, write_raw, write_script

ROTATING = 1000
WARM_UP_S = 1.0
TIMEOUT_S = 10.0
# What a measurement may fail with, so that the others are measured all the same.
FAILURES = (OSError, ValueError, http.client.HTTPException)

Say = Callable[[str], object]


@dataclass(slots=True)
class Running:
    """A gateway that runs, and the number of the request that it is sent next."""

    peer: Peer
    port: int
    pid: int
    next: int = 0


@dataclass(frozen=True, slots=True)
class Gun:
    """What a load is started with."""

    workload: Workload
    ammunition: Ammunition
    script: Path
    # By request of `raw`: its status.
    statuses: tuple[int, ...] = ()
    # The port of the application.
    application: int = 0

    def fire(self, one: Running, seconds: float) -> Load:
        """Load a gateway; it goes on in the row of tokens where it was, so that none comes again too soon."""
        workload = self.workload
        if workload.websocket:
            line: list[str | Path] = [sys.executable, "-m", "bench.websocket", "load", "--port", str(one.port)]
            line += ["--token", self.ammunition.token or "", "--path", workload.paths[0]]
            line += ["--connections", str(workload.connections), "--seconds", str(seconds)]
        else:
            line = command(workload, one.port, self.ammunition, self.script, seconds=seconds, first=one.next)
        load = fire(line, seconds, self._refusals(one))
        if not load.requests:
            raise ValueError("not one request was answered")
        # Those that were on their way at the end are not counted.
        one.next += load.requests + workload.connections
        return load

    def _refusals(self, one: Running) -> Refusals:
        """How many of the next requests this gateway must refuse."""
        first, statuses = one.next, self.statuses if one.peer.verifies else ()

        def refusals(sent: int) -> tuple[int, int]:
            if statuses:
                expected = sum(statuses[number % len(statuses)] == 401 for number in range(first, first + sent))
                return expected, self.workload.connections
            return sent if one.peer.verifies and self.workload.status == 401 else 0, 0

        return refusals


def lacks_of(peer: Peer, workload: Workload) -> str | None:
    """Why a gateway can't do a workload: the others have keys, and no Service or credentials."""
    is_ours = workload.service or workload.credentials > 1
    return "is not set up for it" if is_ours and not peer.name.startswith("Postern") else peer.lacks(workload)


def compare(workload: Workload, peers: Iterable[Peer], folder: Path, report: Report, *, rounds: int, say: Say) -> None:
    """Measure a workload, and put what came of it into the report."""
    results = Results(workload.name, workload.about)
    report.workloads.append(results)
    with started(workload, peers, folder, report, say=say) as (gun, running):
        results.rounds |= {one.peer.name: [] for one in running}
        for round_ in range(rounds):
            # Each is the first once, should the first of a round have it better or worse.
            for one in rotated(running, round_):
                measure(one, gun, results, report, round_=round_, say=say)


@contextlib.contextmanager
def started(
    workload: Workload, peers: Iterable[Peer], folder: Path, report: Report, *, say: Say
) -> Iterator[tuple[Gun, list[Running]]]:
    """Run the application and the gateways that can do a workload, each tried out; the report names the others."""
    key = make_key(workload.algorithm, workload.issuer)
    certificate = write_certificate(folder / "certificates" / "bench")
    gun = _mixed_gun(workload, key, folder) if workload.has_ids else Gun(workload, *_load_gun(workload, key, folder))
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(application(folder, workload))
        running: list[Running] = []
        for number, peer in enumerate(peers):
            if lacks := lacks_of(peer, workload):
                report.left_out.append(LeftOut(peer.name, workload.name, lacks))
                say(f"  {peer.name}: left out, {lacks}")
                continue
            own = folder / f"peer-{number}"
            own.mkdir()
            site = Site(workload, own, free_port(), upstream, key, certificate)
            try:
                one = Running(peer, site.port, stack.enter_context(peer.start(site)))
                try_out(one, site)
            except FAILURES as error:
                report.failures.append(f"{peer.name} in {workload.name}: {error}")
                say(f"  {peer.name}: FAILED, {error}")
                continue
            running.append(one)
        yield replace(gun, application=upstream), running


def measure(one: Running, gun: Gun, results: Results, report: Report, *, round_: int, say: Say) -> None:
    """Measure one gateway once."""
    try:
        gun.fire(one, WARM_UP_S)
        before = family_cpu_s(one.pid)
        load = gun.fire(one, report.seconds)
        cpu_us = (family_cpu_s(one.pid) - before) / load.requests * 1e6
        sizes = [resident_bytes(pid) for pid in family(one.pid)]
    except FAILURES as error:
        report.failures.append(f"{one.peer.name} in {results.workload}: {error}")
        say(f"  {one.peer.name}: FAILED, {error}")
        return
    results.rounds[one.peer.name].append(Measurement(cpu_us, sum(sizes), max(sizes), load))
    say(
        f"  round {round_ + 1}, {one.peer.name:18} {cpu_us:9.1f} us CPU a request, {load.per_second:8,.0f} requests/s, "
        f"p99 {load.p99_ms:.2f} ms, {sum(sizes) / 2**20:.0f} MiB, {load.errors} errors"
    )


def rotated(running: Sequence[Running], by: int) -> list[Running]:
    first = by % max(len(running), 1)
    return [*running[first:], *running[:first]]


def try_out(one: Running, site: Site) -> None:
    """See that a gateway does what it is measured for: it lets a good token through, and nothing else."""
    workload = site.workload
    if workload.websocket:
        return
    for path in {workload.paths[0], workload.paths[-1]}:
        _must_be(200, one, site, path, site.key.token())
    if one.peer.verifies:
        for token in (None, next(site.key.garbage(1)), site.key.token(expired=True)):
            _must_be(401, one, site, workload.paths[0], token)


def _must_be(status: int, one: Running, site: Site, path: str, token: str | None) -> None:
    context = ssl._create_unverified_context() if site.workload.tls else None  # noqa: S323, SLF001 # it is our own
    if context:
        # Everybody is measured with the same version.
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    client = (
        http.client.HTTPSConnection("127.0.0.1", one.port, timeout=TIMEOUT_S, context=context)
        if context
        else http.client.HTTPConnection("127.0.0.1", one.port, timeout=TIMEOUT_S)
    )
    headers = {"Host": HOST} | ({"Authorization": f"Bearer {token}"} if token else {})
    with contextlib.closing(client):
        client.request(site.workload.method, path, body=b"x" if site.workload.upload_bytes else None, headers=headers)
        answer = client.getresponse()
        length = len(answer.read())
    if answer.status != status:
        raise ValueError(f"answers {answer.status} where {status} must be")
    if status == 200 and length != answer_bytes(site.workload):
        raise ValueError(f"answers {length} bytes where {answer_bytes(site.workload)} must be")


def _mixed_gun(workload: Workload, key: Key, folder: Path) -> Gun:
    """Write whole requests."""
    made = tuple(requests(key, MANY, routes=workload.routes, credentials=workload.credentials))
    raw = write_raw(folder / "requests", (one.wire for one in made))
    script = write_script(folder, workload, differing=True)
    return Gun(workload, Ammunition(raw=raw), script, tuple(one.status for one in made))


def _load_gun(workload: Workload, key: Key, folder: Path) -> tuple[Ammunition, Path]:
    """Write the files that wrk reads."""
    made = {
        Tokens.NEW: lambda: key.tokens(MANY),
        Tokens.ROTATING: lambda: key.tokens(ROTATING),
        Tokens.GARBAGE: lambda: key.garbage(MANY),
    }.get(workload.tokens)
    tokens = folder / "tokens" if made else None
    if made and tokens:
        tokens.write_text("\n".join(made()), encoding="utf-8")
    paths = folder / "paths" if tokens or len(workload.paths) > 1 else None
    if paths:
        paths.write_text("\n".join(workload.paths), encoding="utf-8")
    one = {Tokens.ONE: key.token, Tokens.EXPIRED: lambda: key.token(expired=True)}.get(workload.tokens)
    ammunition = Ammunition(one() if one else None, tokens, paths)
    return ammunition, write_script(folder, workload, differing=bool(paths))
