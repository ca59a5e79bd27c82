"""HAProxy with `jwt_verify`."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator

from bench.processes import GATEWAY_CPU, running, wait_for_port
from bench.templates import render
from bench.workloads import Workload

from . import Site, output_of

# The first with jwt_verify.
OLDEST = (2, 5)


class HAProxy:
    name = "HAProxy"
    verifies = True

    def missing(self) -> str | None:
        if shutil.which("haproxy") is None:
            return "the program haproxy (Debian and Ubuntu: haproxy)"
        if tuple(map(int, self.version().split(".")[:2])) < OLDEST:
            return f"version 2.5 of haproxy or a later one; here is {self.version()}"
        return None

    def lacks(self, workload: Workload) -> str | None:
        return "knows no EdDSA" if workload.algorithm == "EdDSA" else None

    def version(self) -> str:
        found = re.search(r"version (\d+\.\d+\.\d+)", output_of("haproxy", "-v"))
        return found[1] if found else "0.0"

    @contextlib.contextmanager
    def start(self, site: Site) -> Iterator[int]:
        routes = "".join(f"{path}\n" for path in site.known_paths())
        (site.folder / "haproxy-routes.txt").write_text(routes, encoding="utf-8")
        (site.folder / "public.pem").write_text(site.key.verifying, encoding="utf-8")
        cfg = site.folder / "haproxy.cfg"
        cfg.write_text(config(site), encoding="utf-8")
        with running(["haproxy", "-db", "-f", cfg], cpu=GATEWAY_CPU, log=site.folder / "log") as process:
            wait_for_port(site.port, process, site.folder / "log")
            yield process.pid


def config(site: Site) -> str:
    """haproxy.cfg for a workload."""
    return render(
        "haproxy.cfg",
        folder=site.folder,
        port=site.port,
        upstream=site.upstream,
        tls=f"ssl crt {site.certificate}/both.pem" if site.workload.tls else "",
        how="beg" if site.workload.has_ids else "str",
        algorithm=site.key.algorithm,
        key=site.key.verifying if site.key.is_secret else f"{site.folder}/public.pem",
    )
