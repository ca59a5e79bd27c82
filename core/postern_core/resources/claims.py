"""Claims in an `auth.jwt` block: what they must hold, and how they go upstream."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from postern_core.header_names import RESERVED

from .rules import Rule, has_exactly_one_of, is_one_of_headers
from .types import PRINTABLE_PATTERN, HeaderName, Scalar, Spec, Text

ClaimPath = Annotated[tuple[Text, ...], Meta(min_length=1, max_length=8)]
ClaimValues = Annotated[tuple[Scalar, ...], Meta(min_length=1, max_length=64)]


class AllowedClaim(Spec, frozen=True):
    """A claim that must hold one, or all, of the listed values.

    A text, number or boolean is compared whole, and so is each element of a list; true is the text `true`, and 18 is
    18.0 and the text `18`. The claims scope and scp are also split at spaces, for they are lists by definition
    (RFC 8693, section 4.2). Nothing else matches.
    """

    RULES = (
        Rule(
            "claim_is_not_exactly_one",
            has_exactly_one_of("name", "path"),
            "must have exactly one of name and path",
        ),
    )
    ONE_OF = ("anyOf", "allOf")

    name: (
        Annotated[
            Text,
            Meta(description="The name of the claim, dots and all. Examples: scope, https://example.com/roles."),
        ]
        | None
    ) = None
    path: (
        Annotated[
            ClaimPath,
            Meta(
                description="Where the claim is, a member of an object within the one before, instead of a name. "
                "Example: [realm_access, roles]."
            ),
        ]
        | None
    ) = None
    any_of: (
        Annotated[
            ClaimValues,
            Meta(description="The values of which the claim must hold one at least. Examples: [read, admin], [true]."),
        ]
        | None
    ) = None
    all_of: (
        Annotated[
            ClaimValues,
            Meta(description="The values that the claim must hold, all of them. Example: [read, write]."),
        ]
        | None
    ) = None


class ForwardedClaim(Spec, frozen=True):
    """A claim that goes upstream in a header of its own; exactly one of claim and path MUST be given."""

    RULES = (
        Rule(
            "forwarded_claim_is_not_exactly_one",
            has_exactly_one_of("claim", "path"),
            "must have exactly one of claim and path",
        ),
        Rule(
            "forwarded_header_is_reserved",
            f"!{is_one_of_headers('self.header', RESERVED)}",
            "is set by the gateway or by HTTP itself; choose another",
            ".header",
        ),
    )

    header: Annotated[
        HeaderName,
        Meta(
            description="The header that carries it. What a client sends under this name, or under another spelling of "
            "it, is removed on every Route of the Service. Example: X-User."
        ),
    ]
    claim: (
        Annotated[
            Text,
            Meta(
                description="The name of the claim, dots and all. A text, number or boolean is sent; where it is "
                "another thing, missing or empty, the header is left out. Example: sub."
            ),
        ]
        | None
    ) = None
    path: (
        Annotated[
            ClaimPath,
            Meta(
                description="Where the claim is, a member of an object within the one before, instead of a name. "
                "Example: [tenant, id]."
            ),
        ]
        | None
    ) = None
    join: (
        Annotated[
            str,
            Meta(
                pattern=PRINTABLE_PATTERN,
                min_length=1,
                max_length=8,
                description="What stands between the elements of a list, which is sent only with this. Where one of "
                "them holds it or can't be sent, and of more than 256, the header is left out. "
                'Example: ",". Default: none, a list is left out.',
            ),
        ]
        | None
    ) = None
    encoding: Annotated[
        Literal["Plain", "Percent", "Base64"],
        Meta(
            description="How a value, or each element of a list, is written. Plain: as it is; where it is not "
            "printable ASCII, or begins or ends with a space, the header is left out. Percent: its UTF-8 with %XX for "
            "all but letters, digits and -._~ (RFC 3986, section 2.1). Base64: its UTF-8 in the standard alphabet with "
            "padding. Default: Plain."
        ),
    ] = "Plain"
