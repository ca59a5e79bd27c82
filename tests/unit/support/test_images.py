"""Images are built on bases of Debian's packages, each made once; a compiler is in the one that compiles."""

from __future__ import annotations

from pathlib import Path

from cluster.images import BASE, BUILD_BASE, base_files, bases_of

ROOT = Path(__file__).parents[3]


def test_each_base_that_a_dockerfile_names_is_made():
    """Ours compiles an extension, on a base of its own; the application's is of wheels alone."""
    assert {"PYTHON_IMAGE": BASE, "BUILD_IMAGE": BUILD_BASE} == bases_of((ROOT / "Dockerfile").read_text())
    assert {"PYTHON_IMAGE": BASE} == bases_of((ROOT / "tests/e2e/httpbin/Dockerfile").read_text())


def test_only_one_base_has_a_compiler():
    """What an image stands on has none."""
    assert (False, True) == ("gcc" in BASE.packages, "gcc" in BUILD_BASE.packages)


def test_a_base_is_made_once(tmp_path, monkeypatch):
    """A base that is in the cache is not made again, and each has a file of its own."""
    program = tmp_path / "bin" / "mmdebstrap"
    program.parent.mkdir()
    # Its last argument is the archive to write; here that names the packages.
    program.write_text('#!/bin/sh\nfor last; do :; done\necho "$3" > "$last"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    said: list[str] = []
    for base in (BASE, BUILD_BASE, BASE, BUILD_BASE):
        assert f"--include={','.join(base.packages)}\n" == base_files(base, said.append).read_text()
    assert [f"making {base.name} of Debian bookworm, once ..." for base in (BASE, BUILD_BASE)] == said
