"""What stands before every page: the host, the session, the headers of every response, and how an error looks.

Nothing here is logged: an address may be the start link.
"""

from __future__ import annotations

from http import HTTPStatus

import click
from aiohttp import web
from aiohttp.typedefs import Handler

from postern_cli.main import describe
from postern_operator.errors import LocalError

from .access import Access
from .rendering import Templates
from .request_checks import host_is_foreign, hosts_of
from .security_headers import SECURITY_HEADERS
from .views.links import frame


class Gatekeeper:
    """Admits the requests of one session to one port."""

    def __init__(self, access: Access, templates: Templates, port: int) -> None:
        self._access = access
        self._templates = templates
        self._hosts = hosts_of(port)

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what is not the session's, before anything else is looked at."""
        if host_is_foreign(request.headers.getall("Host", ()), request.raw_path, self._hosts):
            return _refusal(421, "This is the console of Postern, and not the host that was asked for.")
        if request.match_info.handler == self.start:
            return await handler(request)
        if not self._access.admits(request.cookies.get(self._access.cookie_name, "")):
            return _refusal(403, "This console belongs to another browser, or has ended. Start one: postern console")
        try:
            return await handler(request)
        except web.HTTPException as error:
            return self._error(error.status, error.reason)
        except LocalError as error:
            return self._error(500, str(error))
        except Exception as error:  # noqa: BLE001 # its text may quote a secret, so that no one else may write it out
            click.echo(f"Error: {describe(error)}", err=True)
            return self._error(500, "This should not happen; the terminal says where it did.")

    async def start(self, request: web.Request) -> web.Response:
        """Begin the session; the page goes on by itself, for a Strict cookie does not follow a redirect of a link."""
        session = self._access.begin(request.match_info["link"])
        if not session:
            return _refusal(403, "This link has been used, or is older than a minute. Start anew: postern console")
        response = page_response(self._templates.render("start.html", {}))
        response.set_cookie(self._access.cookie_name, session, path="/", httponly=True, samesite="Strict")
        return response

    async def add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        """Set what every response has."""
        response.headers.update(SECURITY_HEADERS)

    def _error(self, status: int, message: str) -> web.Response:
        context = {"title": HTTPStatus(status).phrase, "frame": frame(""), "status": status, "message": message}
        return page_response(self._templates.render("error.html", context), status)


def page_response(text: str, status: int = 200) -> web.Response:
    """A page of HTML."""
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


def _refusal(status: int, message: str) -> web.Response:
    """An answer for strangers, in which nothing is but its own text."""
    return web.Response(text=f"{message}\n", status=status)
