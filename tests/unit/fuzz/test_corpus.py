"""The kept corpus, as text."""

from __future__ import annotations

from fuzz import corpus


def test_a_corpus_is_kept_as_lines(tmp_path, monkeypatch):
    """The shortest first, and none twice."""
    monkeypatch.setattr(corpus, "FOLDER", tmp_path / "corpus")
    corpus.keep("odd", [b"\x01\x02", b"\xff", b"\xff", b""])
    assert "\nff\n0102\n" == (tmp_path / "corpus/odd.txt").read_text()
    assert [b"", b"\xff", b"\x01\x02"] == corpus.kept("odd")


def test_a_target_may_have_none(tmp_path, monkeypatch):
    """A target without a corpus has nothing to replay."""
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    assert [] == corpus.kept("odd")
