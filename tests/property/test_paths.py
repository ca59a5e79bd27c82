"""Whatever a path is, what is matched is what is forwarded, and it stays below its prefix."""

from __future__ import annotations

import re
from urllib.parse import unquote

from hypothesis import example, given
from hypothesis import strategies as st

from heads import head, table
from manifests import route, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Forward
from postern_dataplane.decision.verification_cache import NullCache

SEGMENTS = st.sampled_from(
    ["", ".", "..", "%2e", "%2E%2e", ".%2E", "...", "a", "v1", "%76%31", "admin", "%61dmin", "ADMIN", "%252e", "%2561",
     "~a@:", "%C3%A9", "%c3%a9", "a;x=1", "-", "%7Ea", "admin%3f"]
)  # fmt: skip
BAD_SEGMENTS = st.sampled_from(["..;", "a%2fb", "..%2fadmin", "\\", "%", "%2", "\udcc3", " ", "%5C..", "%00", "a#b"])
BELOW = st.lists(SEGMENTS, max_size=6).map(lambda segments: "/v1/" + "/".join(segments))
ANY = st.lists(SEGMENTS | BAD_SEGMENTS, max_size=6).map(lambda segments: "/" + "/".join(segments))
TARGETS = BELOW | BELOW | ANY

ADMIN = route("admin", paths=[{"type": "Prefix", "value": "/admin"}], auth={"jwt": {}})


def serving(**spec):
    """A service below /v1 that is public, save for its /admin."""
    return table(service(pathPrefix="/v1", **spec), route(), ADMIN)


STRICT, KEEPING, UNSTRIPPED = serving(), serving(encodedSlashes="Keep"), serving(stripPathPrefix=False)


def forwarded(table_, target):
    """The path that goes upstream, None where none does."""
    decision = decide(head(target), table_, NullCache(), 0)
    return decision.head.target if isinstance(decision, Forward) else None


@given(TARGETS, st.sampled_from([STRICT, KEEPING, UNSTRIPPED]))
@example("/v1//x", STRICT)
@example("/v1/..//admin", STRICT)
@example("/v1/a%2f..%2fadmin", KEEPING)
def test_a_forwarded_path_holds_nothing_to_resolve(target, table_):
    """No dot segment, no `//`, no escape that need not be one: nothing is left to be read in a second way."""
    path = forwarded(table_, target)
    if path is not None:
        segments = path.removesuffix("/").split("/")[1:]
        assert not {"", ".", ".."} & set(segments)
        assert re.fullmatch(r"/(?:[!-$&-~]|%[0-9A-F]{2})*", path)
        assert not re.search(r"%(?:2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)", path)


@given(TARGETS)
@example("/v1/x/../../v1/admin")
@example("/v1/%61dmin")
@example("/v1//admin/x")
@example("/v1/./admin")
def test_no_spelling_reaches_what_is_protected(target):
    """No spelling of a path reaches what is protected, even where a server decodes again and merges slashes."""
    path = forwarded(STRICT, target)
    if path is not None:
        assert not re.match(r"/+admin(?:/|\Z)", unquote(path))


@given(TARGETS)
@example("/v1/../x")
@example("/v1x")
def test_a_path_stays_below_its_prefix(target):
    """What is not below it is not found, and never cut."""
    path = forwarded(UNSTRIPPED, target)
    assert path is None or path == "/v1" or path.startswith("/v1/")


@given(TARGETS)
@example("/v1")
def test_a_prefix_is_taken_off_once_and_nothing_else(target):
    """The two services differ in nothing else."""
    whole = forwarded(UNSTRIPPED, target)
    assert (whole and (whole.removeprefix("/v1") or "/")) == forwarded(STRICT, target)


@given(TARGETS)
def test_what_was_forwarded_is_matched_the_same(target):
    """To send it once more changes nothing: matching and forwarding have one form."""
    path = forwarded(UNSTRIPPED, target)
    assert path is None or path == forwarded(UNSTRIPPED, path)


QUERY = st.lists(st.sampled_from(["a=1", "&", "=", "%2e", "//", "..", "+", "?", "%zz", "\udcff", "\u00e9", ";", "\\"]))


@given(QUERY)
def test_a_query_goes_on_byte_for_byte(pieces):
    """Nothing in it is read in a second way, because nothing is read."""
    query = "".join(pieces)
    decision = decide(head(f"/v1/?{query}"), STRICT, NullCache(), 0)
    assert "/?" + query == decision.head.target
