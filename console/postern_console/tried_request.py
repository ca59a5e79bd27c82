"""A request that the console sends through a gateway: what was typed, and the bytes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from postern_cli.explanation.request import WrittenRequest, written_request

from .calls import Call, with_token


@dataclass(frozen=True, slots=True)
class TriedRequest:
    """What was typed; the place of the token is the first of the Route's policy."""

    token: str = field(default="", repr=False)
    method: str = "GET"
    host: str = ""
    path: str = "/"
    headers: tuple[str, ...] = field(default=(), repr=False)
    body: str = field(default="", repr=False)

    @property
    def without_secrets(self) -> TriedRequest:
        """What a page may show again."""
        return replace(self, token="", headers=(), body="", path=self.path.partition("?")[0])

    def written(self, call: Call) -> WrittenRequest:
        """The request as it is sent and explained; raises `click.UsageError` for what is none."""
        path, fields = with_token(replace(call, path=self.path), self.token) if self.token else (self.path, [])
        framing = [f"Content-Length: {len(self.body.encode())}"] if self.body else []
        url = f"http://{self.host}{path if path.startswith('/') else f'/{path}'}"
        # One answer, and then its end.
        return written_request(self.method, url, [*fields, *self.headers, *framing, "Connection: close"])


def tried_request_of(form: Mapping[str, str], call: Call) -> TriedRequest:
    """Read a form; what is missing is as the Route's first call has it."""
    lines = (line.strip() for line in form.get("headers", "").splitlines())
    token = form.get("token", "").strip()
    return TriedRequest(
        token=token[len("bearer ") :].strip() if token.lower().startswith("bearer ") else token,
        method=form.get("method", "").strip() or call.method,
        host=form.get("host", "").strip() or call.host,
        path=form.get("path", "").strip() or call.path,
        headers=tuple(line for line in lines if line),
        body=form.get("body", ""),
    )
