"""The requests of golden cases over HTTP: as bytes to a running gateway, and what came of them, to be compared.

Tokens are made relative to the real time instead of the case's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

import cases
import raw
import tokens
from certificates import Authority
from postern_core.compile import compile_snapshot
from postern_core.parse import parse_manifest
from postern_core.snapshot import Credential
from postern_operator.validators import VALIDATORS
from upstream import Upstream

# The one refusal with 403 that no token would change: it comes without a challenge.
CLIENT_NOT_ALLOWED = "Client not allowed"

# A claim that is good for one more second needs an answer before that.
QUICK_S = 0.5
ATTEMPTS = 20


def served_by(case: Path, port: int) -> list[dict[str, Any]]:
    """The manifests of a case, with the upstream's real port."""
    text = json.dumps(cases.manifests_of(case)).replace(str(cases.UPSTREAM_PORT), str(port))
    return list(json.loads(text))


def options_of(settings: cases.Settings, folder: Path) -> list[str]:
    """The options of `postern run` by which a gateway has the settings of a case; certificates go into the folder."""
    options = ["--gateway", settings.gateway]
    if settings.trusted_proxies:
        options += ["--trusted-proxies", ",".join(settings.trusted_proxies)]
    if settings.require_policy:
        options.append("--require-policy")
    if settings.redirect_to_https is not None:
        pair = Authority("test CA").issue("app.example.com")
        (folder / "default").mkdir()
        (folder / "default/tls.crt").write_bytes(pair.chain)
        (folder / "default/tls.key").write_bytes(pair.key)
        options += ["--listen-tls", "127.0.0.1:0", "--certificates", str(folder)]
        options += ["--redirect-to-https", str(settings.redirect_to_https)]
    return options


def credentials_of(manifests: Iterable[dict[str, Any]], gateway: str = "default") -> dict[str, Credential]:
    """The credentials that tokens are made with."""
    resources = [parse_manifest(manifest) for manifest in manifests]
    snapshot = compile_snapshot(resources, inspectors=VALIDATORS, gateway=gateway).snapshot
    return {f"{entry.namespace}/{entry.name}": entry for entry in snapshot.credentials}


def expected_of(request: cases.Request, port: int) -> dict[str, Any]:
    """What must come of a request, in words that can be compared; the token is not yet in its place."""
    expect = request.expect
    cors: dict[str, Any] = {} if expect.cors is None else {"cors": expect.cors}
    cors |= {"answer": expect.answer} if expect.answer else {}
    if expect.upstream is None:
        message = expect.message if request.method != "HEAD" else ""
        seen = {
            "status": expect.status,
            "message": message,
            "content": expect.content,
            "challenge": expect.challenge,
            "location": expect.location,
        }
        return {name: value for name, value in seen.items() if value} | cors
    headers: dict[str, str | None] = dict.fromkeys(expect.upstream.absent)
    for name, value in expect.upstream.headers.items():
        headers[name.lower()] = value.replace(str(cases.UPSTREAM_PORT), str(port))
    return {"target": expect.upstream.target, "headers": headers} | cors


def ask(
    request: cases.Request,
    listen: raw.Address,
    upstream: Upstream,
    credentials: dict[str, Credential],
    asked: Callable[[str], None] = lambda _token: None,
) -> dict[str, Any]:
    """Make a request; returns its outcome, as far as the case checks it. `asked` is called before each attempt."""
    for _ in range(ATTEMPTS):
        began_s = time.time()
        token = tokens.mint(request.token, began_s, credentials) if request.token else ""
        # Thrice: then the decision is cached, and must be the same.
        for _ in range(2):
            asked(token)
            raw.ask(listen, bytes_of(request, token), method=request.method)
        asked(token)
        upstream.forget()
        answer = raw.ask(listen, bytes_of(request, token), method=request.method)
        if time.time() - began_s < QUICK_S:
            break
    else:
        pytest.fail("the machine is too slow to tell what a second means")
    cors: dict[str, Any] = {} if request.expect.cors is None else {"cors": cors_of(answer)}
    if request.expect.answer:
        cors |= {"answer": {name: answer.value(name) for name in request.expect.answer}}
    if request.expect.upstream is None:
        return refusal(expected_of(request, upstream.port), answer, token, upstream) | cors
    return forwarded(request, request.expect.upstream, answer, token, upstream) | cors


def cors_of(answer: raw.Answer) -> dict[str, str | None]:
    """The fields of CORS in an answer, each of which may come once, and Vary."""
    names = [name for name, _ in answer.fields if name.lower().startswith("access-control-") or name == "Vary"]
    return {name: answer.value(name) for name in names}


def forwarded(
    request: cases.Request, wanted: cases.Upstream, answer: raw.Answer, token: str, upstream: Upstream
) -> dict[str, Any]:
    assert 200 == answer.status, f"{request.name}: {answer}"
    [seen] = upstream.requests
    assert seen.start.endswith(" HTTP/1.1")
    headers = {name: seen.fields.get(name) for name in (*map(str.lower, wanted.headers), *wanted.absent)}
    if not token:
        return {"target": seen.target, "headers": headers}
    headers = {name: value and value.replace(token, "{token}") for name, value in headers.items()}
    return {"target": seen.target.replace(token, "{token}"), "headers": headers}


def refusal(expected: dict[str, Any], answer: raw.Answer, token: str, upstream: Upstream) -> dict[str, Any]:
    assert [] == upstream.requests, "a refused request has reached the upstream"
    assert not token or token.encode() not in answer.head + answer.body
    is_about_token = answer.status in (401, 403) and expected.get("message") != CLIENT_NOT_ALLOWED
    assert is_about_token == bool(answer.values("WWW-Authenticate"))
    seen = {
        "status": answer.status,
        "message": answer.message,
        "content": (answer.value("Content-Type"), answer.body.decode()),
        "challenge": answer.value("WWW-Authenticate"),
        "location": answer.value("Location"),
    }
    return {name: seen[name] for name in expected if name in seen}


def bytes_of(request: cases.Request, token: str) -> bytes:
    """The request as the case writes it, byte for byte."""
    fields = [("Host", request.host)] if request.host is not None else []
    fields += [(name, value.replace("{token}", token)) for name, value in request.headers]
    if request.body:
        fields.append(("Content-Length", str(len(request.body.encode()))))
    lines = [f"{request.method} {request.target.replace('{token}', token)} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join([*lines, "", request.body]).encode("utf-8", "surrogateescape")
