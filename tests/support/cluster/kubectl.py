"""kubectl, as tests call it, and what they ask of it most often."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

import raw

from .pki import write_private
from .shared import Api

TIMEOUT_S = 120


class Kubectl:
    """Calls kubectl as one user of one cluster; `kubectl("get", "psvc")` gives the finished process."""

    def __init__(self, api: Api, cache: Path, kubeconfig: Path | None = None) -> None:
        self._api = api
        self._cache = cache
        self.kubeconfig = kubeconfig or api.kubeconfig

    def __call__(
        self,
        *arguments: str | Path,
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        check: bool = False,
        timeout_s: float = TIMEOUT_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run it; with `check` a failure raises, with what kubectl said."""
        done = subprocess.run(
            [self._api.kubectl, "--kubeconfig", self.kubeconfig, *arguments],
            input=input,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            # Without a cache of its own it would take what it once learnt about kinds from the user's.
            env={**os.environ, "KUBECACHEDIR": str(self._cache)},
        )
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr}")
        return done

    def apply(self, *manifests: dict[str, Any], options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Apply manifests, server side; the caller looks at what came of it."""
        text = yaml.safe_dump_all(manifests, sort_keys=False)
        return self("apply", "--server-side", "--field-manager=tests", "--filename=-", *options, input=text)

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        """One object, as the server has it."""
        done = self("get", kind, name, f"--namespace={namespace}", "--output=json", check=True)
        return dict(json.loads(done.stdout))

    def until_gone(self, kind: str, *names: str, namespace: str = "", patience_s: float = 60) -> None:
        """Wait until these objects are gone, without a name all of a kind.

        kubectl's own waiting at times misses that they are gone already, and goes on.
        """
        asked = ("get", kind, *names, *([f"--namespace={namespace}"] if namespace else ()))

        def are_gone() -> bool:
            return not self(*asked, "--ignore-not-found", "--output=name", check=True).stdout

        raw.until(are_gone, f"{kind} {', '.join(names) or '(all)'} to go", patience_s)

    def delete_crds(self, *names: str) -> None:
        """Delete these CRDs, without a name all, and wait until they are gone.

        Where the storage of a kind is just being made, the API server fails to empty it, and tries again only when its
        CRD changes, else after minutes: so it is changed.
        """
        self("delete", "crd", *(names or ("--all",)), "--wait=false", check=True)

        def are_gone() -> bool:
            left = self("get", "crd", *names, "--ignore-not-found", "--output=name", check=True).stdout.split()
            if left:
                self("annotate", "--overwrite", *left, f"tests.postern.dev/asked-at={time.monotonic()}")
            return not left

        raw.until(are_gone, f"CRDs {', '.join(names) or '(all)'} to go", patience_s=60)

    def as_account(self, namespace: str, name: str, path: Path) -> Kubectl:
        """The same cluster with the rights of a service account, whose kubeconfig is written to `path`."""
        return Kubectl(self._api, self._cache, service_account_kubeconfig(self, namespace, name, path))


def service_account_kubeconfig(kubectl: Kubectl, namespace: str, name: str, path: Path) -> Path:
    """Write a kubeconfig with which a process is a service account, and no more; the account is made if need be."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}
    done = kubectl.apply(account)
    assert done.returncode == 0, done.stderr
    token = kubectl("create", "token", name, f"--namespace={namespace}", "--duration=2h", check=True).stdout.strip()
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "--output=json", check=True).stdout)
    config["users"] = [{"name": name, "user": {"token": token}}]
    config["contexts"][0]["context"] |= {"user": name, "namespace": namespace}
    write_private(path, json.dumps(config).encode())
    return path
