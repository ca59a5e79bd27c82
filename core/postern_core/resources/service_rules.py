"""What the API server validates of a Service's own fields; its blocks have rules of their own."""

from __future__ import annotations

from .rules import Rule, has_exactly_one_of, is_normal_path

SERVICE_RULES = (
    Rule(
        "prefix_is_not_normal",
        is_normal_path("self.pathPrefix"),
        "must be a path in normal form: it starts with /, and has no //, no dot segments, no needless escapes",
        ".pathPrefix",
    ),
    Rule(
        "encoded_slash_can_never_come",
        "self.encodedSlashes == 'Keep' || !self.pathPrefix.matches('(?i)%2f|%5c')",
        "contains an encoded slash, which encodedSlashes: Reject refuses; set it to Keep",
        ".pathPrefix",
    ),
    Rule(
        "path_parameter_can_never_come",
        "self.pathParameters == 'Keep' || !self.pathPrefix.matches('(?i);|%3b')",
        "holds a path parameter, which pathParameters: Reject refuses; set it to Keep",
        ".pathPrefix",
    ),
    Rule(
        "double_encoding_can_never_come",
        "self.doubleEncoding == 'Keep' || !self.pathPrefix.matches('(?i)%25[0-9a-f][0-9a-f]')",
        "holds an escape within an escape, which doubleEncoding: Reject refuses; set it to Keep",
        ".pathPrefix",
    ),
    Rule(
        "no_prefix_can_be_restored",
        "!self.restorePathPrefix || (has(self.rewrite) && has(self.rewrite.path) ? "
        "self.rewrite.path.type == 'ReplacePrefixMatch' "
        "&& (self.pathPrefix != '/' || self.rewrite.path.value != '/') "
        ": self.stripPathPrefix && self.pathPrefix != '/')",
        "puts back what stripPathPrefix has taken off, and nothing is; set a pathPrefix, or remove it",
        ".restorePathPrefix",
    ),
    Rule(
        "strip_contradicts_rewrite",
        "self.stripPathPrefix || !has(self.rewrite) || !has(self.rewrite.path)",
        "keeps the prefix, which rewrite.path replaces; remove one of the two",
        ".stripPathPrefix",
    ),
    Rule(
        "upstream_and_upstreams_are_not_exactly_one",
        has_exactly_one_of("upstream", "upstreams"),
        "must have exactly one of upstream and upstreams",
    ),
    Rule(
        "every_weight_is_zero",
        "!has(self.upstreams) || self.upstreams.exists(one, !has(one.weight) || one.weight > 0)",
        "one of them needs a weight above 0",
        ".upstreams",
    ),
)
