"""Text that is safe to print, wherever it came from."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text, with what could steer a terminal or can't be written escaped: `\x1b` and its like."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
