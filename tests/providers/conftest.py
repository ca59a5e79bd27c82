"""Real identity providers on loopback, and a gateway that takes their tokens.

Where this machine can't have a provider its tests are skipped, with what they need.
"""

from __future__ import annotations

import itertools

import pytest

from gateway import Local
from keycloak.realm import Realm
from keycloak.server import Keycloak
from not_installed import NotInstalled
from upstream import Upstream


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory, say):
    """A Keycloak that serves; there is one for all tests, and each leaves it serving."""
    try:
        server = Keycloak(tmp_path_factory.mktemp("keycloak"))
    except NotInstalled as missing:
        pytest.skip(f"needs {missing}")
    say("starting Keycloak ...")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def new_realm(keycloak):
    """`new_realm()` makes one with people, a service, and keys of its own."""
    numbers = itertools.count(1)

    def make():
        realm = Realm(keycloak.url, f"shop-{next(numbers)}")
        realm.create()
        return realm

    return make


@pytest.fixture(scope="session")
def realm(new_realm):
    """A realm whose keys no test changes."""
    return new_realm()


@pytest.fixture(scope="module")
def upstream():
    """What is behind the gateway."""
    server = Upstream()
    yield server
    server.close()


@pytest.fixture
def gateway(tmp_path):
    """`postern run` on a folder without manifests."""
    started = Local(tmp_path)
    yield started
    started.close()
