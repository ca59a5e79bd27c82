"""Whether a path in a manifest is in normal form, as requests are brought to it before they are matched."""

from __future__ import annotations

from postern_core.paths import BadPath, normalise


def path_is_not_normal(path: str) -> str:
    """Why a path in a manifest could never equal a request's normalised path, "" if it can."""
    try:
        normal = normalise(path)
    except BadPath as error:
        return f"is not a path: {error}"
    if normal.path != path:
        return f"is not in normal form; write {normal.path}"
    return ""
