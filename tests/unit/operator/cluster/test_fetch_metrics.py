"""What is counted of the fetches of issuers' keys."""

import json

from prometheus_client import generate_latest

from fake_provider import jwk, signing_key
from postern_operator.cluster.fetch_metrics import FetchMetrics
from postern_operator.cluster.metrics import Metrics
from postern_operator.issuer_keys.fetch import FetchedKeys

KEYS = FetchedKeys(json.dumps({"keys": [jwk(signing_key(), "one"), jwk(signing_key(), "two")]}), 100.0)


def shown(metrics):
    lines = generate_latest(metrics.registry).decode().splitlines()
    return {line for line in lines if line.startswith("postern_operator_jwks") and "_created" not in line}


def test_fetches_are_counted_by_issuer_and_result():
    """The age of keys grows while fetches fail; without keys, neither age nor number is shown."""
    metrics = Metrics()
    observer = FetchMetrics(metrics, lambda: 160.0)
    observer.fetched(["a", "b"], "changed", KEYS)
    observer.fetched(["a"], "KeysUnavailable", KEYS)
    observer.fetched(["c"], "Redirected", None)

    assert {
        'postern_operator_jwks_fetches_total{issuer="a",result="changed"} 1.0',
        'postern_operator_jwks_fetches_total{issuer="b",result="changed"} 1.0',
        'postern_operator_jwks_fetches_total{issuer="a",result="KeysUnavailable"} 1.0',
        'postern_operator_jwks_fetches_total{issuer="c",result="Redirected"} 1.0',
        'postern_operator_jwks_age_seconds{issuer="a"} 60.0',
        'postern_operator_jwks_age_seconds{issuer="b"} 60.0',
        'postern_operator_jwks_keys{issuer="a"} 2.0',
        'postern_operator_jwks_keys{issuer="b"} 2.0',
    } == shown(metrics)


def test_an_issuer_that_is_gone_has_no_series():
    """A million issuers that come and go leave memory as it was; one without keys can go too."""
    metrics = Metrics()
    observer = FetchMetrics(metrics, lambda: 160.0)
    for it in range(1000):
        observer.fetched([str(it)], "changed", KEYS if it % 2 else None)
        observer.dropped([str(it)])
    observer.dropped(["unknown"])
    assert set() == shown(metrics)
