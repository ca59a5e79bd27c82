"""Whatever is asked for, a redirect leads to the host that is meant, and ends."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from heads import NOW_S, head, table
from manifests import route, service
from postern_dataplane.decision.decide import decide
from postern_dataplane.decision.outcome import Forward, Reject
from postern_dataplane.decision.verification_cache import NullCache

PATHS = [
    {"type": "ReplacePrefixMatch", "value": "/x"},
    {"type": "ReplacePrefixMatch", "value": "/"},
    {"type": "ReplaceFullPath", "value": "/x/"},
]
BLOCKS = [
    {"scheme": "https"}, {"hostname": "b.example"}, {"port": 8080}, {"scheme": "http", "port": 81},
    *({"path": path} for path in PATHS), *({"path": path, "hostname": "b.example"} for path in PATHS),
]  # fmt: skip


def tables(blocks):
    """Tables with these blocks, of Services that merge slashes and that don't, on all paths and on a prefix."""
    return [
        table(service(hosts=["*.example.com"], mergeSlashes=merges), route(paths=paths, redirect=block))
        for block in blocks
        for merges in (True, False)
        for paths in ([], [{"type": "Prefix", "value": "/p"}])
    ]


TABLES = tables(BLOCKS)
# A prefix may come back as often as the path has it, or for ever, which a lint warns about.
THAT_CHANGE_ONCE = tables(block for block in BLOCKS if block.get("path", {}).get("type") != "ReplacePrefixMatch")
SIGNS = ["/", "//", ".", "..", "@", ":", "\\", ";", "?", "#", "%2e", "%41", "%0d%0a", "\udcc3"]
PIECES = [*SIGNS, "p", "x", "evil.example", "https:"]
TARGETS = st.lists(st.sampled_from(PIECES), max_size=8).map(lambda it: "/" + "".join(it))
NAMES = ["a.example.com", "A.example.com.", "a.example.com:80", "a.example.com:8080", "b.example.com:443"]
HOSTS = st.sampled_from(NAMES)


@given(st.sampled_from(TABLES), TARGETS, HOSTS, st.booleans())
def test_a_redirect_leads_to_the_host_that_is_meant(table_, target, host, is_tls):
    """The address is one line of ASCII, and its host the manifest's or the request's."""
    decision = decide(head(target, host=host, is_tls=is_tls), table_, NullCache(), NOW_S)
    if isinstance(decision, Forward) or not decision.denial.location:
        return
    location = decision.denial.location
    assert location.isascii()
    assert location.isprintable()
    address = urlsplit(location)
    assert address.hostname in {"b.example", "a.example.com", "b.example.com"}
    assert (address.scheme in ("http", "https"), address.path[:1]) == (True, "/")
    assert address.username is None


@given(st.sampled_from(THAT_CHANGE_ONCE), TARGETS, HOSTS, st.booleans())
def test_a_redirect_ends(table_, target, host, is_tls):
    """A client that follows the address is not sent on again and again."""
    for _ in range(3):
        decision = decide(head(target, host=host, is_tls=is_tls), table_, NullCache(), NOW_S)
        if not isinstance(decision, Reject) or not decision.denial.location:
            return
        address = urlsplit(decision.denial.location)
        query = f"?{address.query}" if "?" in decision.denial.location else ""
        target, host, is_tls = f"{address.path}{query}", address.netloc, address.scheme == "https"
    assert decision.denial.location == ""
