"""An authorization server of a test's own: npm's `oidc-provider`, certified for OpenID Connect, on a port of loopback.

Tests only use what is there (`installed`); `python -m oidc_provider` puts it there, by npm and from the lock file.
"""

from __future__ import annotations

import json
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from cluster.processes import Program, free_port
from not_installed import NotInstalled
from npm_packages import PACKAGES, NpmPackages

NPM = NpmPackages(
    "oidc-provider",
    Path(__file__).parents[1] / "providers/oidc_provider",
    ("package.json", "package-lock.json", "server.mjs"),
    "`make providers-test` (downloads 10 MB, once)",
)
START_TIMEOUT_S = 60
TIMEOUT_S = 30


class OidcProvider:
    """A server with keys of its own for each start, and one client; raises `NotInstalled` where there can't be one."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        self._program = Program(["node", installed() / "server.mjs", str(port)], folder / "oidc-provider.log")

    def start(self) -> None:
        """Return once it serves."""
        self._program.start()
        self._program.wait_until(self._is_serving, START_TIMEOUT_S)

    def stop(self) -> None:
        self._program.stop()

    def jwks(self) -> str:
        """What it publishes of its keys."""
        with urllib.request.urlopen(f"{self.issuer}/jwks", timeout=TIMEOUT_S) as answer:
            return str(answer.read().decode())

    def token(self, resource: str, scope: str) -> str:
        """An access token for a resource, as an agent gets it for its own secret."""
        client = {"client_id": "agent", "client_secret": "agents-secret", "grant_type": "client_credentials"}
        content = urllib.parse.urlencode(client | {"resource": resource, "scope": scope}).encode()
        with urllib.request.urlopen(f"{self.issuer}/token", content, timeout=TIMEOUT_S) as answer:
            return str(json.loads(answer.read())["access_token"])

    def _is_serving(self) -> bool:
        try:
            return bool(self.jwks())
        except (urllib.error.URLError, OSError):
            return False


def installed() -> Path:
    """The folder of the server, ready to start; raises `NotInstalled`."""
    if not shutil.which("node"):
        raise NotInstalled(f"Node.js, for oidc-provider: {PACKAGES}")
    return NPM.installed()


def install(say: Callable[[str], object]) -> None:
    """Install it, if it isn't there; raises `NotInstalled`."""
    NPM.install(say)


def main() -> int:
    """Install it where this machine can; returns the exit status of the process."""
    try:
        install(lambda line: sys.stderr.write(f"{line}\n"))
    except NotInstalled as missing:
        sys.stderr.write(f"the tests with oidc-provider are left out, they need {missing}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
