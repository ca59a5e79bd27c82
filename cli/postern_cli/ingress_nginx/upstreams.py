"""What is said of the connection to the application: time-outs, attempts, TLS, and copies of requests."""

from __future__ import annotations

import re

from .reading import Annotations, Fields, Reading, UnsayableError, whole_number

TIMEOUTS = ("proxy-connect-timeout", "proxy-read-timeout", "proxy-send-timeout")
# The time-outs of nginx, and of an upstream here, unless they are given.
IDLE_S = 60
RETRIES = ("proxy-next-upstream", "proxy-next-upstream-tries", "proxy-next-upstream-timeout")
TRIES = "3"
ATTEMPTS_MAX = 5
TLS = (
    "backend-protocol",
    "proxy-ssl-secret",
    "proxy-ssl-verify",
    "proxy-ssl-verify-depth",
    "proxy-ssl-name",
    "proxy-ssl-server-name",
    "proxy-ssl-ciphers",
    "proxy-ssl-protocols",
)
MIRROR = ("mirror-target", "mirror-host", "mirror-request-body")
_MIRROR_URL = re.compile(r"(https?://[a-z0-9.-]+(?::[0-9]{1,5})?)\$request_uri")


def read_timeouts(given: Annotations, _namespace: str) -> Reading:
    """The time between two reads is that for the head, and for a silence within a body."""
    seconds = {name: whole_number(name, value) for name, value in given.items()}
    if 0 in seconds.values():
        raise UnsayableError(next(name for name, it in seconds.items() if not it), "its value is not above 0")
    timeouts: Fields = {}
    if "proxy-connect-timeout" in seconds:
        timeouts["connect"] = f"{seconds['proxy-connect-timeout']}s"
    if "proxy-read-timeout" in seconds:
        timeouts["request"] = f"{seconds['proxy-read-timeout']}s"
    if {"proxy-read-timeout", "proxy-send-timeout"} & set(seconds):
        idle = max(seconds.get("proxy-read-timeout", IDLE_S), seconds.get("proxy-send-timeout", 0))
        timeouts["idle"] = f"{idle}s"
    return Reading({"upstream": {"timeouts": timeouts}})


def read_retries(given: Annotations, _namespace: str) -> Reading:
    """`error` is a failed connection, which `retries` of the upstream is for; statuses are for `retry`."""
    cases = given.get("proxy-next-upstream", "error timeout").split()
    tries = whole_number("proxy-next-upstream-tries", given.get("proxy-next-upstream-tries", TRIES))
    attempts = min(tries - 1 if tries else ATTEMPTS_MAX, ATTEMPTS_MAX)
    codes = sorted(int(case[5:]) for case in cases if re.fullmatch(r"http_[45][0-9]{2}", case))
    if "off" in cases or not attempts:
        return Reading({"upstream": {"retries": {"attempts": 0}}})
    fields: Fields = {"upstream": {"retries": {"attempts": attempts if "error" in cases else 0}}}
    if codes:
        fields["retry"] = {"codes": codes, "attempts": attempts}
    return Reading(fields, tuple(_differences(given, cases, tries)))


def _differences(given: Annotations, cases: list[str], tries: int) -> list[str]:
    notes = []
    if "non_idempotent" in cases:
        notes.append("proxy-next-upstream: POST, PATCH and LOCK are never sent again here")
    if "timeout" in cases and "proxy-next-upstream" in given:
        notes.append("proxy-next-upstream: a request that has timed out is answered 504, and not sent again")
    if tries == 0 or tries > ATTEMPTS_MAX + 1:
        notes.append(f"proxy-next-upstream-tries: {ATTEMPTS_MAX} more attempts are the most")
    if given.get("proxy-next-upstream-timeout", "0") != "0":
        notes.append("proxy-next-upstream-timeout: is dropped; timeouts.request bounds all attempts together")
    return notes


def read_tls(given: Annotations, namespace: str) -> Reading:
    """`upstream.tls`, with what nginx verified: nothing, unless `proxy-ssl-verify` is on."""
    protocol = given.get("backend-protocol", "HTTP").upper()
    if protocol in ("", "HTTP", "AUTO_HTTP"):
        return Reading({})
    if protocol != "HTTPS":
        raise UnsayableError("backend-protocol", f"{protocol[:16]} is not spoken to applications yet")
    tls: Fields = {}
    if given.get("proxy-ssl-name"):
        tls["serverName"] = given["proxy-ssl-name"]
    notes = []
    owner, _, secret = given.get("proxy-ssl-secret", "").rpartition("/")
    if owner and owner != namespace:
        raise UnsayableError("proxy-ssl-secret", "names a Secret of another namespace; copy it into this one")
    if secret:
        notes.append(
            "proxy-ssl-secret: where it holds tls.crt and tls.key, add tls.clientCertificateRef,"
            " and the label postern.dev/use: client-certificate to the Secret"
        )
    if given.get("proxy-ssl-verify") == "on":
        if not secret:
            raise UnsayableError("proxy-ssl-verify", "needs proxy-ssl-secret, which has the CAs")
        tls["caCertificateRef"] = {"kind": "Secret", "name": secret, "key": "ca.crt"}
    else:
        tls["insecureSkipVerify"] = True
        notes.append(
            "backend-protocol: nginx did not verify the application's certificate, and so insecureSkipVerify is set;"
            " give tls.caCertificateRef in its place"
        )
    return Reading({"upstream": {"tls": tls}}, tuple(notes))


def read_mirror(given: Annotations, _namespace: str) -> Reading:
    """A mirror that gets a copy of each request with its own path."""
    found = _MIRROR_URL.fullmatch(given.get("mirror-target", ""))
    if found is None:
        return Reading({}, ("mirror-target: is no address with $request_uri, and is dropped",))
    return Reading(
        {"mirrors": [{"url": found[1]}]},
        ("mirror-target: a request with a body of more than 64 KiB has no copy, and mirror-request-body counts not",),
    )
