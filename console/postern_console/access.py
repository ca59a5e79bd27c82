"""Who may use a console: the browser that opened the start link first, until it has been idle for too long.

Pure but for the random values; the clock is passed in.  What a request must be like belongs in `request_checks`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hmac import compare_digest

# 256 bit, as base64url.
SECRET_BYTES = 32
LINK_S = 60.0
IDLE_S = 30 * 60.0


class Access:
    """One start link, and the one session that it begins; `clock` is monotonic, in seconds."""

    def __init__(self, port: int, clock: Callable[[], float], idle_s: float = IDLE_S) -> None:
        # Cookies of one host are shared by all of its ports, so the name says which one is meant.
        self.cookie_name = f"postern-console-{port}"
        self._clock = clock
        self._idle_s = idle_s
        self._link = secrets.token_urlsafe(SECRET_BYTES)
        self._session = ""
        # A form of this console's own pages holds it; a page of another origin can't read one.
        self.form_token = secrets.token_urlsafe(SECRET_BYTES)
        self._ends = clock() + LINK_S

    @property
    def start_path(self) -> str:
        """The path of the start link."""
        return f"/start/{self._link}"

    @property
    def has_session(self) -> bool:
        return bool(self._session)

    def begin(self, link: str) -> str:
        """Return the cookie's value for the first request with the link, "" for every other one."""
        if self.has_session or self.ends_in_s() <= 0 or not _is_same(link, self._link):
            return ""
        self._session = secrets.token_urlsafe(SECRET_BYTES)
        self._ends = self._clock() + self._idle_s
        return self._session

    def admits(self, cookie: str) -> bool:
        """Whether a request with this cookie is the session's, which then lasts longer."""
        if not self.has_session or self.ends_in_s() <= 0 or not _is_same(cookie, self._session):
            return False
        self._ends = self._clock() + self._idle_s
        return True

    def admits_form(self, token: str) -> bool:
        """Whether a form comes from a page of this console."""
        return _is_same(token, self.form_token)

    def ends_in_s(self) -> float:
        """How long the console lasts from now on without a request of its session; not above 0 when it has ended."""
        return self._ends - self._clock()


def _is_same(given: str, expected: str) -> bool:
    """Compare in a time that does not depend on what was given."""
    return compare_digest(given.encode("utf-8", "replace"), expected.encode())
