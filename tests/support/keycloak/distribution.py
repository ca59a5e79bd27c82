"""Keycloak's distribution: downloaded by Maven and prepared once, then kept beside what else takes long to make.

Tests only use what is there (`installed`), and `python -m keycloak.distribution` puts it there: Maven downloads it,
and Keycloak is built for its database, as it would be at each start otherwise.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from cluster.build import cache_root
from not_installed import NotInstalled

VERSION = "26.4.0"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
UNPACK = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack"
JAVA_MIN = 17
COMMAND = "make providers-test"
PACKAGES = "apt install default-jre-headless maven"


def installed() -> Path:
    """The folder of a Keycloak that is ready to start; raises `NotInstalled`."""
    require_java()
    if not _folder().exists():
        maven = "" if shutil.which("mvn") else f"install Maven ({PACKAGES}), then "
        raise NotInstalled(f"Keycloak: {maven}`{COMMAND}` (downloads 120 MB, once)")
    return _folder()


def install(say: Callable[[str], object]) -> None:
    """Download and prepare it if it isn't there; raises `NotInstalled`."""
    require_java()
    if _folder().exists():
        return
    if not shutil.which("mvn"):
        raise NotInstalled(f"Maven, which downloads Keycloak: {PACKAGES}")
    say(f"downloading Keycloak {VERSION}, 120 MB, once ...")
    cache_root().mkdir(parents=True, exist_ok=True)
    # Renamed when it is whole, so that two that install at a time do no harm.
    with tempfile.TemporaryDirectory(prefix=".keycloak-", dir=cache_root()) as unfinished:
        # A checksum that differs is an error.
        maven = ("mvn", "--batch-mode", "--quiet", "--strict-checksums", UNPACK, f"-Dartifact={ARTIFACT}")
        _run(*maven, f"-DoutputDirectory={unfinished}", folder=unfinished)
        home = Path(unfinished) / f"keycloak-{VERSION}"
        _run("sh", home / "bin/kc.sh", "build", "--db=dev-file", folder=unfinished)
        if not _folder().exists():
            home.rename(_folder())


def require_java() -> None:
    """Raise `NotInstalled` where no Java is new enough."""
    java = shutil.which("java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr if java else ""
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < JAVA_MIN:
        raise NotInstalled(f"Java {JAVA_MIN} or later, for Keycloak: {PACKAGES}")


def _folder() -> Path:
    return cache_root() / f"keycloak-{VERSION}"


def _run(*command: str | Path, folder: str) -> None:
    """Run a program in a folder in which it may leave anything."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise NotInstalled(f"Keycloak: {command[0]} failed: {done.stdout[-2000:]}")


def main() -> int:
    """Install it where this machine can; returns the exit status of the process."""
    try:
        install(lambda line: sys.stderr.write(f"{line}\n"))
    except NotInstalled as missing:
        sys.stderr.write(f"the tests with a real identity provider are left out, they need {missing}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
