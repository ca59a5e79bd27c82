"""The header fields of every response of a console. Pure."""

from __future__ import annotations

from types import MappingProxyType

# Nothing inline, nothing from elsewhere, no frame around it and none within.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

SECURITY_HEADERS = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        # Not no-referrer, with which a browser sends `Origin: null` beside a form (Fetch, section 3.1).
        "Referrer-Policy": "same-origin",
        "Server": "postern",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
