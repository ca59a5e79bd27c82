"""What tests of certificates share: an authority, and folders as a mounted Secret has them."""

from __future__ import annotations

from functools import partial

import pytest

from certificates import Authority
from postern_dataplane.certificates.tls_context import server_context


@pytest.fixture(scope="session")
def authority():
    return Authority("test CA")


@pytest.fixture
def make_context():
    return partial(server_context, "1.2")


@pytest.fixture
def put(tmp_path):
    """Writes a pair into a folder of this name below `tmp_path`."""

    def write(name, pair):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "tls.crt").write_bytes(pair.chain)
        (tmp_path / name / "tls.key").write_bytes(pair.key)
        return tmp_path / name

    return write
