"""What is remembered by the bytes of requests and responses is what reading them anew would give."""

from __future__ import annotations

import importlib
import json
import pkgutil
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

import postern_dataplane
from postern_core.header_names import canonical
from postern_dataplane.decision.client_address import number_of_text
from postern_dataplane.decision.limit_keys import address_key
from postern_dataplane.decision.upstream_request import _forwarded_by_us
from postern_dataplane.http1.denial_response import _prepared
from postern_dataplane.http1.response_head import keep_alive_s
from postern_dataplane.jwt.compact import KNOWN_HEADER_BYTES_MAX, _known_header, read_token
from postern_dataplane.request.denials import MISSING_TOKEN, NO_ROUTE
from postern_dataplane.request.field_layout import NAME_BYTES_MAX, CanonicalNames
from postern_dataplane.request.target import AUTHORITY_CHARS_MAX, _compared_host, compared_host
from postern_dataplane.table.protected_resource import _challenged
from postern_dataplane.table.table_settings import proxy_trust
from tokens import encode

TRUSTED = proxy_trust(["10.0.0.0/8", "2001:db8::/32"])
ADDRESSES = (
    st.ip_addresses().map(str)
    | st.sampled_from(["10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "010.0.0.1", "", "x", "fe80::1%eth0"])
    | st.text(max_size=40)
)
AUTHORITIES = (
    st.sampled_from(["a.example.com", "A.example.com.", "a.example.com:65536", "[::1]:80", "a:b", "", "a b"])
    | st.text(string.ascii_letters + string.digits + ".-:[]", max_size=60)
    | st.text(max_size=20)
)
HEADERS = st.fixed_dictionaries(
    {"alg": st.sampled_from(["HS256", "none", 1, None])}, optional={"kid": st.text(max_size=9) | st.integers()}
).map(lambda it: encode(json.dumps(it).encode()))
DENIALS = st.sampled_from([MISSING_TOKEN, NO_ROUTE])

# By what strangers send: each with what its keys are made of.
BY_BYTES = {
    number_of_text: st.tuples(ADDRESSES),
    address_key: st.tuples(ADDRESSES),
    TRUSTED: st.tuples(ADDRESSES),
    _compared_host: st.tuples(AUTHORITIES),
    _forwarded_by_us: st.tuples(
        st.ip_addresses().map(str), st.sampled_from(["http", "https"]), AUTHORITIES.filter(compared_host),
        st.sampled_from(["", "/v1"]), st.sampled_from(["", "8443"]),
    ),
    _known_header: st.tuples(HEADERS | st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=40)),
    keep_alive_s: st.tuples(st.sampled_from([b"timeout=5", b'max=3, timeout="7"']) | st.binary(max_size=40)),
    _challenged: st.tuples(DENIALS, AUTHORITIES),
    _prepared: st.tuples(DENIALS),
}  # fmt: skip
# By what manifests, settings and the code say: as many as there are, and requests add none.
CONFIGURED = {
    "problem_details", "_set_of", "_parameters", "_cookies", "_protocols", "compiled_attempts", "compile_pattern",
    "_methods", "compiled_header_filters", "compiled_clients", "policy_denials", "compiled_cors", "removed_headers",
    "client_context", "_Unpaused",
}  # fmt: skip


def outcome(function, arguments):
    try:
        return function(*arguments)
    except ValueError as error:
        return type(error), str(error)


@pytest.mark.parametrize("remembered", BY_BYTES, ids=lambda it: it.__wrapped__.__name__)
@given(st.data())
def test_what_is_remembered_is_what_would_be_read(remembered, data):
    """The first time and when it comes again, with others of its kind remembered beside it."""
    keys = data.draw(st.lists(BY_BYTES[remembered], min_size=1, max_size=5))
    for key in (*keys, *keys):
        assert outcome(remembered.__wrapped__, key) == outcome(remembered, key)


@given(st.lists(st.binary(max_size=NAME_BYTES_MAX + 2), max_size=20))
def test_names_of_fields_are_compared_as_without_memory(names):
    """Names that are too long to be kept are compared in the same form, each time anew."""
    known = CanonicalNames()
    for name in (*names, *names):
        assert canonical(name.decode("latin-1")).encode("latin-1") == known[name]
    assert all(len(name) <= NAME_BYTES_MAX for name in known)


def all_remembered():
    for module in pkgutil.walk_packages(postern_dataplane.__path__, "postern_dataplane."):
        if not module.name.endswith("__main__"):
            for one in vars(importlib.import_module(module.name)).values():
                made_in = getattr(getattr(one, "__wrapped__", None), "__module__", None) or ""
                if hasattr(one, "cache_parameters") and made_in.startswith("postern_dataplane."):
                    yield one


def test_each_memory_is_bounded_and_known_here():
    """One more is tested against the reading without it, or named as one that no request fills."""
    for one in all_remembered():
        assert 0 < one.cache_parameters()["maxsize"] <= 4096
        assert one in BY_BYTES or one.__wrapped__.__name__ in CONFIGURED, one.__wrapped__


@pytest.mark.parametrize(
    ("remembered", "read", "longest"),
    [
        (_compared_host, lambda length: compared_host("a" * length), AUTHORITY_CHARS_MAX),
        (_known_header, lambda length: outcome(read_token, ("a" * length + ".e30.",)), KNOWN_HEADER_BYTES_MAX),
    ],
    ids=["hosts", "headers of tokens"],
)
def test_what_is_longer_than_usual_is_not_remembered(remembered, read, longest):
    """A bound of entries alone bounds no memory."""
    remembered.cache_clear()
    read(longest + 1)
    assert (0, 0) == (remembered.cache_info().misses, remembered.cache_info().currsize)
    read(longest)
    assert 1 == remembered.cache_info().misses
