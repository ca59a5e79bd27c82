"""The filters of a route, made ready."""

from __future__ import annotations

from postern_core.snapshot_filters import HeaderField, RequestHeaders, ResponseHeaders
from postern_dataplane.table.filters import compiled_header_filters
from postern_dataplane.table.removed_headers import removed_headers

REQUEST = RequestHeaders(
    set=(HeaderField("X-Tenant", "blue"),), add=(HeaderField("X-Via", "a"),), remove=("x-debug", "cookie")
)


def test_what_is_set_or_removed_is_not_the_client_s():
    """What is set or removed is compared in canonical form; what is added leaves the client's own."""
    made = compiled_header_filters((REQUEST,), ("x_user",))
    assert {b"x-tenant", b"x-debug", b"cookie", b"x-user"} == made.removed
    assert ((b"X-Tenant", b"blue"), (b"X-Via", b"a")) == made.added
    assert made.response is None


def test_what_only_the_gateway_says_is_left_out():
    """A snapshot that names such a field changes nothing of it, in any spelling, nor of a forwarded claim's."""
    names = ("X_Consumer-Username", "content-length", "x-forwarded-new", "HOST", "x.user", "Connection", "X-Request-Id")
    fields = tuple(HeaderField(name, "evil") for name in names)
    made = compiled_header_filters((RequestHeaders(set=fields, add=fields, remove=names),), ("x-user",))
    assert ({b"x-user"}, ()) == (made.removed, made.added)
    names = ("Content_Length", "transfer-encoding", "DATE", "connection", "Sec-WebSocket-Accept")
    fields = tuple(HeaderField(name, "evil") for name in names)
    response = compiled_header_filters((ResponseHeaders(set=fields, add=fields, remove=names),), ()).response
    assert (frozenset(), ()) == (response.removed, response.added)


def test_no_value_begins_a_field_of_its_own():
    """What is no field by RFC 9110 is left out, whatever wrote the snapshot."""
    pairs = [("X-A", "a\r\nX-B: b"), ("X-C: c\r\nX-D", "d"), ("X-E", "ä"), ("", "a")]
    fields = tuple(HeaderField(name, value) for name, value in pairs)
    assert () == compiled_header_filters((RequestHeaders(add=fields),), ()).added
    assert () == compiled_header_filters((ResponseHeaders(add=fields),), ()).response.added


def test_routes_share_what_is_prepared():
    """Most routes have the filters of their service, and one set of names each for proxies and for others."""
    again = RequestHeaders(set=REQUEST.set, add=REQUEST.add, remove=REQUEST.remove)
    assert compiled_header_filters((REQUEST,), ()) is compiled_header_filters((again,), ())
    names = compiled_header_filters((REQUEST,), ()).removed
    assert removed_headers(names, strips=True) is removed_headers(frozenset(names), strips=True)
