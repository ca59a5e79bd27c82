"""The rules of the API server say what the checks say: no less where CEL can, and never more."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from cluster.pairs import pairs
from manifests import manifest
from postern_core.check import check
from postern_core.checks.clients import CLIENTS_CHECKS
from postern_core.checks.cors import CORS_CHECKS
from postern_core.checks.header_changes import HEADER_CHECKS
from postern_core.checks.normal_path import path_is_not_normal
from postern_core.checks.policy import POLICY_CHECKS
from postern_core.checks.rate_limit import RATE_LIMIT_CHECKS
from postern_core.checks.responses import RESPONSES_CHECKS
from postern_core.header_names import RESERVED, canonical
from postern_core.kinds import KINDS
from postern_core.parse import parse_manifest
from postern_core.resources.rules import (
    ABSOLUTE_URL,
    DOT_SEGMENT,
    NORMAL_PATH,
    URL_WITH_DOT_SEGMENT,
    URL_WITH_EMPTY_SEGMENT,
    URL_WITH_NORMAL_PATH,
    canonical_header,
    has_exactly_one_of,
    is_normal_path,
    is_one_of_headers,
)
from postern_operator.validators import VALIDATORS

A_SET = "the list is a set, and the API server refuses doubles by itself"
NOT_BY_A_RULE = {
    "block_is_wrong": "it only asks the checks of the policy, which have rules of their own",
    "auth_is_wrong": "it only asks the checks of the policy, which have rules of their own",
    "cors_is_wrong": "it only asks the checks of the block, which have rules of their own",
    "client_list_is_wrong": "it only asks the checks of the block, which have none",
    "network_is_invalid": "the API server knows networks from 1.31 on; the pattern bounds their characters",
    "network_is_listed_twice": A_SET,
    "rate_limit_is_wrong": "it only asks the checks of the list, which have rules of their own",
    "responses_block_is_wrong": "it only asks the checks of the block, which have rules of their own",
    "header_change_of_an_upstream_is_wrong": "it only asks the checks of the block, which have rules of their own",
    "header_change_is_wrong": "it only asks the checks of the block, which have rules of their own",
    "value_is_named_twice": A_SET,
    "certificate_is_named_twice": "the name is the key of a list, and the API server refuses doubles by itself",
    "status_is_named_twice": "the status is the key of a list, and the API server refuses doubles by itself",
    "host_is_named_twice": A_SET,
    "gateway_is_named_twice": A_SET,
    "method_is_named_twice": A_SET,
    "code_is_named_twice": A_SET,
    "group_is_named_twice": A_SET,
    "jti_is_named_twice": A_SET,
    "scope_is_named_twice": A_SET,
    "values_are_not_exactly_one": "a rule can't see lists whose elements have no type; the schema says it by oneOf",
    "number_is_beyond_comparing": "a rule can't see the elements, which have no type",
    "pattern_is_too_large": "only RE2 can tell how large a program it makes",
    "list_of_jtis_is_too_long": "it counts bytes of a whole list, and a rule that does is too dear for the API server",
    "match_contradicts_another": "a rule that compares each with each is too dear for the API server",
    "pattern_can_never_match": "it asks RE2, as regex_is_invalid does",
    "regex_is_invalid": "the API server's engine is Go's; it would judge patterns that RE2 is to run",
}
# What a change did wrong: only a server sees it.
CHANGES = {"consumer_was_changed", "issuer_was_changed", "key_was_changed"}

PIECES = ["/", "a", ".", "..", ";", "%2F", "%5C", "%2f", "%41", "%20", "%7F", "%", "\\", " ", "é"]
PATHS = st.lists(st.sampled_from([*PIECES, "#", "?"]), max_size=8).map("".join)
PATHS_OF_URLS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join).map(lambda path: f"/{path}")


def structs_below(type_):
    """The struct types that a type is made of."""
    seen, waiting = [], [inspect.type_info(type_)]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, inspect.StructType):
            seen.append(kind.cls)
            waiting += [field.type for field in kind.fields]
        elif isinstance(kind, inspect.UnionType):
            waiting += kind.types
        elif isinstance(kind, inspect.VarTupleType | inspect.Metadata):
            waiting.append(kind.item_type if isinstance(kind, inspect.VarTupleType) else kind.type)
    return seen


RULES = {
    rule
    for kind in KINDS.values()
    for struct in [kind.resource, *structs_below(kind.spec)]
    for rule in getattr(struct, "RULES", ())
}


def test_every_check_has_a_rule_or_a_reason():
    """What the compiler tells late, the API server tells at once, where CEL can say it."""
    blocks = (*POLICY_CHECKS, *CORS_CHECKS, *CLIENTS_CHECKS, *HEADER_CHECKS, *RATE_LIMIT_CHECKS, *RESPONSES_CHECKS)
    checks = {one.__name__ for kind in KINDS.values() for one in (*kind.checks, *blocks)}
    assert checks == {rule.violation for rule in RULES} - CHANGES | set(NOT_BY_A_RULE)


def test_every_rule_has_a_pair():
    """Each rule is shown to refuse what is wrong and to take what is right."""
    shown = [pair.message for pair in pairs()]
    without = {rule for rule in RULES if not any(message.endswith(rule.message) for message in shown)}
    assert CHANGES == {rule.violation for rule in without}


@pytest.mark.parametrize("pair", pairs(), ids=str)
def test_a_pair_is_judged_alike_without_a_server(pair):
    """What a rule refuses the checks refuse, and what it takes they take."""
    refused, accepted = (parse_manifest(manifest(pair.kind, "a", spec)) for spec in (pair.refused, pair.accepted))
    found = [[it for it in check(one, VALIDATORS) if not it.is_warning] for one in (refused, accepted)]
    assert [True, False] == [bool(problems) for problems in found]


@given(PATHS)
def test_a_path_is_normal_for_both(path):
    """The rule's patterns take exactly the paths that are their own normal form."""
    taken = re.search(NORMAL_PATH, path) and "//" not in path and not re.search(DOT_SEGMENT, path)
    assert (path_is_not_normal(path) == "") == bool(taken)


@given(PATHS_OF_URLS)
def test_the_path_of_a_url_is_normal_for_both(path):
    """The rule and the check agree on the normal form of a URL's path."""
    url = f"http://a..b{path}"
    taken = re.search(URL_WITH_NORMAL_PATH, url) and not re.search(URL_WITH_EMPTY_SEGMENT, url)
    assert (path_is_not_normal(path) == "") == bool(taken and not re.search(URL_WITH_DOT_SEGMENT, url))


@pytest.mark.parametrize(
    "url", ["http://a", "HTTPS://a.b:8443/c", "http://[::1]:80", "http://a_b:/", "http://a:065535"]
)
def test_an_absolute_url_is_taken(url):
    """A scheme in any case, a name or an address, and perhaps a port."""
    assert re.search(ABSOLUTE_URL, url)


@pytest.mark.parametrize(
    "url", ["a", "//a", "ftp://a", "http://", "http:///a", "http://:80", "http://u@a", "http://a:0"]
)
def test_what_is_no_absolute_url_is_not(url):
    """Another scheme, no host, a user, or a port that can't be."""
    assert not re.search(ABSOLUTE_URL, url)


def test_expressions_speak_of_what_they_are_given():
    """A rule is put together from the field that it is about."""
    assert "self.value.matches(" in is_normal_path("self.value")
    assert "[has(self.a), has(self.b)].filter(given, given).size() == 1" == has_exactly_one_of("a", "b")
    assert "self.header.matches(r'^(?i:a[^A-Za-z0-9]b|c)$')" == is_one_of_headers(
        "self.header", frozenset({"c", "a-b"})
    )


def test_a_reserved_header_is_found_in_every_spelling():
    """Whatever stands between the letters."""
    pattern = is_one_of_headers("it", RESERVED).split("'")[1]
    assert all(re.search(pattern, name.upper().replace("-", "!")) for name in RESERVED)
    assert not re.search(pattern, "x-consumer")


def test_a_header_is_canonical_for_both():
    """The expression replaces each sign that a header's name may hold, as the checks do."""
    signs = "!#$%&'*+.^_`|~"
    replaced = re.findall(r"replace\(['\"](.)['\"], '-'\)|replace\(\"(.)\", \"-\"\)", canonical_header("it"))
    assert sorted(signs) == sorted("".join(pair) for pair in replaced)
    assert "-" * len(signs) == canonical(signs)
