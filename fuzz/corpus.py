"""The kept corpus: for each target the inputs that together reach all code that any input has reached.

One text file a target, an input a line, in hexadecimal: `Choices` makes of it what the target tries.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


def kept(target: str) -> list[bytes]:
    """The inputs of a target; none where it has no corpus."""
    path = FOLDER / f"{target}.txt"
    return [bytes.fromhex(line) for line in path.read_text("ascii").splitlines()] if path.exists() else []


def keep(target: str, inputs: Iterable[bytes]) -> None:
    """Replace the corpus of a target."""
    FOLDER.mkdir(exist_ok=True)
    lines = sorted({one.hex() for one in inputs}, key=lambda line: (len(line), line))
    (FOLDER / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines), "ascii")
