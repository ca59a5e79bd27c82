"""npm's `axe-core`, which finds in a page what keeps people from using it (WCAG 2.2).

Tests only use what is there; `python -m axe_core` puts it there, by npm and from the lock file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from not_installed import NotInstalled
from npm_packages import NpmPackages

PACKAGES = NpmPackages(
    "axe-core",
    Path(__file__).parents[1] / "browser/axe",
    ("package.json", "package-lock.json"),
    "`make browser-test` (downloads 1 MB, once)",
)


def script() -> str:
    """The program that a page is checked with; raises `NotInstalled`."""
    return (PACKAGES.installed() / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def main() -> int:
    """Install it where this machine can; returns the exit status of the process."""
    try:
        PACKAGES.install(lambda line: sys.stderr.write(f"{line}\n"))
    except NotInstalled as missing:
        sys.stderr.write(f"the checks of pages with axe-core are left out, they need {missing}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
