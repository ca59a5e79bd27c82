"""An installation that serves one open route under load, and edits that show whether it still follows."""

from __future__ import annotations

import itertools
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import manifests
import raw
from installation import Installation
from load import Load

HOST = "app.example.com"
# How soon an edit must be in effect once everything is there again.
SOON_S = 20.0


def open_route(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    """A public route for `/<name>`."""
    paths = [{"type": "Exact", "value": f"/{name}"}]
    return manifests.route(name, namespace, **{"paths": paths, "auth": {"jwt": {"mode": "Disabled"}}} | spec)


class LoadedGateway:
    """A whole installation whose route `/x` is asked for constantly."""

    def __init__(self, installation: Installation, kubectl: Any, namespace: str) -> None:
        self.installation = installation
        self.kubectl = kubectl
        self.namespace = namespace
        self._edits = itertools.count()

    def serve(self, upstream: str, namespace: str = "", host: str = HOST) -> None:
        """Declare the Service `app` with the open route `/x`, and wait until it answers."""
        namespace = namespace or self.namespace
        self.apply(
            manifests.service("app", namespace, hosts=[host], upstream={"url": upstream}), open_route("x", namespace)
        )
        self.installation.until_status(200, host, "/x")

    def apply(self, *objects: dict[str, Any]) -> None:
        done = self.kubectl.apply(*objects)
        assert done.returncode == 0, done.stderr

    def load(self, host: str = HOST, path: str = "/x") -> Load:
        return Load(lambda: self.installation.get(host, path).status)

    def edit(self, within_s: float = SOON_S) -> str:
        """Apply one more route, and wait until it serves; gives its name."""
        name = f"edit-{next(self._edits)}"
        self.apply(open_route(name, self.namespace))
        self.until(200, f"/{name}", within_s)
        return name

    def until(self, status: int, path: str, within_s: float = SOON_S, host: str = HOST) -> None:
        raw.until(lambda: self.installation.get(host, path).status == status, f"{status} for {host}{path}", within_s)

    def why_not_ready(self) -> str:
        """What the operator's `/readyz` says, "" once it is ready."""
        return self._admin("/readyz", lambda error: error.read().decode())

    def metric(self, sample: str) -> float:
        """A sample of the operator, 0 where there is none of that name."""
        found = re.search(rf"^{re.escape(sample)} (\S+)$", self._admin("/metrics"), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def _admin(self, path: str, refused: Callable[[urllib.error.HTTPError], str] = str) -> str:
        address = self.installation.operator.has_said("operator started")["admin"]
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
                return "" if path == "/readyz" else str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return refused(error)
