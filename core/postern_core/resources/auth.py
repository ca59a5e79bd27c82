"""The `auth` block of Service and Route: how requests are authenticated."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .jwt_policy import JWTBlock
from .types import Spec


class Auth(Spec, frozen=True):
    """How requests are authenticated."""

    jwt: Annotated[
        JWTBlock,
        Meta(
            description="Authenticate by JSON Web Token (RFC 7519): what a token must be like, where it is found, and "
            "who may pass. An empty block, {}, is the whole default: a good token of any Consumer of this namespace."
        ),
    ]


# A null is no way to leave `auth` out. The API server drops a null where none is allowed, and what should have been
# protected would be public; so there it is allowed, and the compiler refuses what it finds. No rule can: CEL takes a
# null for an absent field.
NULLABLE = {"nullable": True}
