"""The text by which a claim's value is compared: what a policy says and what a token says are read alike."""

from __future__ import annotations

# Beyond it nothing is meant to be compared, and to write a number of thousands of digits takes its time.
NUMBER_MAX = 1e300


def scalar_text(value: object) -> str | None:
    """A text, number or boolean as a text, None for anything else; 18, 18.0 and 1.8e1 are all `18`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int | float) or not abs(value) < NUMBER_MAX:
        return None
    return str(int(value)) if value == int(value) else repr(value)


def media_type(text: str) -> str:
    """The type of a token as it is compared.

    RFC 7515, section 4.1.9: "It is RECOMMENDED that producers omit an "application/" prefix"; media types have no case.
    """
    return text.lower().removeprefix("application/")
