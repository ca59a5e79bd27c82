"""An installation in a cluster where Pods run, made once and asked by all tests of this folder, in the order of files.

Only `make e2e` runs them, one after the other: they measure what a client sees
while everything is being replaced.
"""

from __future__ import annotations

import os

import pytest

from cluster.places import a_place
from cluster.sources import NoCluster
from in_cluster import ROOT, InCluster

MANIFESTS = ROOT / "tests" / "e2e" / "manifests"

if not os.environ.get("POSTERN_E2E"):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def place(say):
    """A cluster with the images in it: two tags of Postern's for an upgrade, and the application."""
    wheels = list((ROOT / "dist").glob("postern_gateway-*.whl"))
    assert len(wheels) == 1, f"make e2e builds the wheel first; there are {len(wheels)} in dist"
    try:
        with a_place(say) as place:
            httpbin = ROOT / "tests" / "e2e" / "httpbin"
            place.load(place.images.build(httpbin / "Dockerfile", httpbin, "localhost/httpbin:1", {}))
            for tag in ("1", "2"):
                name = f"localhost/postern:{tag}"
                place.load(place.images.build(ROOT / "Dockerfile", ROOT, name, {"VERSION": tag}))
            yield place
    except NoCluster as missing:
        pytest.skip(f"needs {missing}")


@pytest.fixture(scope="session")
def cluster(place, tmp_path_factory, say):
    """The chart installed with its defaults, the application, and the Pod that asks."""
    cluster = InCluster(place, tmp_path_factory.mktemp("e2e"), say)
    cluster.kubectl("create", "namespace", "demo", check=True)
    program = ROOT / "tests" / "e2e" / "client" / "client.py"
    cluster.kubectl("create", "configmap", "client", "--namespace=demo", f"--from-file={program}", check=True)
    for name in ("httpbin", "client"):
        cluster.apply(MANIFESTS / f"{name}.yaml")
    say("helm install ...")
    cluster.upgrade("image.tag=1")
    cluster.kubectl("wait", "--for=condition=Ready", "pods", "--all", "--namespace=demo", "--timeout=60s", check=True)
    return cluster


@pytest.fixture(scope="session")
def walkthrough(cluster, say):
    """The walkthrough's objects, Ready; gives a token of `oiloil`."""
    say("kubectl apply, kubectl wait --for=condition=Ready ...")
    cluster.apply(MANIFESTS / "walkthrough.yaml")
    cluster.wait_ready("services", "routes", "consumers", "jwtcredentials")
    return cluster.token("--claim=user=oiloil", "--claim=age=18")
