"""Another path in the place of a request's: of all of it, or of the prefix by which it was matched."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .rules import Rule, is_normal_path
from .types import Spec


class PathReplacement(Spec, frozen=True):
    """What comes in the place of a path; the query stays. As Gateway API's HTTPPathModifier."""

    RULES = (
        Rule(
            "replacement_is_not_normal",
            is_normal_path("self.value"),
            "must be a path in normal form: it starts with /, and has no //, no dot segments, no needless escapes",
            ".value",
        ),
    )

    type: Annotated[
        Literal["ReplaceFullPath", "ReplacePrefixMatch"],
        Meta(
            description="What is replaced. ReplaceFullPath: the whole path. ReplacePrefixMatch: the prefix by which it "
            "was matched, and what follows that stays: on a Service its pathPrefix; on a Route that of its one path, "
            "which MUST be of type Prefix, or the Service's pathPrefix where it has no paths."
        ),
    ]
    value: Annotated[
        str,
        Meta(
            max_length=1024,
            description="The path that comes in its place, in normal form (RFC 3986, section 6.2.2). Of a prefix, / "
            "takes it off; a slash at its end counts only where nothing follows. Example: /v2.",
        ),
    ]


def prefix_rule(field: str) -> Rule:
    """The rule of a Route whose block at this field replaces a prefix: there is one prefix that is meant."""
    path = f"self.{field}.path"
    return Rule(
        "prefix_is_not_of_one_path",
        f"!has(self.{field}) || !has({path}) || {path}.type != 'ReplacePrefixMatch' || !has(self.paths) || "
        "(self.paths.size() <= 1 && self.paths.all(it, it.type == 'Prefix'))",
        "replaces a prefix, so that the Route may have one path, of type Prefix; use ReplaceFullPath, or split the "
        "Route",
        f".{field}.path",
    )
