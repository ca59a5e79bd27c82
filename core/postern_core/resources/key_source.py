"""Where the keys of a TokenIssuer come from, and how they are fetched."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta

from .rules import ABSOLUTE_URL, Rule, has_exactly_one_of
from .types import Duration, Name, Port, Spec, Text
from .upstream_tls import CertificateRef

# OpenID Connect Discovery 1.0, section 4.
DISCOVERY_PATH = "/.well-known/openid-configuration"

# The user and password of a URL, its query and its fragment; also of one that can't be read as a URL.
_SECRETS_OF_URL = re.compile(r"(?<=//)[^/?#]*@|[?#].*", re.DOTALL)

URL_RULES = (
    Rule(
        "url_is_not_one_of_keys",
        f"!has(self.url) || self.url.matches(r'{ABSOLUTE_URL}')",
        "must be absolute, http:// or https:// and a host, without a user or password",
        ".url",
    ),
    Rule(
        "url_is_not_one_of_keys",
        "!has(self.url) || !self.url.contains('#')",
        "must not contain a fragment",
        ".url",
    ),
)
URL_BOUND = 2048


class KeySetRef(Spec, frozen=True):
    """Where a JWK Set is kept: an entry of a ConfigMap or Secret in this namespace."""

    name: Annotated[
        Name,
        Meta(description="The name of the ConfigMap or Secret; a Secret MUST be meant for keys."),
    ]
    key: Annotated[Text, Meta(description="The entry that holds the JWK Set. Example: jwks.json.")]
    kind: Annotated[
        Literal["ConfigMap", "Secret"],
        Meta(description="The kind of the object that holds it; public keys need no Secret. Default: ConfigMap."),
    ] = "ConfigMap"


class Discovery(Spec, frozen=True):
    """The issuer's discovery document (OpenID Connect Discovery 1.0, RFC 8414), which names where its keys are.

    It must name the issuer itself too, exactly as it is in its tokens.
    """

    RULES = URL_RULES

    url: (
        Annotated[
            str,
            Meta(
                max_length=URL_BOUND,
                description="The document, where it is not at the usual place. "
                "Example: https://login.example.com/.well-known/oauth-authorization-server/realms/shop. "
                f"Default: the issuer with {DISCOVERY_PATH} behind it.",
            ),
        ]
        | None
    ) = None


class KubernetesKeys(Spec, frozen=True):
    """The keys of this cluster's API server, which signs the tokens of ServiceAccounts."""


class IssuerKeys(Spec, frozen=True):
    """Where the issuer's public keys come from: exactly one of discovery, url, kubernetes and ref MUST be given."""

    RULES = (
        Rule(
            "keys_are_not_exactly_one",
            has_exactly_one_of("discovery", "url", "kubernetes", "ref"),
            "must have exactly one of discovery, url, kubernetes and ref",
        ),
        *URL_RULES,
    )

    discovery: (
        Annotated[
            Discovery,
            Meta(
                description="The discovery document of the issuer says where its keys are. An empty block, {}, takes "
                "the one at the usual place."
            ),
        ]
        | None
    ) = None
    url: (
        Annotated[
            str,
            Meta(
                max_length=URL_BOUND,
                description="A JWK Set (RFC 7517) at this URL. "
                "Example: https://login.example.com/realms/shop/protocol/openid-connect/certs.",
            ),
        ]
        | None
    ) = None
    kubernetes: (
        Annotated[
            KubernetesKeys,
            Meta(
                description="The keys by which this cluster's API server signs the tokens of ServiceAccounts; it names "
                "the issuer too, so that issuer MUST be left out. Write {}."
            ),
        ]
        | None
    ) = None
    ref: (
        Annotated[
            KeySetRef,
            Meta(
                description="A JWK Set (RFC 7517) in a ConfigMap or Secret, as the issuer publishes it. A change of it "
                "is in force without touching this object. Keys for other uses or algorithms are passed over; a "
                "private key anywhere refuses the whole set."
            ),
        ]
        | None
    ) = None


class FetchService(Spec, frozen=True):
    """Kubernetes' own Service that is dialled in place of the URL's host."""

    name: Annotated[Name, Meta(description="The name of the Service of Kubernetes, in this namespace.")]
    port: Annotated[Port, Meta(description="The port of the Service, 1 to 65535.")]


class Fetch(Spec, frozen=True):
    """How keys are fetched; durations are written 30s, 5m or 1h30m."""

    RULES = (
        Rule(
            "fetch_is_out_of_bounds",
            "duration(self.refresh) >= duration('1m') && duration(self.refresh) <= duration('24h')",
            "must be 1m to 24h",
            ".refresh",
        ),
        Rule(
            "fetch_is_out_of_bounds",
            "duration(self.timeout) >= duration('100ms') && duration(self.timeout) <= duration('30s')",
            "must be 100ms to 30s",
            ".timeout",
        ),
        Rule(
            "fetch_is_out_of_bounds",
            "duration(self.maxStale) == duration('0s') || duration(self.maxStale) >= duration(self.refresh)",
            "must be 0s, or no shorter than refresh",
            ".maxStale",
        ),
    )

    refresh: Annotated[
        Duration,
        Meta(
            description="How often the keys are fetched, 1m to 24h, up to ten percent earlier. Cache-Control of the "
            "answer may shorten it, to a minute at the least. Example: 1h. Default: 10m."
        ),
    ] = "10m"
    timeout: Annotated[
        Duration,
        Meta(
            description="How long one fetch may take, from the resolving of the name to the last byte; 100ms to 30s. "
            "Default: 5s."
        ),
    ] = "5s"
    max_stale: Annotated[
        Duration,
        Meta(
            description="How long the last good keys serve when they can't be fetched anew; from then on its tokens "
            "get 503. 0s: without an end. Example: 72h. Default: 24h."
        ),
    ] = "24h"
    insecure: Annotated[
        bool,
        Meta(
            description="Let the URLs be http. A machine on the way can then replace the keys and forge every token; "
            "it SHOULD NOT be set but for experiments. Default: false."
        ),
    ] = False
    ca_certificate_ref: (
        Annotated[
            CertificateRef,
            Meta(description="The CAs to trust, in place of the system's. Default: none, the system's are trusted."),
        ]
        | None
    ) = None
    service: (
        Annotated[
            FetchService,
            Meta(
                description="A Service of Kubernetes that is dialled in place of what the URL's host resolves to, for "
                "an identity provider in this cluster; TLS asks for the host of the URL all the same. It stands for "
                "that host alone, and lets the URL be http. Default: none, the host is resolved."
            ),
        ]
        | None
    ) = None


def shown_url(url: str) -> str:
    """Return a URL for people: without a user, a password or a query, which may be secrets."""
    return _SECRETS_OF_URL.sub("", url)


def discovery_url(issuer: str, discovery: Discovery) -> str:
    """Return where the discovery document of an issuer is."""
    # OpenID Connect Discovery 1.0, section 4.1: "any terminating / MUST be removed before appending".
    return discovery.url if discovery.url is not None else issuer.removesuffix("/") + DISCOVERY_PATH
