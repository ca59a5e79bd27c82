"""`revoked` of JWTCredential and TokenIssuer: tokens that stop working before they expire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from .types import SET, Name, Spec, Text

Timestamp = Annotated[datetime, Meta(tz=True)]
# Of all inline ids together.
JTIS_BYTES_MAX = 65_536


class JtisFrom(Spec, frozen=True):
    """Where a list of revoked ids is kept: an entry of a ConfigMap or Secret in this namespace, one id a line."""

    name: Annotated[Name, Meta(description="The name of the ConfigMap or Secret.")]
    key: Annotated[Text, Meta(description="The entry that holds the ids, one a line. Example: jtis.txt.")]
    kind: Annotated[
        Literal["ConfigMap", "Secret"],
        Meta(description="The kind of the object that holds it; a Secret MUST be meant for keys. Default: ConfigMap."),
    ] = "ConfigMap"


class Revoked(Spec, frozen=True):
    """Tokens that stop working before they expire; a token is refused where any of them names it."""

    jtis: Annotated[
        tuple[Text, ...],
        Meta(
            max_length=1024,
            description="Values of the claim `jti` (RFC 7519, section 4.1.7); a token with one of them is refused. "
            "They are compared whole. Together they MUST NOT have more than 65,536 bytes; longer lists belong in "
            "jtisFrom. Default: none.",
            extra_json_schema=SET,
        ),
    ] = ()
    jtis_from: (
        Annotated[
            JtisFrom,
            Meta(
                description="A list of more such values, up to 10,000, kept in another object; empty lines count for "
                "nothing. A change of the list is in force without touching this object. "
                "While it can't be read, none of these tokens passes. Default: none."
            ),
        ]
        | None
    ) = None
    issued_before: (
        Annotated[
            Timestamp,
            Meta(
                description="Tokens that were issued (`iat`) before this time are refused, and tokens without `iat` "
                'are, too; RFC 3339 with zone. Example: "2026-01-01T00:00:00Z". Default: none.'
            ),
        ]
        | None
    ) = None
