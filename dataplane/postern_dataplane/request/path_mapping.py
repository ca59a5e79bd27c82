"""The paths of an upstream's response, as a client has to ask for them: what was taken off its request is put back.

As nginx's proxy_redirect and proxy_cookie_path do it: Location, Content-Location and the Path of cookies change where
they name this very upstream, and nothing else does.
"""

from __future__ import annotations

import re

import msgspec

_URL = re.compile(r"(?:(https?):)?//([^/?#]*)(.*)\Z", re.IGNORECASE | re.DOTALL)
_COOKIE_PATH = re.compile(r"(;[ \t]*path[ \t]*=[ \t]*)(/[^;]*)", re.IGNORECASE)
_PORTS = {"http": ":80", "https": ":443"}


def _without_port(authority: str) -> str:
    return authority.lower().removesuffix(":443")


class PathMapping(msgspec.Struct, frozen=True, gc=False):
    """`prefix` was taken off a request's path, and `base` put before it, such as the upstream's own; "" for none.

    `authority` is the host that the upstream is asked for, None for the client's own.
    """

    prefix: str
    base: str = ""
    authority: str | None = None

    def fields(self, fields: list[tuple[bytes, bytes]], host: str) -> list[tuple[bytes, bytes]]:
        """The fields of a response to a request for this host."""
        return [self._field(field, host) for field in fields]

    def _field(self, field: tuple[bytes, bytes], host: str) -> tuple[bytes, bytes]:
        name = field[0].lower()
        if name in (b"location", b"content-location"):
            return field[0], self.location(field[1].decode("latin-1"), host).encode("latin-1")
        if name == b"set-cookie":
            return field[0], self.cookie(field[1].decode("latin-1")).encode("latin-1")
        return field

    def location(self, value: str, host: str) -> str:
        """A reference as a client may follow it; one that is relative to the request's path, or leads away, stays."""
        url, origin = _URL.match(value), ""
        if url is not None:
            if not self._is_own(url[1], url[2], host):
                return value
            path = url[3] if url[3].startswith("/") else f"/{url[3]}"
            if (url[1] or "").lower() == "https" and _without_port(url[2]) == _without_port(host):
                # It may be the TLS alone that the application asks for, and a path would lead back to where it does.
                origin = f"https://{url[2]}"
        elif value.startswith("/"):
            path = value
        else:
            return value
        end = re.search("[?#]", path)
        rest = self._below_base(path[: end.start()] if end else path)
        return value if rest is None else f"{origin}{self.prefix + rest or '/'}{path[end.start() :] if end else ''}"

    def _is_own(self, scheme: str | None, authority: str, host: str) -> bool:
        """Whether an authority is what the upstream is asked for, or what the client asked for."""
        ports = tuple(_PORTS.values()) if scheme is None else (_PORTS[scheme.lower()],)
        spellings = {authority.lower(), *(authority.lower().removesuffix(port) for port in ports)}
        own = {one.lower() for one in (self.authority, host) if one}
        return not spellings.isdisjoint(own | {one.removesuffix(port) for one in own for port in ports})

    def _below_base(self, path: str) -> str | None:
        """What follows the upstream's own path, None where it is another path."""
        if path == self.base or path.startswith(f"{self.base}/"):
            return path[len(self.base) :]
        return None

    def cookie(self, value: str) -> str:
        """A cookie that comes back with the requests that it is meant for."""
        # RFC 6265bis, section 4.1.3.2: a cookie of this name must have the path "/", or browsers refuse it.
        if value[:7].lower() == "__host-":
            return value
        return _COOKIE_PATH.sub(lambda found: found[1] + self._cookie_path(found[2].rstrip()), value)

    def _cookie_path(self, path: str) -> str:
        # One that is meant for all of the upstream's host is for all that is seen of it here.
        if f"{self.base}/".startswith(f"{path.rstrip('/')}/"):
            return self.prefix or "/"
        rest = self._below_base(path)
        return path if rest is None else self.prefix + rest or "/"
