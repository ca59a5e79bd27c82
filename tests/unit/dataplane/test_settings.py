"""The command line and the environment of the data plane, and what they refuse."""

from __future__ import annotations

import importlib.util

import msgspec
import pytest

from postern_dataplane.machine import memory_for_connections
from postern_dataplane.settings import Settings, read_settings
from postern_dataplane.store_address import StoreAddress
from postern_kit.addresses import Address


def read(*options):
    return read_settings(["--config", "/snapshots", *options])


def test_the_defaults_are_the_settings_own():
    """The command line adds none of its own."""
    assert Settings(config="/snapshots") == read()


def test_the_memory_for_connections_follows_from_the_workers():
    """Unless it is given."""
    assert memory_for_connections(3) == read("--workers", "3").worker_memory_bytes()
    assert 2**20 == read("--workers", "3", "--connection-memory", "1048576").worker_memory_bytes()


@pytest.mark.parametrize(
    ("option", "text", "name", "value"),
    [
        ("--listen", "0.0.0.0:80", "listen", Address("0.0.0.0", 80)),
        ("--listen", "[::1]:80", "listen", Address("::1", 80)),
        ("--admin", "localhost:0", "admin", Address("localhost", 0)),
        ("--workers", "3", "workers", 3),
        ("--tls-min-version", "1.3", "tls_min_version", "1.3"),
        ("--trusted-proxies", "10.0.0.0/8, fd00::/8", "trusted_proxies", ("10.0.0.0/8", "fd00::/8")),
        ("--access-log", "off", "access_log", None),
        ("--access-log", "0", "access_log", 0.0),
        ("--access-log-refusals", "off", "access_log_refusals", 0),
        ("--access-log-refusals", "20", "access_log_refusals", 20),
        ("--access-log", "on", "access_log", 1.0),
        ("--access-log", "0.1", "access_log", 0.1),
        ("--access-log-claims", "sub, /realm_access/roles", "access_log_claims", ("sub", "/realm_access/roles")),
        ("--metrics-routes", "off", "metrics_routes", 0),
        ("--metrics-routes", "20000", "metrics_routes", 20_000),
        ("--remember-heads", "on", "remember_heads", True),
        ("--remember-heads", "off", "remember_heads", False),
        ("--remember-tokens", "off", "remember_tokens", False),
        ("--drain-grace", "1m30s", "drain_grace_s", 90.0),
        ("--max-connections", "5", "max_connections", 5),
        ("--connection-memory", "1048576", "connection_memory_bytes", 2**20),
        ("--header-timeout", "500ms", "header_timeout_s", 0.5),
        ("--idle-timeout", "1h", "idle_timeout_s", 3600.0),
        ("--upload-timeout", "5m", "upload_timeout_s", 300.0),
        ("--upload-timeout", "off", "upload_timeout_s", 0.0),
        ("--max-response-headers", "8192", "max_response_headers_bytes", 8192),
        ("--max-headers-bytes", "8192", "max_headers_bytes", 8192),
        ("--max-header-line", "65536", "max_header_line_bytes", 65536),
        ("--max-request-body", "off", "max_request_body_bytes", None),
        ("--max-request-body", "10Mi", "max_request_body_bytes", 10 * 2**20),
        ("--max-request-line", "1024", "max_request_line_bytes", 1024),
        ("--max-header-line", "1024", "max_header_line_bytes", 1024),
        ("--max-headers-bytes", "1024", "max_headers_bytes", 1024),
        ("--max-headers", "10", "max_headers", 10),
    ],
)
def test_an_option_sets_its_setting(option, text, name, value):
    """Units are written by people and read as numbers."""
    settings = read(option, text)
    assert value == getattr(settings.limits if hasattr(settings.limits, name) else settings, name)


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--listen", "9080", "is not HOST:PORT"),
        ("--listen", ":9080", "is not HOST:PORT"),
        ("--listen", "::1:9080", "is not HOST:PORT"),
        ("--listen", "127.0.0.1:65536", "is not a port"),
        ("--tls-min-version", "1.1", "is not one of 1.2, 1.3"),
        ("--redirect-to-https", "0", "is not a port"),
        ("--redirect-to-https", "65536", "is not a port"),
        ("--redirect-to-https", "443", "--redirect-to-https needs --listen-tls"),
        ("--rate-limit-store", "redis:6379", "redis://HOST:PORT"),
        ("--rate-limit-store", "redis://:secret@store", "its password belongs in a file"),
        ("--rate-limit-store-password-file", "/password", "need --rate-limit-store"),
        ("--rate-limit-store-ca-file", "/ca.crt", "need --rate-limit-store"),
        ("--certificates", "/certificates", "--certificates needs --listen-tls"),
        ("--tls-client-ca", "/ca.crt", "--tls-client-ca needs --listen-tls"),
        ("--workers", "0", "is not a number of 1 or more"),
        ("--workers", "two", "is not a number of 1 or more"),
        ("--trusted-proxies", "10.0.0.1/8", "has host bits set"),
        ("--remember-heads", "no", "neither on nor off"),
        ("--access-log-claims", "a,b,c,d,e,f,g,h,i", "9 claims are more than 8"),
        ("--access-log-claims", "a" * 65, "is not a claim"),
        ("--access-log-claims", "é", "is not a claim"),
        ("--access-log-claims", "/a~b", "is not a JSON pointer"),
        ("--access-log", "2", "neither off, on nor a share"),
        ("--access-log", "nan", "neither off, on nor a share"),
        ("--drain-grace", "30", "is not a duration"),
        ("--header-timeout", "0s", "is not a duration"),
        ("--upload-timeout", "0s", "is not a duration"),
        ("--max-request-body", "10MB", "neither off nor a number of bytes"),
        ("--max-header-line", "65537", "has no effect with --max-headers-bytes 65536"),
        ("--max-response-headers", "262145", "is more than 262144"),
    ],
)
def test_a_mistake_is_explained(option, text, said, capsys):
    """Status 2 and a sentence, as every command line does it."""
    with pytest.raises(SystemExit) as ended:
        read(option, text)
    assert (2, True) == (ended.value.code, said in capsys.readouterr().err)


def test_certificates_of_clients_that_are_required_need_a_redirect(capsys):
    """A client would go by them at the port without TLS, which is always there."""
    asked = ("--listen-tls", "127.0.0.1:0", "--tls-client-ca", "/ca.crt")
    with pytest.raises(SystemExit):
        read(*asked)
    assert "required needs --redirect-to-https" in capsys.readouterr().err
    assert 443 == read(*asked, "--redirect-to-https", "443").redirect_to_https
    assert 0 == read(*asked, "--tls-client-validation", "optional").redirect_to_https


def test_a_variable_sets_a_setting(monkeypatch):
    """The variable is named by the option, and the option counts before it."""
    monkeypatch.setenv("POSTERN_DATAPLANE_MAX_REQUEST_LINE", "1024")
    monkeypatch.setenv("POSTERN_DATAPLANE_WORKERS", "3")
    settings = read("--workers", "2")
    assert (1024, 2) == (settings.limits.max_request_line_bytes, settings.workers)


def test_tls_is_an_address_and_certificates():
    """TLS takes an address and certificates and, optionally, a redirect to it."""
    settings = read("--listen-tls", "[::]:8443", "--certificates", "/c", "--redirect-to-https", "443")
    assert (Address("::", 8443), "/c", 443) == (settings.listen_tls, settings.certificates, settings.redirect_to_https)
    assert settings == msgspec.json.decode(msgspec.json.encode(settings), type=Settings)


def test_settings_travel_to_the_workers():
    """As JSON, and come out equal."""
    settings = read("--listen", "[::1]:80", "--trusted-proxies", "10.0.0.0/8")
    assert settings == msgspec.json.decode(msgspec.json.encode(settings), type=Settings)


def test_an_address_is_shown_as_it_is_written():
    """IPv6 in brackets."""
    assert ["127.0.0.1:80", "[::1]:80"] == [str(Address("127.0.0.1", 80)), str(Address("::1", 80))]


def test_a_store_needs_its_client(monkeypatch):
    """Without the extra, the message says how to install it; without a store, nothing is missing."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert None is read().rate_limit_store
    with pytest.raises(ValueError, match="pip install 'postern-gateway\\[redis\\]'"):
        Settings(config="/", rate_limit_store=StoreAddress(host="store"))


def test_a_store_travels_to_the_workers():
    """Workers get their settings as JSON."""
    settings = read("--rate-limit-store", "rediss://user@store/1", "--rate-limit-store-password-file", "/password")
    assert settings == msgspec.json.decode(msgspec.json.encode(settings), type=Settings)
