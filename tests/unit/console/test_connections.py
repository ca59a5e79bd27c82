"""What aiohttp answers before the gatekeeper sees a request: one fixed text, and nothing is logged."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest

from postern_console.security_headers import SECURITY_HEADERS

HERE = "HERE"
SESSION = "postern-console-1=s3cret"


async def answer_to(console, text):
    """All that is answered to these bytes, until the connection is closed."""
    address = urlsplit(console.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(text.replace(HERE, address.netloc).replace("\n", "\r\n").encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer.decode()


@pytest.mark.parametrize(
    "text",
    [
        f"GET / HTTP/1.1\nHost: {HERE}\nCookie: {SESSION}; a={'x' * 9_000}\n\n",
        f"GET / HTTP/1.1\nHost: {HERE}\nCookie: {SESSION}; a=\x01\n\n",
        f"GET /s3cret{'x' * 9_000} HTTP/1.1\nHost: {HERE}\n\n",
        f"GET / HTTP/1.1\nHost: {HERE}\ns3cret field: 1\n\n",
        "s3cret\n\n",
    ],
)
async def test_a_request_that_can_t_be_parsed_is_neither_quoted_nor_logged(console, text, capfd, caplog):
    """The answer has the headers of every response, and a page that floods the console leaves the terminal as it is."""
    answer = await answer_to(console, text)
    head, _, body = answer.partition("\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert ("HTTP/1.0 400 ", "This request can't be read.\n") == (head[:13], body)
    assert dict(SECURITY_HEADERS) == {name: fields.get(name) for name in SECURITY_HEADERS}
    assert ([], ("", "")) == (caplog.records, capfd.readouterr())


async def test_a_cookie_of_another_program_is_not_logged(console, capfd, caplog):
    """Cookies of loopback are shared by all ports, and their names are whatever other programs chose."""
    answer = await answer_to(
        console, f"GET / HTTP/1.1\nHost: {HERE}\nConnection: close\nCookie: a[b]=1; a(s3cret=x; ,=;\n\n"
    )
    assert ("HTTP/1.1 403", []) == (answer[:12], caplog.records)
    assert ("", "") == capfd.readouterr()


@pytest.mark.parametrize("expected", ["100-continue", "s3cret"])
@pytest.mark.parametrize("path", ["/decode", "/gone", "/static/console.css"])
async def test_a_foreign_host_that_expects_something_is_misdirected(console, expected, path):
    """Host is looked at before Expect, which has no answer of its own."""
    answer = await answer_to(
        console,
        f"POST {path} HTTP/1.1\nHost: evil.example\nConnection: close\nExpect: {expected}\nContent-Length: 1\n\nx",
    )
    assert ("HTTP/1.1 421", False) == (answer[:12], "s3cret" in answer)


async def test_a_form_whose_client_expects_100_is_taken(console):
    """The body is read all the same."""
    status, _, _ = await console.ask(
        "POST",
        "/decode",
        headers={"Origin": console.base, "Expect": "other"},
        data={"form_token": console.form_token},
    )
    assert 200 == status
