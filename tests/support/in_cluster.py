"""The tests' hands in a cluster where Pods run: kubectl, helm, the gateway as a client sees it, and a constant load."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.kubectl import Kubectl
from cluster.places import Place
from cluster.shared import Api

ROOT = Path(__file__).parents[2]
RELEASE, OPERATOR_NAMESPACE, GATEWAY_NAMESPACE = "postern", "postern-system", "postern-default"
OPERATOR, PROXY = "deployment/postern-operator", "deployment/postern-default"
HOST = "auth.httpbin.org"
GATEWAY = "http://postern-default.postern-default"
CLIENT = "/api/v1/namespaces/demo/pods/client:8080/proxy"
TIMEOUT_S = 180


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said; headers by their names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class InCluster:
    """One cluster, with Postern and the application in it."""

    def __init__(self, place: Place, folder: Path, say: Callable[[str], object]) -> None:
        self._place = place
        self._folder = folder
        self._say = say
        self.kubectl = Kubectl(Api(place.kubeconfig, place.kubectl), folder)

    def helm(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run helm; a failure raises, with what it said."""
        environment = {
            **os.environ,
            "KUBECONFIG": str(self._place.kubeconfig),
            **{f"HELM_{kind}_HOME": str(self._folder / "helm") for kind in ("CACHE", "CONFIG", "DATA")},
        }
        done = subprocess.run(
            [self._place.helm, *arguments], capture_output=True, text=True, check=False, timeout=600, env=environment
        )
        if check and done.returncode:
            raise AssertionError(f"helm {' '.join(arguments)}: {done.stderr}\n{self.what_is_wrong()}")
        return done

    def upgrade(self, *values: str) -> None:
        """Install or upgrade the chart with these values, as `--set` takes them, and wait until that is done."""
        settings = [f"--set={value}" for value in ("image.repository=localhost/postern", *values)]
        chart = str(ROOT / "helm" / "postern")
        self.helm("upgrade", "--install", RELEASE, chart, f"--namespace={OPERATOR_NAMESPACE}", "--create-namespace",
                  "--reset-values", "--wait", "--timeout=5m", *settings)  # fmt: skip

    def plugin(self, *arguments: str) -> str:
        """Run `kubectl postern ...` as a user would, and give what it prints."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            [self._place.kubectl, "postern", *arguments],
            env={**os.environ, "PATH": path, "KUBECONFIG": str(self._place.kubeconfig)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def token(self, *options: str) -> str:
        """A token of the walkthrough's credential, good for an hour."""
        return self.plugin("token", "--credential=oiloil", "--namespace=demo", "--ttl=1h", *options)

    def apply(self, path: Path) -> None:
        """Apply a file or folder of manifests, as a user would."""
        self.kubectl("apply", f"--filename={path}", check=True)

    def wait_ready(self, *kinds: str, timeout_s: int = 60) -> None:
        """Wait until all our objects of these kinds are Ready at their present generation."""
        for kind in kinds:
            self.kubectl("wait", "--for=condition=Ready", f"--timeout={timeout_s}s", "--namespace=demo",
                         f"{kind}.postern.dev", "--all", check=True)  # fmt: skip

    def ask(
        self, url: str = f"{GATEWAY}/v1/json", token: str = "", headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        """Send one request from within the cluster."""
        got = self._tell("ask", {"url": url, "headers": request_headers(token) | (headers or {}), **more})
        assert "error" not in got, got
        return Answer(got["status"], got["headers"], base64.b64decode(got["body"]))

    def certificate(self, server_name: str, ca: str) -> str:
        """The serial number of the certificate that a new handshake is shown; "" where it fails."""
        host = GATEWAY.removeprefix("http://")
        return str(self._tell("certificate", {"host": host, "server_name": server_name, "ca": ca}).get("serial", ""))

    @contextmanager
    def load(self, what: str, token: str, url: str = f"{GATEWAY}/v1/json", **more: Any) -> Iterator[None]:
        """Ask constantly while the context lasts; then say how it went, and fail if any request failed."""
        asked = {"url": url, "headers": request_headers(token), **more}
        self._tell("load", {**asked, "begin": True})
        self.until("the load has begun", lambda: self._counts()["sent"] > 0)
        try:
            yield
        finally:
            counts = self._tell("stop", {})
            self._say(f"{what}: {counts['sent']} requests, failed: {counts['failed']}, longest {counts['longest_s']} s")
        assert (0, []) == (counts["failed"], counts["examples"]), counts

    def change_load(self, token: str) -> None:
        """Let the load send another token from now on."""
        self._tell("load", {"url": f"{GATEWAY}/v1/json", "headers": request_headers(token)})

    def roll(self, deployment: str, namespace: str) -> None:
        """Replace all Pods of a Deployment, and wait until that is done."""
        self.kubectl("rollout", "restart", deployment, f"--namespace={namespace}", check=True)
        self.rolled(deployment, namespace)

    def rolled(self, deployment: str, namespace: str) -> None:
        """Wait until a Deployment is as it should be, and its old Pods are gone."""
        self.kubectl("rollout", "status", deployment, f"--namespace={namespace}", f"--timeout={TIMEOUT_S}s", check=True,
                     timeout_s=TIMEOUT_S + 10)  # fmt: skip
        self.until("old Pods are gone", lambda: not [pod for pod in self.pods(namespace) if ends(pod)])

    def pods(self, namespace: str, selector: str = "") -> list[dict[str, Any]]:
        """The Pods of a namespace."""
        done = self.kubectl(
            "get", "pods", f"--namespace={namespace}", f"--selector={selector}", "--output=json", check=True
        )
        return list(json.loads(done.stdout)["items"])

    def metrics(self, pod: dict[str, Any]) -> str:
        """What a data-plane Pod tells Prometheus."""
        path = f"/api/v1/namespaces/{GATEWAY_NAMESPACE}/pods/{pod['metadata']['name']}:9081/proxy/metrics"
        return self.kubectl("get", "--raw", path, check=True).stdout

    def until(self, what: str, is_so: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> None:
        """Wait until something is so; a failure says what is wrong in the cluster."""
        end = time.monotonic() + timeout_s
        while not is_so():
            assert time.monotonic() < end, f"{what}: not within {timeout_s} s\n{self.what_is_wrong()}"
            time.sleep(0.25)

    def what_is_wrong(self) -> str:
        """What a person would look at first."""
        looked = [("get", "pods", "-A", "-o", "wide"), ("get", "events", "-A", "--sort-by=.lastTimestamp")]
        looked += [
            ("logs", deployment, f"--namespace={namespace}", "--all-containers", "--tail=15")
            for deployment, namespace in ((OPERATOR, OPERATOR_NAMESPACE), (PROXY, GATEWAY_NAMESPACE))
        ]
        return "\n".join(self.kubectl(*arguments).stdout[-4000:] for arguments in looked)

    def _counts(self) -> dict[str, Any]:
        return dict(json.loads(self.kubectl("get", "--raw", f"{CLIENT}/counts", check=True).stdout))

    def _tell(self, path: str, what: dict[str, Any]) -> dict[str, Any]:
        done = self.kubectl("create", "--raw", f"{CLIENT}/{path}", "--filename=-", input=json.dumps(what), check=True)
        return dict(json.loads(done.stdout))


def request_headers(token: str) -> dict[str, str]:
    """What every request of the walkthrough has."""
    return {"Host": HOST} | ({"Authorization": f"Bearer {token}"} if token else {})


def ends(pod: dict[str, Any]) -> bool:
    """Whether a Pod is being deleted."""
    return "deletionTimestamp" in pod["metadata"]
