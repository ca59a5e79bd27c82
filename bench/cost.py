"""What one request costs: the processor time of the whole data plane, divided by the requests it has served.

Processor time holds still on a busy machine where requests per second do not.
The gateway has a core of its own; the upstream (nginx) and the load (wrk)
share another.  Everything is on loopback and ends by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.gateway import TOKEN_HEADER, publish
from bench.processes import cpu_s, free_port, running, wait_for

GATEWAY_CPU, OTHERS_CPU = "0", "1"
BODY = json.dumps({"slideshow": "x" * 412}).encode()

# With which nginx answers as the application, or passes on to it without looking at any token.
APPLICATION = "default_type application/json; return 200 '{body}';"
PROXY = 'proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";'
NGINX = """
daemon off; master_process off; pid {folder}/{name}.pid; error_log {folder}/{name}.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; client_body_temp_path {folder};
  proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream app {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port}; location / {{ {action} }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk reports."""

    requests: int
    per_second: float
    p99_ms: float
    errors: int


@dataclass(frozen=True, slots=True)
class Cost:
    """One measurement of one gateway."""

    cpu_us: float
    load: Load


def main() -> int:
    options = parse_options()
    lacking = [name for name in ("wrk", "nginx", "taskset") if shutil.which(name) is None]
    if lacking:
        print(f"bench: needs {', '.join(lacking)}; on Debian and Ubuntu: apt install wrk nginx-light util-linux")
        return 1
    with tempfile.TemporaryDirectory() as name, gateways(Path(name), options.routes) as ports:
        for round_ in range(1, options.rounds + 1):
            for gateway, (port, pids) in ports.items():
                cost = measure(port, pids, options)
                print(line(gateway, round_, cost), flush=True)
    return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the processor time of one request.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each gateway is measured (3)")
    parser.add_argument("--seconds", type=int, default=5, help="how long each measurement lasts (5)")
    parser.add_argument("--connections", type=int, default=64, help="keep-alive connections of the load (64)")
    parser.add_argument("--routes", type=int, default=10, help="how many routes the gateway knows (10)")
    return parser.parse_args()


@contextlib.contextmanager
def gateways(folder: Path, routes: int) -> Iterator[dict[str, tuple[int, list[int]]]]:
    """Postern, and nginx as a plain proxy without any authentication, each with its port and the pids that work."""
    upstream, proxy, listen, admin = (free_port() for _ in range(4))
    publish(folder / "snapshot", upstream, routes)
    command = [sys.executable, "-m", "postern_dataplane", "--config", str(folder / "snapshot"), "--workers", "1"]
    command += ["--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}"]
    application = APPLICATION.format(body=BODY.decode())
    with (
        nginx(folder, "application", cpu=OTHERS_CPU, port=upstream, upstream=upstream, action=application),
        nginx(folder, "proxy", cpu=GATEWAY_CPU, port=proxy, upstream=upstream, action=PROXY) as plain,
        running(["taskset", "-c", GATEWAY_CPU, *command]) as process,
    ):
        config = wait_for(f"http://127.0.0.1:{admin}/config", lambda answer: json.loads(answer)["digest"])
        workers = [worker["pid"] for worker in json.loads(config)["workers"]]
        yield {"Postern": (listen, [*workers, process.pid]), "nginx": (proxy, [plain.pid])}


def nginx(
    folder: Path, name: str, *, cpu: str, port: int, upstream: int, action: str
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """Run an nginx whose every answer is an action of its configuration language."""
    conf = folder / f"{name}.conf"
    conf.write_text(NGINX.format(folder=folder, name=name, port=port, upstream=upstream, action=action))
    return running(["taskset", "-c", cpu, "nginx", "-c", str(conf)])


def measure(port: int, pids: list[int], options: argparse.Namespace) -> Cost:
    load(port, 1, options.connections)
    before = sum(map(cpu_s, pids))
    result = load(port, options.seconds, options.connections)
    return Cost((sum(map(cpu_s, pids)) - before) / result.requests * 1e6, result)


def load(port: int, seconds: int, connections: int) -> Load:
    done = subprocess.run(
        ["taskset", "-c", OTHERS_CPU, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
         "-H", "Host: bench.example.com", "-H", TOKEN_HEADER, f"http://127.0.0.1:{port}/v1/r0"],
        capture_output=True, text=True, check=True, timeout=seconds + 30,
    )  # fmt: skip
    out = done.stdout

    def number(pattern: str) -> float:
        found = re.search(pattern, out)
        return float(found[1]) if found else 0.0

    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    errors = number(r"Non-2xx or 3xx responses: (\d+)") + sum(
        map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", out))
    )
    return Load(
        int(number(r"(\d+) requests in")), number(r"Requests/sec:\s+([\d.]+)"),
        float(p99[1]) * scale[p99[2]] if p99 else 0.0, int(errors),
    )  # fmt: skip


def line(gateway: str, round_: int, cost: Cost) -> str:
    load_ = cost.load
    return (
        f"{gateway:10} round {round_}: {cost.cpu_us:6.1f} us CPU a request, {load_.per_second:8.0f} requests/s, "
        f"p99 {load_.p99_ms:.2f} ms, {load_.requests} requests, {load_.errors} errors"
    )


if __name__ == "__main__":
    sys.exit(main())
