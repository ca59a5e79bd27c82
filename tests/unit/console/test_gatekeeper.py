"""The frame of every page over a real socket: the host, the link, the session, and the headers of every response."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp
import pytest

from postern_console.gatekeeper import page_response
from postern_console.security_headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS
from postern_operator.errors import LocalError

PATHS = ["/", "/services", "/services/default/app", "/static/console.css", "/nothing"]


async def raw(console, text):
    """The status line of what is answered to these bytes."""
    address = urlsplit(console.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(text.replace("\n", "\r\n").encode())
    status = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    return status.decode().split(" ")[1]


@pytest.mark.parametrize("path", [*PATHS, "/start/x"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1"])
async def test_another_host_is_misdirected(console, path, host):
    """A page whose name was made to lead to loopback gets 421, with the cookie too."""
    status, _, text = await console.get(path, headers={"Host": host})
    assert (421, False) == (status, "app.example.com" in text)


async def test_the_link_is_not_used_up_by_another_host(closed):
    """Host is looked at before anything else."""
    status, _, _ = await closed.get(urlsplit(closed.link).path, headers={"Host": "evil.example"})
    assert 421 == status
    status, _, _ = await closed.get(urlsplit(closed.link).path)
    assert 200 == status


@pytest.mark.parametrize("fields", ["", "Host: HERE\nHost: evil.example\n", "Host: \n"])
async def test_a_host_that_is_not_one_is_refused(console, fields):
    """Without Host, or with two of them, it is unknown who is meant."""
    here = urlsplit(console.base).netloc
    assert await raw(console, f"GET / HTTP/1.1\n{fields.replace('HERE', here)}\n") in ("400", "421")


async def test_a_target_in_absolute_form_is_misdirected(console):
    """A target that names a host would count before Host."""
    here = urlsplit(console.base).netloc
    assert "421" == await raw(console, f"GET http://evil.example/ HTTP/1.1\nHost: {here}\n\n")


@pytest.mark.parametrize("path", PATHS)
async def test_a_browser_without_the_cookie_is_refused(closed, path):
    """Only the browser that has opened the link is served."""
    status, _, text = await closed.get(path)
    assert (403, False) == (status, "<" in text)


async def test_a_link_is_good_once(console):
    """A replayed link gets 403, and no cookie."""
    status, headers, _ = await console.get(urlsplit(console.link).path)
    assert (403, None) == (status, headers.get("Set-Cookie"))


async def test_looking_at_a_link_does_not_use_it_up(closed):
    """A program that previews links asks by HEAD."""
    status, _, _ = await closed.ask("HEAD", urlsplit(closed.link).path)
    assert status in (403, 405)
    assert 200 == (await closed.get(urlsplit(closed.link).path))[0]


async def test_the_cookie_is_for_this_site_and_no_script(closed):
    """It is HttpOnly, Strict, ends with the browser, and its name holds the port."""
    _, headers, _ = await closed.get(urlsplit(closed.link).path)
    name, _, rest = headers["Set-Cookie"].partition("=")
    attributes = {one.strip() for one in rest.split(";")[1:]}
    assert (f"postern-console-{urlsplit(closed.base).port}", {"HttpOnly", "Path=/", "SameSite=Strict"}) == (
        name,
        attributes,
    )


@pytest.mark.parametrize("path", [*PATHS, "/start/x"])
async def test_every_response_has_the_headers(console, path):
    """Errors and files have them as pages do."""
    for options in ({}, {"headers": {"Host": "evil.example"}}):
        _, headers, _ = await console.get(path, **options)
        assert dict(SECURITY_HEADERS) == {name: headers.get(name) for name in SECURITY_HEADERS}


def test_a_page_is_html_of_one_encoding():
    """No browser has to guess what it is."""
    response = page_response("é", 404)
    assert (404, "text/html", "utf-8") == (response.status, response.content_type, response.charset)


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    """What is not named falls to 'none', and what is named is 'self' or 'none'."""
    directives = dict(one.split(" ", 1) for one in CONTENT_SECURITY_POLICY.split("; "))
    assert "'none'" == directives["default-src"]
    assert {"'none'", "'self'"} == set(directives.values())
    assert {"base-uri", "frame-ancestors", "form-action"} < set(directives)


def test_a_page_with_half_of_a_surrogate_pair_is_sent():
    """JSON may have one, and UTF-8 has none."""
    assert rb"a\ud800" == page_response("a\ud800").body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/services", "/decode"])
async def test_a_page_of_another_origin_sends_nothing(console, method, path):
    """Every method but GET and HEAD wants the console's own origin, and no CORS is said."""
    host = urlsplit(console.base).netloc
    for fields in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://{host}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": console.base, "Sec-Fetch-Site": "same-site"},
        {"Origin": console.base, "Sec-Fetch-Site": "cross-site"},
    ):
        status, headers, _ = await console.ask(method, path, headers=fields, data={"form_token": console.form_token})
        assert (403, []) == (status, [name for name in headers if name.startswith("Access-Control")]), fields


async def test_a_form_of_this_console_is_taken(console):
    """Origin and Sec-Fetch-Site are what a browser says of a page of the console."""
    fields = {"Origin": console.base, "Sec-Fetch-Site": "same-origin"}
    status, _, _ = await console.ask("POST", "/decode", headers=fields, data={"form_token": console.form_token})
    assert 200 == status
    status, _, _ = await console.ask("POST", "/services", headers=fields, data={"form_token": console.form_token})
    assert 405 == status


@pytest.mark.parametrize("token", [None, "", "x", "ü"])
async def test_a_form_without_the_token_of_the_console_is_refused(console, token):
    """A form of an earlier console at the same port is none of this one."""
    data = {} if token is None else {"form_token": token}
    status, _, _ = await console.ask("POST", "/decode", headers={"Origin": console.base}, data=data)
    assert 403 == status


async def test_a_form_in_parts_is_refused(console):
    """Its parts would be written to temporary files, and one may be a private key."""
    data = aiohttp.FormData({"form_token": console.form_token}, default_to_multipart=True)
    status, _, _ = await console.ask("POST", "/decode", headers={"Origin": console.base}, data=data)
    assert 415 == status


@pytest.mark.parametrize(("charset", "data"), [("nothing", b"a=b"), ("utf-8", b"a=\xff")])
async def test_a_form_that_can_t_be_decoded_is_refused(console, charset, data, capsys):
    """It is the client's mistake, of which the terminal has nothing."""
    form = {"Origin": console.base, "Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
    status, _, _ = await console.ask("POST", "/decode", headers=form, data=data)
    assert (400, "") == (status, capsys.readouterr().err)


async def test_a_form_that_is_too_large_is_refused(console):
    """What a page sends is kept in memory."""
    data = {"form_token": console.form_token, "token": "x" * 300_000}
    status, _, _ = await console.ask("POST", "/decode", headers={"Origin": console.base}, data=data)
    assert 413 == status


async def test_an_error_that_was_not_expected_quotes_nothing(console, monkeypatch, capsys):
    """Its text may hold a secret: neither the page nor the terminal has it."""

    def fail(*_):
        raise ValueError("s3cret")

    monkeypatch.setattr("postern_console.app.overview", fail)
    status, _, text = await console.get("/")
    told = capsys.readouterr().err
    assert (500, False, False, True) == (status, "s3cret" in text, "s3cret" in told, "ValueError at " in told)


async def test_a_folder_that_can_t_be_read_is_said(console, monkeypatch):
    """The message of our own errors is for people."""

    def fail(*_):
        raise LocalError("the folder has gone")

    monkeypatch.setattr("postern_console.app.overview", fail)
    status, _, text = await console.get("/")
    assert (500, True) == (status, "the folder has gone" in text)
