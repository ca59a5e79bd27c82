"""The API server as the issuer of tokens of ServiceAccounts: the name that they carry, and the keys that it publishes.

It is asked with the account of the operator, which goes nowhere else: no other source of keys uses this client.
"""

from __future__ import annotations

from kubernetes.aio.client import ApiClient
from kubernetes.aio.client.exceptions import ApiException

from postern_core.resources.key_source import DISCOVERY_PATH
from postern_core.strict_json import DECODER
from postern_operator.issuer_keys.errors import FetchReason, KeyFetchError
from postern_operator.issuer_keys.fetch import AccountKeys
from postern_operator.issuer_keys.http_client import BODY_BYTES_MAX

from .reader import API_ERRORS, get_document

# Which all accounts of a cluster may read, unless an administrator has taken that away.
KEYS_PATH = "/openid/v1/jwks"
RIGHT = "the ClusterRole system:service-account-issuer-discovery"


async def account_keys(api: ApiClient) -> AccountKeys:
    """Return the issuer and the keys of the cluster's ServiceAccounts; raises `KeyFetchError`."""
    try:
        discovered = await get_document(api, DISCOVERY_PATH, BODY_BYTES_MAX)
        keys = await get_document(api, KEYS_PATH, BODY_BYTES_MAX)
    except ApiException as error:
        hint = f"; bind {RIGHT} to the operator" if error.status == 403 else ""
        raise KeyFetchError(FetchReason.UNAVAILABLE, f"answers with status {error.status}{hint}") from None
    except API_ERRORS as error:
        raise KeyFetchError.unexpected(error) from None
    return AccountKeys(_issuer(discovered), keys)


def _issuer(content: bytes) -> str:
    try:
        document = DECODER.decode(content.decode())
    except (ValueError, RecursionError):
        document = None
    issuer = document.get("issuer") if isinstance(document, dict) else None
    if not isinstance(issuer, str) or not issuer:
        raise KeyFetchError(FetchReason.UNAVAILABLE, "its discovery document names no issuer")
    return issuer
