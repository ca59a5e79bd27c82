"""The fetched keys of issuers as ConfigMaps of the operator's own namespace, so that they outlive every replica.

The leading replica writes them.  Each replica reads one when it first needs it, and all again when it begins to lead.
What can write them can forge tokens, as what can write the published snapshot can.
"""

from __future__ import annotations

import logging
from typing import Any

from kubernetes.aio.client import ApiClient
from kubernetes.aio.client.exceptions import ApiException

from postern_kit.logs import described
from postern_operator.issuer_keys.fetch import FetchedKeys
from postern_operator.issuer_keys.kept import decode_kept, encode_kept
from postern_operator.issuer_keys.source import KeySource

from .api.reader import API_ERRORS, get_object
from .api.resource_types import CONFIG_MAPS
from .api.writer import Writer
from .errors import ClusterError, NotLeadingError, RefusedError, UnreachableError

log = logging.getLogger("postern.kept_keys")

PREFIX = "postern-jwks-"
ENTRY = "keys.json"


class KeptKeys:
    """A `KeyStore` in a namespace; what can't be written is logged, and tried again with the next fetch."""

    def __init__(self, api: ApiClient, writer: Writer, namespace: str) -> None:
        self._api = api
        self._writer = writer
        self._namespace = namespace

    async def read(self, source: KeySource) -> FetchedKeys | None:
        """Return what was kept last, None where there is none, or where it may not be read at all.

        Raises `UnreachableError` for what will pass: with keys that are only not read yet, nothing may be published.
        """
        try:
            found = await self._get(source)
        except ApiException as error:
            if not RefusedError("", error.status or 0).is_lasting:
                raise UnreachableError(f"GET {PREFIX}{source.id}: {error.status}") from None
            log.warning("kept keys can't be read", extra={"fields": {"source": source.place} | described(error)})
            return None
        except API_ERRORS as error:
            raise UnreachableError(f"GET {PREFIX}{source.id}: {type(error).__name__}") from None
        content = ((found or {}).get("data") or {}).get(ENTRY)
        return decode_kept(content.encode()) if isinstance(content, str) else None

    async def keep(self, source: KeySource, keys: FetchedKeys) -> None:
        """Keep this instead; nothing is written by a replica that doesn't lead."""
        name = PREFIX + source.id
        metadata = {
            "name": name,
            "namespace": self._namespace,
            "labels": {"app.kubernetes.io/managed-by": "postern"},
            "annotations": {"postern.dev/keys-of": source.place},
        }
        manifest = {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {ENTRY: encode_kept(keys).decode()}
        }  # fmt: skip
        try:
            await self._writer.apply(CONFIG_MAPS.path(self._namespace, name), manifest)
        except NotLeadingError:
            return
        except ClusterError as error:
            fields = {"source": source.place, "error": str(error)}
            log.warning("keys can't be kept, a restart would lose them", extra={"fields": fields})

    async def drop(self, source: KeySource) -> None:
        """Delete the ConfigMap of a source."""
        try:
            found = await self._get(source)
            if found is not None:
                path = CONFIG_MAPS.path(self._namespace, PREFIX + source.id)
                await self._writer.delete(path, str(found["metadata"].get("uid", "")))
        except NotLeadingError:
            return
        except (ClusterError, *API_ERRORS) as error:
            log.warning("kept keys can't be deleted", extra={"fields": {"source": source.place} | described(error)})

    async def _get(self, source: KeySource) -> dict[str, Any] | None:
        return await get_object(self._api, CONFIG_MAPS, self._namespace, PREFIX + source.id)
