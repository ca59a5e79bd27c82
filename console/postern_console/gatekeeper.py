"""What stands before every page: host, session and origin, the headers of every response, and how an error looks.

Nothing here is logged: an address may be the start link.
"""

from __future__ import annotations

from http import HTTPStatus

import click
from aiohttp import web
from aiohttp.typedefs import Handler

from postern_cli.errors import CommandError
from postern_cli.main import describe
from postern_operator.errors import LocalError

from .access import Access
from .rendering import Templates
from .request_checks import host_is_foreign, hosts_of, origin_is_foreign
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
        if request.method not in ("GET", "HEAD") and _is_of_another_page(request):
            return _refusal(403, "This did not come from a page of the console.")
        try:
            if request.method not in ("GET", "HEAD"):
                await self._check_form(request)
            return await handler(request)
        except web.HTTPRedirection:
            raise
        except web.HTTPException as error:
            return self._error(error.status, error.reason)
        except (LocalError, CommandError) as error:
            # A file, or a cluster that the console is between, as the command line would say it.
            return self._error(502 if isinstance(error, CommandError) else 500, str(error))
        except Exception as error:  # noqa: BLE001 # its text may quote a secret, so that no one else may write it out
            click.echo(f"Error: {describe(error)}", err=True)
            return self._error(500, "This should not happen; the terminal says where it did.")

    async def _check_form(self, request: web.Request) -> None:
        """Raise an HTTPException for what is no form of a page of this session."""
        # What comes in parts would be written to temporary files, private keys too.
        if request.content_type != "application/x-www-form-urlencoded":
            raise web.HTTPUnsupportedMediaType
        try:
            form = await request.post()
        except (LookupError, ValueError):
            # A charset that does not exist, or bytes that are not of it.
            raise web.HTTPBadRequest from None
        if not self._access.admits_form(str(form.get("form_token", ""))):
            raise web.HTTPForbidden

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


def _is_of_another_page(request: web.Request) -> bool:
    headers = request.headers
    return origin_is_foreign(headers.getall("Origin", ()), headers.getall("Sec-Fetch-Site", ()), headers["Host"])


def page_response(text: str, status: int = 200) -> web.Response:
    """A page of HTML; half of a surrogate pair, as JSON may have, has no UTF-8 and is shown as its escape."""
    body = text.encode("utf-8", "backslashreplace")
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8")


def _refusal(status: int, message: str) -> web.Response:
    """An answer for strangers, in which nothing is but its own text."""
    return web.Response(text=f"{message}\n", status=status)


def is_fragment(request: web.Request) -> bool:
    """Whether the console's own script asks, which puts the answer into the page that is there."""
    return request.headers.get("X-Postern-Fragment") == "1"


async def fields_of(request: web.Request) -> dict[str, list[str]]:
    """The fields of a form, each with all of its values; the gatekeeper has seen that none is a file."""
    form = await request.post()
    return {name: [str(value) for value in form.getall(name)] for name in form}
