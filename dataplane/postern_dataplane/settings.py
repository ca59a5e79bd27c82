"""The settings of a data plane: each is declared here, once.

An option says its meaning and why it has this default; a time is in seconds, a size in bytes.  What a tenant may set
belongs in the resources; these are for those who run the fleet.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Annotated

import msgspec

from postern_kit.addresses import Address
from postern_kit.settings import ADDRESS, BYTES, COUNT, DIRECTORY, FILE, PORT, Option, one_of

from .machine import memory_for_connections, usable_cpus
from .settings_syntax import (
    ADDRESSES,
    CLAIMS,
    COUNT_OR_OFF,
    NETWORKS,
    PATIENCE,
    RATE,
    SECONDS,
    SHARE,
    SIZE,
    STORE,
    SWITCH,
)
from .store_address import StoreAddress

PREFIX = "POSTERN_DATAPLANE"

# The default of a header line, and the largest head of a response that is ever held.
HEADER_LINE_BYTES = 16_384
RESPONSE_HEAD_BYTES_MAX = 256 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may ask of the gateway before it is refused."""

    max_connections: Annotated[int, Option(
        COUNT, "Client connections of one worker; one more is 503.",
        "Each may need two open files, and 20,000 of those are allowed almost everywhere.",
    )] = 8_000  # fmt: skip
    header_timeout_s: Annotated[float, Option(
        SECONDS, "For a whole request head to arrive; longer is 408.",
        "Enough for the slowest honest client, and little for one that sends a byte a second to keep connections busy.",
        spelling="--header-timeout",
    )] = 10.0  # fmt: skip
    idle_timeout_s: Annotated[float, Option(
        SECONDS, "Between the requests of a connection, which is then closed.",
        "60 seconds is what load balancers in front commonly use.",
        spelling="--idle-timeout",
    )] = 60.0  # fmt: skip
    min_body_rate: Annotated[int, Option(
        RATE, "Bytes a second of a request's body; fewer are 408.",
        "On average, beside the time that its upstream's idle time-out grants. A body of a byte a second would hold "
        "two connections without an end. Switch it off where clients send streams with long pauses.",
    )] = 240  # fmt: skip
    upload_timeout_s: Annotated[float, Option(
        PATIENCE, "For a whole request, head and body; longer is 408, or 504 while the upstream takes nothing.",
        "A large body on a slow line takes hours, and --min-body-rate ends clients that are slow without a reason. "
        "Both count until the response begins.",
        spelling="--upload-timeout",
    )] = 0.0  # fmt: skip
    max_request_body_bytes: Annotated[int | None, Option(
        SIZE, "The largest body of a request, whatever maxRequestBody of its route says; larger is 413.",
        "A body goes on as it comes and costs the gateway no memory, so that its size is for applications to judge.",
        spelling="--max-request-body",
    )] = None  # fmt: skip
    max_request_line_bytes: Annotated[int, Option(
        BYTES, "The longest request line; longer is 414.",
        'RFC 9112, section 3: "It is RECOMMENDED that all HTTP senders and recipients support, at a minimum, '
        'request-line lengths of 8000 octets."',
        spelling="--max-request-line",
    )] = 8_192  # fmt: skip
    max_header_line_bytes: Annotated[int, Option(
        BYTES, "The longest header line; longer is 431.",
        "Twice what is usual, because tokens over 8 KB are real; [longer ones](#long-tokens) need more.",
        spelling="--max-header-line",
    )] = HEADER_LINE_BYTES  # fmt: skip
    max_headers_bytes: Annotated[int, Option(
        BYTES, "All header lines together; more is 431.", "Room for four of the longest lines.",
    )] = 65_536  # fmt: skip
    max_headers: Annotated[int, Option(
        COUNT, "Header lines of one request; more is 431.",
        "Browsers send some twenty, proxies on the way add a few.",
    )] = 100  # fmt: skip
    max_response_headers_bytes: Annotated[int, Option(
        BYTES, "The head of a response, 262144 at the most; a larger one is 502.",
        "Far more than any honest application sends. Less of it protects clients that take less.",
        spelling="--max-response-headers",
    )] = RESPONSE_HEAD_BYTES_MAX  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse limits that don't go together."""
        line, most = self.max_header_line_bytes, RESPONSE_HEAD_BYTES_MAX
        # Who lowers the sum alone means no contradiction, so the default of a line is none.
        if line > max(self.max_headers_bytes, HEADER_LINE_BYTES):
            raise ValueError(
                f"--max-header-line {line} has no effect with --max-headers-bytes {self.max_headers_bytes}, which no "
                "line may exceed either; raise both"
            )
        if self.max_response_headers_bytes > most:
            raise ValueError(f"--max-response-headers {self.max_response_headers_bytes} is more than {most}")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a data plane: a value, which also travels to the workers."""

    config: Annotated[str, Option(
        DIRECTORY, "The folder with the snapshot: index.json and shards/.",
        "Without it there is nothing to serve.",
    )]  # fmt: skip
    listen: Annotated[Address, Option(
        ADDRESS, "Where clients connect.", "Loopback, so that nothing is exposed by forgetting an option.",
    )] = Address("127.0.0.1", 9080)  # fmt: skip
    admin: Annotated[Address, Option(
        ADDRESS, "Where /healthz, /readyz, /metrics, /config and /unknown-keys answer.",
        "Loopback for the same reason.",
    )] = Address("127.0.0.1", 9081)  # fmt: skip
    workers: Annotated[int, Option(
        COUNT, "Processes that serve clients.", "More of them than CPUs would only take turns.",
        default="the CPUs that may be used",
    )] = msgspec.field(default_factory=usable_cpus)  # fmt: skip
    trusted_proxies: Annotated[tuple[str, ...], Option(
        NETWORKS, "Networks whose X-Forwarded-* headers are believed.", "Any client can write such headers.",
        default="none",
    )] = ()  # fmt: skip
    allowed_upstreams: Annotated[str, Option(
        ADDRESSES, "Special addresses that upstreams may have: loopback, link-local, own, ..., or networks of them.",
        "Who may write a Service must not reach [what trusts this machine](#addresses-of-upstreams).",
        default="none; of `postern run` loopback,own",
    )] = ""  # fmt: skip
    access_log: Annotated[float | None, Option(
        SHARE, "A JSON line on standard output for each request, or for refusals and a share (0 to 1) of the rest.",
        "A line costs a tenth of a request, and the metrics count every request anyway.",
        default="off",
    )] = None  # fmt: skip
    access_log_refusals: Annotated[int, Option(
        COUNT_OR_OFF, "Refusals a second of one worker that are logged beyond the share.",
        "More than clients cause that mean no harm, and no more than a node's disk takes; "
        "`postern_access_log_limited_total` counts the others.",
    )] = 500  # fmt: skip
    access_log_format: Annotated[str, Option(
        one_of("postern", "ecs", "otel"), "The names of a line's fields: Postern's, or those of ECS or OpenTelemetry.",
        "[The access log](metrics.md#the-access-log) has the names of each.",
    )] = "postern"  # fmt: skip
    access_log_claims: Annotated[tuple[str, ...], Option(
        CLAIMS, "Claims of good tokens that the access log has, eight at most; one within another as /outer/inner.",
        "Each is cut to 256 characters. None by default, because they may say who a person is.",
        default="none",
    )] = ()  # fmt: skip
    request_id: Annotated[bool, Option(
        SWITCH, "Whether each request goes upstream with an X-Request-Id, which the access log has too.",
        "[A new one](metrics.md#ids-of-requests-and-traces), or that of a trusted proxy. Off by default, because what "
        "applications are sent changes.",
    )] = False  # fmt: skip
    trace_context: Annotated[str, Option(
        one_of("off", "trusted", "any"), "Whose traceparent goes upstream, and its trace id into the access log.",
        "[What is dropped](metrics.md#ids-of-requests-and-traces) is then what is not valid, and with `trusted` what "
        "clients send that are no trusted proxies; `off` leaves the field as any other.",
    )] = "off"  # fmt: skip
    metrics_routes: Annotated[int, Option(
        COUNT_OR_OFF, "Routes whose latency has a histogram of its own in the metrics; the others share one.",
        "Each is eleven series of each pod, so these are what Prometheus keeps easily.",
    )] = 1_000  # fmt: skip
    remember_heads: Annotated[bool, Option(
        SWITCH, "Whether to parse the same request only once.",
        "[What is remembered](#what-is-remembered-of-requests) changes no answer; without it, clients that ask the "
        "same again and again cost about half as much more.",
    )] = True  # fmt: skip
    remember_tokens: Annotated[bool, Option(
        SWITCH, "Whether to verify the same token only once.",
        "It changes no answer; `off` verifies the token of each request, and parses each request, as what is "
        "remembered of one holds what its token came to.",
    )] = True  # fmt: skip
    end_with_stdin: Annotated[bool, Option(
        None, "Drain and end when standard input does.",
        "For a parent that starts this as a child: when it is killed, no process stays on the addresses. Off by "
        "default, because under most supervisors standard input is empty from the beginning.",
    )] = False  # fmt: skip
    drain_grace_s: Annotated[float, Option(
        SECONDS, "For running requests to finish when the process is asked to stop.",
        "What Kubernetes gives a pod by default; a pod that sets this higher raises terminationGracePeriodSeconds too.",
        spelling="--drain-grace",
    )] = 30.0  # fmt: skip
    listen_tls: Annotated[Address | None, Option(
        ADDRESS, "Where clients connect with TLS.",
        "Its certificates come from --certificates, and from [Services](../certificates.md).",
        default="nowhere", group="TLS",
    )] = None  # fmt: skip
    certificates: Annotated[str, Option(
        DIRECTORY, "The folder whose subfolders hold tls.crt and tls.key, one certificate each.",
        "As a Secret of type kubernetes.io/tls has them. Each worker reads the files itself.",
        default="none", group="TLS",
    )] = ""  # fmt: skip
    tls_min_version: Annotated[str, Option(
        one_of("1.2", "1.3"), "The oldest version of TLS that is spoken.", "Older ones have known holes.",
        group="TLS",
    )] = "1.2"  # fmt: skip
    tls_client_ca: Annotated[str, Option(
        FILE, "The CAs that may have signed certificates of clients, in PEM; with it clients are asked for one.",
        "Each worker reads the file itself, also when it changes. See [certificates](../certificates.md#clients).",
        default="none", group="TLS",
    )] = ""  # fmt: skip
    tls_client_validation: Annotated[str, Option(
        one_of("required", "optional"), "Whether a client without a certificate is refused.",
        "One that has a certificate of another CA is refused in any case. With `required`, --redirect-to-https has to "
        "send clients without TLS there.", group="TLS",
    )] = "required"  # fmt: skip
    redirect_to_https: Annotated[int, Option(
        PORT, "Send clients without TLS to this port, where they reach --listen-tls.",
        "Off by default, because a port in front may be another one, and a wrong redirect is remembered.",
        default="serve them", group="TLS",
    )] = 0  # fmt: skip
    rate_limit_store: Annotated[StoreAddress | None, Option(
        STORE, "Redis or Valkey, in which all workers of the fleet count the requests of rate limits.",
        "Without it each worker grants its share. See [shared rate limits](../shared-rate-limits.md).",
        default="none", group="Rate limits",
    )] = None  # fmt: skip
    rate_limit_store_password_file: Annotated[str, Option(
        FILE, "The file with the store's password, read at each connection.",
        "In an option or a variable others could read it.",
        default="none", group="Rate limits",
    )] = ""  # fmt: skip
    rate_limit_store_ca_file: Annotated[str, Option(
        FILE, "The CAs that may have signed the certificate of a rediss:// store, in PEM.",
        default="the system's", group="Rate limits",
    )] = ""  # fmt: skip
    limits: Limits = Limits()
    connection_memory_bytes: Annotated[int | None, Option(
        BYTES, "For all that the connections of one worker make it keep; beyond it, the largest and oldest end.",
        "See [memory for connections](#memory-for-connections).",
        spelling="--connection-memory", default="by the memory that may be used", group="Limits",
    )] = None  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse settings that don't go together."""
        if self.certificates and self.listen_tls is None:
            raise ValueError("--certificates needs --listen-tls: without TLS none is shown")
        if self.tls_client_ca and self.listen_tls is None:
            raise ValueError("--tls-client-ca needs --listen-tls: without TLS no client has a certificate")
        if self.tls_client_ca and self.tls_client_validation == "required" and not self.redirect_to_https:
            raise ValueError(
                "--tls-client-validation required needs --redirect-to-https: --listen would serve clients without TLS, "
                "and so without a certificate"
            )
        if self.redirect_to_https and self.listen_tls is None:
            raise ValueError("--redirect-to-https needs --listen-tls: there is no other place to send clients to")
        if self.rate_limit_store is not None and importlib.util.find_spec("redis") is None:
            raise ValueError("--rate-limit-store needs the package redis: pip install 'postern-gateway[redis]'")
        if self.rate_limit_store is None and (self.rate_limit_store_password_file or self.rate_limit_store_ca_file):
            raise ValueError("the files of a store need --rate-limit-store")

    def worker_memory_bytes(self) -> int:
        """Return how much one worker may keep for its connections."""
        return self.connection_memory_bytes or memory_for_connections(self.workers)


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    """Read the command line (None: this process's) and the environment; a mistake ends the process with status 2."""
    # Not at the top: workers get their settings as a value, and do without click.
    from postern_kit.options import read_command_line  # noqa: PLC0415

    return read_command_line(
        Settings,
        arguments,
        program="python -m postern_dataplane",
        prefix=PREFIX,
        help_="Serve the snapshot in a folder: let requests with a valid token through, refuse the others.",
    )
