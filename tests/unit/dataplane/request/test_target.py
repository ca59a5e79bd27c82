"""One reading of where a request wants to go."""

from __future__ import annotations

import pytest

from heads import head
from postern_dataplane.request.denials import BAD_REQUEST, METHOD_NOT_ALLOWED
from postern_dataplane.request.target import Target, compared_host, read_target


def read(target="/", host=b"app.example.com", **more):
    return read_target(head(target, host=None, **more), host)


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        ("app.example.com", "app.example.com"),
        ("APP.Example.COM", "app.example.com"),
        ("app.example.com.", "app.example.com"),
        ("app.example.com.:8443", "app.example.com"),
        ("app.example.com:", "app.example.com"),
        ("app.example.com:65535", "app.example.com"),
        ("a_b-c~d", "a_b-c~d"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("[2001:DB8::A]:9080", "[2001:db8::a]"),
        ("[::ffff:10.0.0.1]", "[::ffff:10.0.0.1]"),
    ],
)
def test_a_host_is_compared_in_one_form(authority, expected):
    """Without port, in lower case, without a trailing dot."""
    assert expected == compared_host(authority)


@pytest.mark.parametrize(
    "authority",
    [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a..",
        ":80",
        "a:65536",
        "a:999999",
        "a:80:80",
        "a:-1",
        "a:\u0661",
        "a b",
        " a",
        "a\t",
        "a\x00",
        "a/b",
        "a?b",
        "a#b",
        "a@b",
        "user:secret@b",
        "a,b",
        "a\\b",
        "a%2eb",
        "*.a",
        "\xe9",
        "::1",
        "[::1",
        "[::1%25eth0]",
        "[a]]",
        "[evil.example]",
        "a" * 262,
        "a.\n",
    ],
)
def test_what_is_no_host_is_refused(authority):
    """A name of which two servers could make two."""
    assert compared_host(authority) is None
    assert BAD_REQUEST is read(host=authority.encode("latin-1", "replace"))


def test_a_target_is_read():
    """Its host as compared and as written, its path in normal form, its query as it is."""
    assert Target("app.example.com", "App.Example.com:80", "/a/b", "x=//../%2e?y", has_encoded_slash=False) == read(
        "/a/./b?x=//../%2e?y", b"App.Example.com:80"
    )


@pytest.mark.parametrize(("target", "expected"), [("/a", None), ("/a?", ""), ("/a??", "?"), ("/?a=\udcff", "a=\udcff")])
def test_a_query_goes_on_as_it_came(target, expected):
    """An empty one is not the same as none."""
    assert expected == read(target).query


@pytest.mark.parametrize(
    "target",
    ["", "*", "a", "app.example.com:443", "?a", "//", "/a b", "/a#b", "/%zz", "/%00", "/a?b c", "/a?b#c", "/a?\x00",
     "/a?\x7f", "/a?\r\nX: y", "/\udcff", "/..;/a"],
)  # fmt: skip
def test_what_has_no_single_reading_is_refused(target):
    """Save for `//`, which is `/`."""
    assert (target == "//") == (read(target) is not BAD_REQUEST)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://b.example.com/x", ("b.example.com", "b.example.com", "/x")),
        ("HTTPS://B.example.com:444/x", ("b.example.com", "B.example.com:444", "/x")),
        ("http://b.example.com", ("b.example.com", "b.example.com", "/")),
        ("http://b.example.com?x", ("b.example.com", "b.example.com", "/")),
        ("http://b.example.com//x", ("b.example.com", "b.example.com", "/x")),
    ],
)
def test_an_absolute_target_s_host_wins(target, expected):
    """RFC 9112, section 3.2.2."""
    found = read(target)
    assert expected == (found.host, found.authority, found.path)


@pytest.mark.parametrize(
    "target",
    ["http://", "http:///x", "http://?x", "http:/x", "ftp://b/x", "http://user@b/x", "http://user:pw@b/x",
     "http://b:99999/x", "http://b\\@c/x", "http://b#x", "ws://b/x", "http://b /x", "http://[::1/x"],
)  # fmt: skip
def test_an_absolute_target_without_a_plain_host_is_refused(target):
    """Nobody's password is a host name."""
    assert BAD_REQUEST is read(target)


def test_a_bad_host_field_is_refused_beside_an_absolute_target():
    """A server behind might look at that one."""
    assert BAD_REQUEST is read("http://b.example.com/", b"a@b")


@pytest.mark.parametrize(("minor", "expected"), [(1, BAD_REQUEST), (0, Target("", "", "/", None, False))])
def test_only_http_1_0_may_name_no_host(minor, expected):
    """RFC 9112, section 3.2."""
    assert expected == read(host=None, http_minor=minor)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE"])
def test_methods_that_are_not_for_a_gateway_are_refused(method):
    """Whatever their target."""
    assert METHOD_NOT_ALLOWED is read("app.example.com:443", method=method)


@pytest.mark.parametrize("target", ["/a%2fb", "/a%5Cb", "/a\\b"])
def test_an_encoded_slash_is_told(target):
    """Whether it is kept is the route's affair."""
    assert read(target).has_encoded_slash


def test_nothing_long_is_remembered():
    """Strangers must not fill the memory."""
    from postern_dataplane.request import target as module

    before = module._compared_host.cache_info().currsize
    compared_host("a." * 10_000)
    assert before == module._compared_host.cache_info().currsize
