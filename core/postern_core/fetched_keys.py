"""Fetched keys of token issuers as compiling sees them: objects like all others, of a kind that no manifest can have.

Where they come from, and when they count no more, is decided where they are fetched.
"""

from __future__ import annotations

from .parse import Decoded
from .ref import Ref
from .resources.types import Metadata, Resource

KIND = "FetchedKeys"


class FetchedKeys(Resource, frozen=True):
    """What is known of the keys of one issuer: the last good JWK Set, "" where there is none or it has expired.

    `reason` is that of the condition that a failure calls for, "" after a good fetch; `message` says it for people.
    `issuer` is what `iss` of the tokens is, where what publishes the keys says it: the API server does.
    """

    keys: str = ""
    reason: str = ""
    message: str = ""
    issuer: str = ""


def fetched_keys_ref(issuer: Ref) -> Ref:
    """Return by which Ref the fetched keys of an issuer are among the objects."""
    return Ref(KIND, issuer.namespace, issuer.name)


def fetched_keys(
    issuer: Ref, keys: str, reason: str = "", message: str = "", *, named: str = ""
) -> Decoded[FetchedKeys]:
    """Return the object that carries the fetched keys of an issuer, and what `iss` its source has named."""
    metadata = Metadata(name=issuer.name, namespace=issuer.namespace)
    resource = FetchedKeys(metadata=metadata, keys=keys, reason=reason, message=message, issuer=named)
    return Decoded(fetched_keys_ref(issuer), resource)
