"""A token, and a request with it, as the form of "Decode and explain" has them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Where a policy that says nothing else looks for a token; any other place can be written into the request itself.
PLACES = {"header": "Authorization header", "query": "query parameter jwt", "cookie": "cookie jwt", "none": "nowhere"}


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """What was typed; without a URL the token alone is meant."""

    token: str = ""
    method: str = "GET"
    url: str = ""
    headers: tuple[str, ...] = ()
    place: str = "header"
    gateway: str = "default"

    @property
    def without_token(self) -> AskedRequest:
        """What a page may show again: a header may hold another token, and so may a query."""
        return replace(self, token="", headers=(), url=self.url.partition("?")[0])

    def written(self) -> tuple[str, str, tuple[str, ...]]:
        """The method, the URL and the headers of the request, the token in its place."""
        url, headers = self.url, self.headers
        if self.token and self.place == "query":
            before, hash_, fragment = url.partition("#")
            url = f"{before}{'&' if '?' in before else '?'}jwt={self.token}{hash_}{fragment}"
        elif self.token and self.place != "none":
            headers += (
                f"Cookie: jwt={self.token}" if self.place == "cookie" else f"Authorization: Bearer {self.token}",
            )
        return self.method, url, headers


def asked_of(form: Mapping[str, str]) -> AskedRequest:
    """Read a form; what is missing is as in an empty one."""
    token = form.get("token", "").strip()
    scheme, _, rest = token.partition(" ")
    lines = (line.strip() for line in form.get("headers", "").splitlines())
    return AskedRequest(
        token=rest.strip() if scheme.lower() == "bearer" else token,
        method=form.get("method", "GET").strip().upper() or "GET",
        url=form.get("url", "").strip(),
        headers=tuple(line for line in lines if line),
        place=form.get("place", "header"),
        gateway=form.get("gateway", "default"),
    )
