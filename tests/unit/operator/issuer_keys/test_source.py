"""What is one source."""

import msgspec
import pytest

from postern_operator.issuer_keys.source import Demand, KeySource, Service, Terms

SOURCE = KeySource("https://login.example.com/jwks")


def test_equal_sources_have_one_id():
    """It names files and objects, from one run to the next."""
    assert SOURCE.id == KeySource("https://login.example.com/jwks").id
    assert 32 == len(SOURCE.id)


@pytest.mark.parametrize(
    "other",
    [
        {"url": "https://login.example.com/other"},
        {"discovers": "https://login.example.com"},
        {"ca_pem": "x"},
        {"service": Service("keycloak.login.svc", 8080)},
        {"is_insecure": True},
        {"is_kubernetes": True},
    ],
)
def test_whatever_differs_makes_another_source(other):
    """Another CA or another way there may lead to other keys."""
    assert SOURCE.id != msgspec.structs.replace(SOURCE, **other).id


def test_issuers_of_one_source_share_the_shortest_interval():
    """It ends after 80 percent of the shortest maxStale; they share the longest patience too, and 0 ends nothing."""
    terms = Terms.of([Demand(SOURCE, 600, 5, 0), Demand(SOURCE, 60, 9, 3600), Demand(SOURCE, 300, 1, 60, "demo")])
    assert Terms(48, 9, (60, 3600), frozenset({"", "demo"})) == terms


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://login.example.com:8443/jwks", "https://login.example.com:8443/jwks"),
        ("https://user:secret@login.example.com/jwks?key=secret#secret", "https://login.example.com/jwks"),
        ("https://a:b@secret@[::1/x?\nsecret", "https://[::1/x"),
        ("secret?secret", "secret"),
    ],
)
def test_a_place_is_shown_without_what_may_be_secret(url, place):
    """Logs and conditions have more readers than the object that names the URL."""
    assert place == KeySource(url).place


def test_the_api_server_has_no_url_to_show():
    """It is the one that the operator works with."""
    assert "the API server" == KeySource(is_kubernetes=True).place
