"""nginx: as a plain proxy, which is near the least that a request can cost."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from bench.processes import GATEWAY_CPU, running, wait_for_port
from bench.templates import render
from bench.workloads import Workload

from . import Site, output_of


class Nginx:
    name = "nginx, plain"
    verifies = False

    def missing(self) -> str | None:
        return None if shutil.which("nginx") else "the program nginx (Debian and Ubuntu: nginx-light)"

    def lacks(self, workload: Workload) -> str | None:
        return None if workload.tokens.are_good else "looks at no token"

    def version(self) -> str:
        return output_of("nginx", "-v").strip().rpartition("/")[2]

    @contextlib.contextmanager
    def start(self, site: Site) -> Iterator[int]:
        start = "~^" if site.workload.has_ids else ""
        routes = "".join(f'"{start}{path}" 1;\n' for path in site.known_paths())
        (site.folder / "nginx-routes.map").write_text(routes, encoding="utf-8")
        conf = site.folder / "nginx.conf"
        conf.write_text(config(site), encoding="utf-8")
        with running(["nginx", "-c", conf], cpu=GATEWAY_CPU, log=site.folder / "log") as process:
            wait_for_port(site.port, process, site.folder / "log")
            yield process.pid


def config(site: Site) -> str:
    """nginx.conf for a workload."""
    folder = site.certificate
    certificate = f"ssl_certificate {folder}/tls.crt; ssl_certificate_key {folder}/tls.key;"
    # Before 1.23.4 the newest version must be asked for.
    certificate += " ssl_protocols TLSv1.2 TLSv1.3;"
    tls = site.workload.tls
    return render(
        "nginx.conf",
        folder=site.folder,
        port=site.port,
        upstream=site.upstream,
        tls="ssl" if tls else "",
        certificate=certificate if tls else "",
    )
