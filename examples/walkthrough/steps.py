"""The steps of the walkthrough: each request, the command a user would type for it, and what its answer must be.

How a request travels and what is printed belongs in `play`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

HOST = "auth.httpbin.org"
MISSING = '{"message":"Missing JWT token in request"}'
INVALID = '{"message":"JWT token invalid"}'
NO_ROUTE = '{"message":"404 Route Not Found"}'


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: str

    def __str__(self) -> str:
        head = [f"HTTP/1.1 {self.status} {self.reason}", *(f"{name}: {value}" for name, value in self.headers)]
        return "\n".join([*head, "", self.body.rstrip()])


@dataclass(frozen=True, slots=True)
class Step:
    """One request; `body` None is httpbin's slideshow.

    `$TOKEN` in the target or in a header stands for the token, as it does in the shell.
    """

    title: str
    status: int
    body: str | None = None
    target: str = "/v1/json"
    headers: dict[str, str] = field(default_factory=dict)

    def command(self, gateway: str) -> str:
        url = f"http://{gateway}{self.target}"
        quoted = f'"{url}"' if "$" in url else url
        headers = "".join(f' -H "{name}: {value}"' for name, value in self.headers.items())
        return f"curl -i -H 'Host: {HOST}'{headers} {quoted}"

    def mistakes(self, answer: Answer) -> Iterator[str]:
        if answer.status != self.status:
            yield f"expected status {self.status}, got {answer.status}"
        if self.body is None and '"slideshow"' not in answer.body:
            yield "expected httpbin's slideshow"
        if self.body is not None and answer.body != self.body:
            yield f"expected the body {self.body}"


BEFORE_TOKEN = (Step("Without a token: refused", 401, MISSING),)
WITH_TOKEN = (
    Step("With the token: httpbin answers", 200, headers={"Authorization": "Bearer $TOKEN"}),
    Step("A wrong token, one letter too long: refused", 401, INVALID, headers={"Authorization": "Bearer ${TOKEN}x"}),
    Step("The token may be in the query instead", 200, target="/v1/json?jwt=$TOKEN"),
    Step("Or in a cookie", 200, headers={"Cookie": "jwt=$TOKEN"}),
    Step("What no route takes is not there", 404, NO_ROUTE, target="/v1/headers"),
)
