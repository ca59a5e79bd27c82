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
    assert b"X-Tenant: blue\r\nX-Via: a\r\n" == made.added
    assert made.response is None


def test_what_only_the_gateway_says_is_left_out():
    """A snapshot that names such a field changes nothing of it, in any spelling, nor of a forwarded claim's."""
    names = ("X_Consumer-Username", "content-length", "x-forwarded-new", "HOST", "x.user", "Connection", "X-Request-Id")
    fields = tuple(HeaderField(name, "evil") for name in names)
    made = compiled_header_filters((RequestHeaders(set=fields, add=fields, remove=names),), ("x-user",))
    assert ({b"x-user"}, b"") == (made.removed, made.added)
    names = ("Content_Length", "transfer-encoding", "DATE", "connection", "Sec-WebSocket-Accept")
    fields = tuple(HeaderField(name, "evil") for name in names)
    response = compiled_header_filters((ResponseHeaders(set=fields, add=fields, remove=names),), ()).response
    assert (frozenset(), ()) == (response.removed, response.added)


def test_no_value_begins_a_field_of_its_own():
    """What is no field by RFC 9110 is left out, whatever wrote the snapshot."""
    pairs = [("X-A", "a\r\nX-B: b"), ("X-C: c\r\nX-D", "d"), ("X-E", "ä"), ("", "a")]
    fields = tuple(HeaderField(name, value) for name, value in pairs)
    assert b"" == compiled_header_filters((RequestHeaders(add=fields),), ()).added
    assert () == compiled_header_filters((ResponseHeaders(add=fields),), ()).response.added


def test_routes_share_what_is_prepared():
    """Most routes have the filters of their service, and one set of names each for proxies and for others."""
    again = RequestHeaders(set=REQUEST.set, add=REQUEST.add, remove=REQUEST.remove)
    assert compiled_header_filters((REQUEST,), ()) is compiled_header_filters((again,), ())
    names = compiled_header_filters((REQUEST,), ()).removed
    assert removed_headers(names, strips=True) is removed_headers(frozenset(names), strips=True)


def changed(*changes, of_backend=()):
    """The fields of a response without and with `X-A` and `X-B`, changed by a route and then by a backend."""
    response = compiled_header_filters(changes, (), of_backend).response
    fields = [*response.kept([(b"X-A", b"1"), (b"X-B", b"1")]), *response.added]
    return [name.decode() + "=" + value.decode() for name, value in fields]


def test_what_a_backend_changes_comes_after_what_the_route_changes():
    """The backend may take back and write over what the route writes, in any spelling of a request's fields."""
    of_backend = RequestHeaders(
        set=(HeaderField("x_tenant", "red"),), add=(HeaderField("X-Via", "b"),), remove=("x-e",)
    )
    made = compiled_header_filters((REQUEST,), (), (of_backend,))
    assert {b"x-tenant", b"x-debug", b"cookie", b"x-e"} == made.removed
    assert b"X-Via: a\r\nx_tenant: red\r\nX-Via: b\r\n" == made.added
    route = ResponseHeaders(set=(HeaderField("X-A", "route"),), add=(HeaderField("X-C", "route"),))
    backend = ResponseHeaders(set=(HeaderField("x-a", "backend"),), remove=("x-c", "x-b"))
    assert ["X-B=1", "X-A=route", "X-C=route"] == changed(route)
    assert ["x-a=backend"] == changed(route, of_backend=(backend,)) == changed(of_backend=(route, backend))


def test_a_backend_says_no_more_than_a_route_may():
    """Fields of identity, of framing and of forwarded claims are left out of the filters of a backend, too."""
    fields = tuple(HeaderField(name, "evil") for name in ("X_Consumer-Username", "Host", "x.user", "X-Forwarded-For"))
    evil = RequestHeaders(set=fields, add=fields, remove=tuple(it.name for it in fields))
    made = compiled_header_filters((), ("x-user",), (evil,))
    assert ({b"x-user"}, b"") == (made.removed, made.added)
