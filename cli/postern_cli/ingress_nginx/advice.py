"""What to do about an annotation that no field says, and what goes with one that is dropped."""

from __future__ import annotations

import re

from postern_core.link.ingress_annotations import OF_NGINX

# By patterns of names; what is not here is as for an Ingress of ours.
INSTEAD = {
    "auth-(type|secret|secret-type|realm)": (
        "no password is checked here; write Consumers and JWTCredentials, and auth.jwt of the Service"
    ),
    "auth-tls-.*": (
        "a gateway asks for client certificates as a whole; give these hosts a gateway of their own with"
        " tls.clientValidation"
    ),
    "ssl-passthrough": "TLS ends at the gateway, which has no way around that",
    "auth-(?!proxy-).*|auth-proxy-set-headers|enable-global-auth": (
        "no service is asked about each request; for tokens of an identity provider write a TokenIssuer and"
        " auth.jwt.tokenIssuers, and for browsers that log in keep oauth2-proxy between gateway and application"
    ),
    "satisfy": "an address never stands in for a token; write two Services, or one of the two conditions",
    "limit-connections": "connections are not limited by client; write a rateLimit",
    "limit-rate(-after)?": "responses are not slowed down here",
    "global-rate-limit.*": "write a rateLimit, which counts for the whole gateway",
    "custom-headers": "write responseHeaders of the Service",
    "custom-http-errors": "answers of the application are never replaced; have it send its own pages",
    "proxy-cookie-.*|proxy-redirect-.*": (
        "restorePathPrefix of a Service maps Location and cookies of an application below a pathPrefix"
    ),
}
# Without these a request is answered by the same application as before, if not as fast, or in the same log.
DROPPED = {
    "affinity(-.*)?|session-cookie-.*": (
        "is dropped: each request may reach another pod, so that sessions in the memory of one need a store"
    ),
    "default-backend": "is dropped: without a ready endpoint the answer is 503, whose body is for responses to say",
    "x-forwarded-prefix": "is dropped: X-Forwarded-Prefix is sent for the pathPrefix of a Service",
    "ssl-(ciphers|prefer-server-ciphers)": "is dropped: the settings of TLS are those of the gateway",
    "relative-redirects|use-port-in-redirects": "is dropped: a redirect is absolute, with the port of the client",
    "load-balance|upstream-hash-by.*|service-upstream|proxy-buffering|proxy-buffers-number|proxy-buffer-size"
    "|proxy-busy-buffers-size|proxy-request-buffering|proxy-max-temp-file-size|client-body-buffer-size"
    "|proxy-http-version|connection-proxy-header|http2-push-preload|preserve-trailing-slash"
    "|enable-(access|rewrite)-log|enable-(opentracing|opentelemetry|influxdb)|influxdb-.*"
    "|(opentracing|opentelemetry)-.*|disable-proxy-intercept-errors": "only tunes nginx, and is dropped",
}


def dropped(name: str) -> str:
    """What goes with an annotation that is dropped, "" for any other."""
    return next((reason for names, reason in DROPPED.items() if re.fullmatch(names, name)), "")


def instead_of(name: str) -> str:
    """What to do about an annotation that has no equal."""
    own = [instead for names, instead in INSTEAD.items() if re.fullmatch(names, name)]
    shared = [entry.instead for entry in OF_NGINX if entry.names.fullmatch(name)]
    return next(iter(own + shared), "has no equal that is exact; write a Service and Routes of postern.dev by hand")
