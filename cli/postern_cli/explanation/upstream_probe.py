"""Whether an upstream takes connections from here, and what fails if not: what `explain --connect` shows."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from postern_core.snapshot import Endpoint
from postern_dataplane.decision.outcome import Forward
from postern_dataplane.table.upstream import Upstream
from postern_dataplane.upstream.connect_failure import connect_failure, tls_failure
from postern_dataplane.upstream.tls import client_context, context_with_certificate

from .shares import usable_upstreams

# Of an upstream with many endpoints, so many are tried.
PROBED_MAX = 4


def probed(decision: Forward) -> Iterator[str]:
    """Probe the upstream of a request that passes, of a split route each that gets requests."""
    split = decision.route.split
    for upstream in (decision.upstream,) if split is None else usable_upstreams(split):
        yield from probe_upstream(upstream)


def probe_upstream(upstream: Upstream) -> Iterator[str]:
    """Connect to the first endpoints as the data plane does, TLS included; yields a line for each."""
    for endpoint in upstream.endpoints[:PROBED_MAX]:
        where = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
        yield f"{where}:{endpoint.port}  {_outcome(upstream, endpoint)}"


def _outcome(upstream: Upstream, endpoint: Endpoint) -> str:
    backend, tls = upstream.backend, upstream.backend.tls
    try:
        with socket.create_connection(
            (endpoint.address, endpoint.port), timeout=backend.connect_timeout_ms / 1000
        ) as plain:
            if tls is None:
                return "connected"
            shown = upstream.client_certificate
            context = client_context(tls) if shown is None else context_with_certificate(tls, shown)
            with context.wrap_socket(plain, server_hostname=tls.server_name) as secured:
                verified = "unverified" if tls.insecure_skip_verify else f"verified as {tls.server_name}"
                return f"connected, {secured.version()}, {verified}"
    except OSError as error:
        said = tls_failure(error) or error.strerror or "no answer in time"
        return f"failed: {said} [{connect_failure(error)}]"
    except (ValueError, UnicodeError):
        return "failed: the upstream's name is not one that TLS can ask for [connect_failed]"
