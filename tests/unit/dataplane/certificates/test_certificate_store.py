"""The certificates of a folder, and the last good one of each."""

from __future__ import annotations

import os
import shutil

import pytest

from certificates import Pair
from postern_dataplane.certificates import certificate_store as module
from postern_dataplane.certificates.certificate_store import CertificateStore


@pytest.fixture
def store(tmp_path, make_context):
    return CertificateStore(tmp_path, make_context)


def looked(store):
    """What a look finds: folders that were loaded, and those that were refused."""
    scan = store.scan()
    return [one.folder for one in scan.loaded], scan.refused


def test_every_folder_is_a_certificate(store, authority, put):
    """Every folder is a certificate, but not the hidden ones of a volume, nor a file."""
    for name in ("b", "a", "..data"):
        put(name, authority.issue(f"{name}.test"))
    (put("a", authority.issue("a.test")).parent / "file").write_text("")
    assert (["a", "b"], []) == looked(store)
    assert {"a", "b"} == {one.folder for one in store.good}


def test_what_has_not_changed_is_not_read_again(store, authority, put):
    """Only what has."""
    put("a", authority.issue("a.test"))
    put("b", authority.issue("b.test"))
    store.scan()
    put("b", authority.issue("b.test"))
    assert [(["b"], []), ([], [])] == [looked(store), looked(store)]


def test_a_bad_pair_is_told_once_and_replaces_nothing(store, authority, put):
    """The one before it is good still, and so are the others."""
    put("a", authority.issue("a.test"))
    store.scan()
    before = store.good
    put("a", Pair(b"", b"", 0))
    assert [([], [("a", "tls.crt holds no certificate in PEM form")]), ([], [])] == [looked(store), looked(store)]
    assert before == store.good


def test_what_is_missing_is_looked_for_again(store, authority, put):
    """Told once, and taken when it is there."""
    folder = put("a", authority.issue("a.test"))
    key = (folder / "tls.key").read_bytes()
    (folder / "tls.key").unlink()
    seen = [looked(store), looked(store)]
    (folder / "tls.key").write_bytes(key)
    assert [([], [("a", "tls.key is missing")]), ([], []), (["a"], [])] == [*seen, looked(store)]


def test_a_folder_that_is_gone_keeps_its_certificate(store, authority, put):
    """To take it away would take its hosts away."""
    folder = put("a", authority.issue("a.test"))
    store.scan()
    shutil.rmtree(folder)
    assert ([], [("a", "tls.crt is missing")]) == looked(store)
    assert ["a"] == [one.folder for one in store.good]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path, make_context):
    """Nothing fails."""
    assert ([], []) == looked(CertificateStore(tmp_path / "elsewhere", make_context))


def test_what_changes_under_our_hands_is_left_for_the_next_look(store, authority, put, monkeypatch):
    """A certificate may be of one state and the key of another; nobody is told of a mistake that isn't one."""
    first, second = authority.issue("a.test"), authority.issue("a.test")
    folder, read = put("a", Pair(second.chain, first.key, 0)), module.read_certificate

    def read_while_it_changes(*arguments):
        try:
            return read(*arguments)
        finally:
            put("a", second)
            os.utime(folder / "tls.key", ns=(1, 1))

    monkeypatch.setattr(module, "read_certificate", read_while_it_changes)
    assert ([], []) == looked(store)
    monkeypatch.setattr(module, "read_certificate", read)
    assert (["a"], []) == looked(store)


def test_an_unforeseen_certificate_does_not_hurt_the_others(store, authority, put, monkeypatch):
    """Libraries raise what they like."""
    put("a", authority.issue("a.test"))
    put("b", authority.issue("b.test"))
    read = module.read_certificate

    def stumble(folder, *arguments):
        if folder.name == "a":
            raise RuntimeError("canary")
        return read(folder, *arguments)

    monkeypatch.setattr(module, "read_certificate", stumble)
    assert (["b"], [("a", "it can't be read: RuntimeError")]) == looked(store)
