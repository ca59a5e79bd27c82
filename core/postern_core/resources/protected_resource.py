"""`protectedResource` of a Service's `auth.jwt`: how clients find out where to get a token."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .types import SET, Printable, Spec

# RFC 6749, section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
SCOPE_PATTERN = r"^[!#-\[\]-~]+\Z"
DOCUMENTATION_PATTERN = r"^https?://[!#-\[\]-~]+\Z"

Scope = Annotated[str, Meta(pattern=SCOPE_PATTERN, max_length=128)]


class ProtectedResource(Spec, frozen=True):
    """How clients find out where to get a token for this Service (RFC 9728).

    It is published at `/.well-known/oauth-protected-resource` and the Service's pathPrefix, without a token, and each
    challenge names it. The authorization servers are the issuers of tokenIssuers.
    """

    scopes: Annotated[
        tuple[Scope, ...],
        Meta(
            max_length=32,
            description="The scopes that a client should ask for; they are also the scope of each challenge. Which "
            "ones a token must have is for allow to say. Example: [tools.read]. Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()
    name: Annotated[
        Printable, Meta(description="A name that people read. Example: Orders of the shop. Default: none.")
    ] = ""
    documentation: (
        Annotated[
            str,
            Meta(
                pattern=DOCUMENTATION_PATTERN,
                max_length=1024,
                description="The URL of a page for developers. Example: https://docs.example.com/orders. "
                "Default: none.",
            ),
        ]
        | None
    ) = None
