"""Clients that write all of a request before they read: they get the refusal, however large the request is."""

from __future__ import annotations

import http.client
import time

import manifests
import raw
from secure_gateway import SecureDataPlane

PROTECTED = [manifests.service(), manifests.route(auth={"jwt": {}})]
BODY = b"a" * (10 * 2**20)


def refused(connection):
    """The status of a large request without a token."""
    connection.request("POST", "/", body=BODY, headers={"Host": "app.example.com"})
    response = connection.getresponse()
    return response.status, response.read()


def test_a_large_body_without_a_token_is_refused(start_gateway):
    """A 10 MiB POST without a token, from a client that writes first, reads the 401 and no pipe error."""
    gateway = start_gateway(PROTECTED)
    status, body = refused(http.client.HTTPConnection(*gateway.listen, timeout=30))
    assert (401, b'{"message":"Missing JWT token in request"}') == (status, body)


def test_a_large_body_over_tls_is_refused(start_gateway):
    """TLS discards what comes after its end, and that is waited for as well."""
    gateway = start_gateway(PROTECTED, kind=SecureDataPlane)
    address = gateway.listen
    address.context.check_hostname = False
    connection = http.client.HTTPSConnection(address.host, address.port, timeout=30, context=address.context)
    assert 401 == refused(connection)[0]


def test_a_slow_client_is_waited_for(start_gateway):
    """It is the time without a byte that ends a connection."""
    gateway = start_gateway(PROTECTED)
    with raw.Client(gateway.listen) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: {len(BODY)}\r\n\r\n")
        for _ in range(12):
            client.send(b"a" * 1000)
            time.sleep(0.5)
        assert 401 == client.answer().status
