"""Keeps the Services of the gateways, where clients come: Ingresses have the addresses of the one that serves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from postern_operator.cluster.api.reader import PartialObject
from postern_operator.cluster.settings import Gateway


def service_name(gateway: str) -> str:
    """Return the name that the chart gives to a gateway's Service."""
    return f"postern-{gateway}"


class GatewayServices:
    """The Services by gateway; a feed of all Services.  `changed` is called where one has another spec or status."""

    def __init__(self, gateways: tuple[Gateway, ...], changed: Callable[[], None]) -> None:
        self._gateway_of = {(it.namespace, service_name(it.name)): it.name for it in gateways}
        self._services: dict[str, Mapping[str, Any]] = {}
        self._changed = changed

    def get(self, gateway: str) -> Mapping[str, Any]:
        """Return the Service of a gateway, empty where there is none."""
        return self._services.get(gateway, {})

    def is_wanted(self, heading: PartialObject) -> bool:
        return (heading.namespace, heading.name) in self._gateway_of

    def put(self, manifest: dict[str, Any]) -> None:
        metadata = manifest["metadata"]
        gateway = self._gateway_of[metadata["namespace"], metadata["name"]]
        told = {part: manifest.get(part) or {} for part in ("spec", "status")}
        if self._services.get(gateway) != told:
            self._services[gateway] = told
            self._changed()

    def remove(self, heading: PartialObject) -> None:
        gateway = self._gateway_of.get((heading.namespace, heading.name), "")
        if self._services.pop(gateway, None):
            self._changed()

    def discard(self, heading: PartialObject) -> None:
        """Keep everything: what is wanted is so by its name, which never changes."""

    def listed(self, namespace: str, present: list[PartialObject], _resource_version: str) -> None:
        found = {(heading.namespace, heading.name) for heading in present}
        for own, name in self._gateway_of:
            if namespace in ("", own) and (own, name) not in found:
                self.remove(PartialObject(name, own))
