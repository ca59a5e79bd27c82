"""What can be wrong with a path that comes in the place of a request's."""

from __future__ import annotations

from collections.abc import Iterator

from postern_core.resources.path_replacement import PathReplacement
from postern_core.resources.route import Route
from postern_core.resources.service import Service
from postern_core.validators import Validators

from .normal_path import path_is_not_normal


def replacement_is_not_normal(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    for field, path in _replacements(owner):
        wrong = path_is_not_normal(path.value)
        if wrong:
            yield f"spec.{field}.path.value", wrong


def prefix_is_not_of_one_path(owner: Route | Service, _: Validators) -> Iterator[tuple[str, str]]:
    paths = owner.spec.paths if isinstance(owner, Route) else ()
    if len(paths) > 1 or any(it.type != "Prefix" for it in paths):
        for field, path in _replacements(owner):
            if path.type == "ReplacePrefixMatch":
                why = "replaces a prefix, so that the Route may have one path, of type Prefix"
                yield f"spec.{field}.path", f"{why}; use ReplaceFullPath, or split the Route"


def _replacements(owner: Route | Service) -> Iterator[tuple[str, PathReplacement]]:
    """The paths of an object that come in the place of others, each with the field of its block."""
    if owner.spec.rewrite and owner.spec.rewrite.path is not None:
        yield "rewrite", owner.spec.rewrite.path
    if owner.spec.redirect and owner.spec.redirect.path is not None:
        yield "redirect", owner.spec.redirect.path
