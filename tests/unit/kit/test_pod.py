"""What a pod knows about itself."""

from __future__ import annotations

from postern_kit import pod


def test_the_namespace_is_in_a_file(tmp_path, monkeypatch):
    """Kubernetes mounts the file; outside of a pod there is none."""
    monkeypatch.setattr(pod, "NAMESPACE_FILE", tmp_path / "namespace")
    assert "" == pod.own_namespace()
    (tmp_path / "namespace").write_text("ours\n")
    assert "ours" == pod.own_namespace()
