"""`postern explain`, from the folder to the text."""

from __future__ import annotations

import jwt
import pytest

import manifests

URL = "http://app.example.com/v1"


def test_a_request_that_passes_is_explained(postern, protected):
    """With a real token, which is not printed."""
    token = postern("token", "--credential", "alice", "--ttl", "1h", protected.path).stdout.strip()
    result = postern("explain", protected.path, "--", "GET", URL, "-H", f"Authorization: Bearer {token}")
    assert (0, "") == (result.exit_code, result.stderr)
    assert "  Authorization: Bearer <redacted>\n" in result.stdout
    assert "The caller is the consumer alice." in result.stdout
    assert token.rpartition(".")[2] not in result.stdout


def test_a_refusal_is_an_explanation_too(postern, protected):
    """The status is 0: the question was answered."""
    result = postern("explain", protected.path, "--", "GET", URL)
    assert (0, True) == (result.exit_code, "missing_token" in result.stdout)


def test_the_dashes_may_be_left_out(postern, protected):
    """They are for readers; the last two arguments are the request."""
    dashed = postern("explain", protected.path, "--", "GET", URL).stdout
    assert dashed == postern("explain", protected.path, "GET", URL).stdout


def test_options_may_stand_before_the_dashes(postern, protected):
    """As all other commands have them."""
    result = postern("explain", "-H", "X-Tenant: a", protected.path, "--", "GET", URL)
    assert result.exit_code == 0


def test_headers_may_come_from_the_environment(postern, protected):
    """One a line."""
    headers = {"POSTERN_EXPLAIN_HEADER": "Cookie: a=b\nAuthorization: Bearer x"}
    result = postern("explain", protected.path, "--", "GET", URL, env=headers)
    assert "malformed_token" in result.stdout


def test_what_is_wrong_in_the_manifests_is_said(postern, protected):
    """It may be the answer."""
    protected.write(manifests.route("lost", serviceRef={"name": "nowhere"}), name="lost.yaml")
    protected.write("a: [", name="broken.yaml")
    result = postern("explain", protected.path, "--", "GET", URL)
    assert "broken.yaml:2:1: " in result.stderr
    assert "see `postern validate`" in result.stderr


def test_a_gateway_that_nobody_names_is_told(postern, protected):
    """A mistyped name would explain nothing but 404s."""
    result = postern("explain", "--gateway", "inner", protected.path, "--", "GET", URL)
    assert (1, True) == (result.exit_code, "no Service is served by a gateway named inner" in result.stderr)


def test_half_a_request_is_a_mistake_of_usage(postern, protected):
    """The message shows how it is written."""
    result = postern("explain", protected.path, "--", "GET")
    assert (2, True) == (result.exit_code, "FOLDER... -- METHOD URL" in result.stderr)


def test_nothing_is_written(postern, protected):
    """Secrets that don't exist yet are made for this time only."""
    protected.write(manifests.credential(keys=[]), name="more.yaml")
    before = sorted(protected.path.rglob("*"))
    postern("explain", protected.path, "--", "GET", URL)
    assert before == sorted(protected.path.rglob("*"))


def test_a_request_to_a_cluster_is_explained(postern, serving):
    """With the Secret of the credential that its token names."""
    token = postern("token", "--cluster", "--credential", "alice", "--ttl", "1h").stdout.strip()
    serving.asked.clear()
    result = postern("explain", "--cluster", "--", "GET", URL, "-H", f"Authorization: Bearer {token}")
    assert (0, "", True) == (result.exit_code, result.stderr, "The caller is the consumer alice." in result.stdout)
    assert ["/api/v1/namespaces/default/secrets/alice"] == [path for path in serving.asked if "secrets" in path]


def test_without_a_token_no_secret_of_a_cluster_is_read(postern, serving):
    """There is nothing to verify."""
    result = postern("explain", "--cluster", "--", "GET", URL)
    assert (0, "", True) == (result.exit_code, result.stderr, "missing_token" in result.stdout)
    assert [] == [path for path in serving.asked if "secrets" in path]


def test_a_secret_that_may_not_be_read_is_told(postern, serving):
    """Its token can't be verified, which is not the gateway's fault."""
    token = postern("token", "--cluster", "--credential", "alice", "--ttl", "1h").stdout.strip()
    serving.refused["/api/v1/namespaces/default/secrets"] = 403
    result = postern("explain", "--cluster", "--", "GET", URL, "-H", f"Authorization: Bearer {token}")
    assert "Warning: left out: Secret default/alice (403 Forbidden)\n" == result.stderr


def test_a_certificate_in_a_secret_is_read(postern, serving):
    """Without it nobody could tell whether the upstream can be reached."""
    tls = {"caCertificateRef": {"kind": "Secret", "name": "ca"}}
    serving.put(manifests.service("tls", upstream={"url": "https://a.example.com", "tls": tls}))
    postern("explain", "--cluster", "--", "GET", URL)
    assert ["/api/v1/namespaces/default/secrets/ca"] == [path for path in serving.asked if "secrets" in path]


def test_what_is_refused_before_any_policy_is_explained_too(postern, protected):
    """A head that the data port does not take gets the data port's answer, and its other checks are not reached."""
    result = postern("explain", protected.path, "--", "POST", URL, "-H", "Expect: something")
    assert (0, True) == (result.exit_code, "HTTP/1.1 417 Expectation Failed" in result.stdout)
    assert "not reached  the token is good" in result.stdout


def test_keys_are_those_that_a_run_has_fetched(postern, folder):
    """Nothing is fetched for an explanation, and where nothing was fetched the answer is 503."""
    issuer = manifests.token_issuer(keys={"url": "http://127.0.0.1:9/jwks"}, fetch={"insecure": True})
    policy = {"jwt": {"tokenIssuers": [{"name": "idp"}]}}
    folder.write(manifests.service(hosts=["app.example.com"], auth=policy), manifests.route(), issuer)
    token = jwt.encode({"iss": "https://login.example.com"}, "x" * 32)
    result = postern("explain", folder.path, "--", "GET", URL, "-H", f"Authorization: Bearer {token}")
    assert "TokenIssuer default/idp: none yet" in result.stdout
    assert "issuer_unavailable" in result.stdout


LISTENERS = [
    "--listener=open=http://app.example.com:8081",
    "--listener=old=http://old.example.com:8081?redirect=8443",
    "--listener=other=http://*.example.org:8082",
]


@pytest.mark.parametrize(
    ("host", "step"),
    [
        ("app.example.com:8081", "ok its listener serves it: open, for app.example.com at port 8081"),
        ("old.example.com:8081", "refused its listener serves it: old, for old.example.com at port 8081, and sends "),
        ("app.example.com:8082", "refused a route takes it: no listener of port 8082 takes the host "),
    ],
)
def test_the_port_of_a_url_is_that_of_its_listener(postern, protected, host, step):
    """Which listener takes the request is a step of its own."""
    result = postern("explain", protected.path, *LISTENERS, "--", "GET", f"http://{host}/v1")
    assert (0, "") == (result.exit_code, result.stderr)
    assert step in " ".join(result.stdout.split())


def test_any_other_port_is_one_of_the_settings(postern, protected):
    """Listeners are beside those, and change nothing there."""
    with_listeners = postern("explain", protected.path, *LISTENERS, "--", "GET", URL)
    assert postern("explain", protected.path, "--", "GET", URL).stdout == with_listeners.stdout
