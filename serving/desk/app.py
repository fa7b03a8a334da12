"""The desk as a web application: its addresses, and what lies around every answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadq.serving.desk.access_middleware import Door
from leadq.serving.desk.card_page import answer, save_file, save_text, show_card
from leadq.serving.desk.challenging.challenge_forms import challenge, reply
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.followed_page import show_followed
from leadq.serving.desk.list_answers import answer_in_list
from leadq.serving.desk.list_page import save_csv, show_list
from leadq.serving.desk.page_templates import HEADERS, Pages, static
from leadq.serving.desk.sign_in import Visitor

_LOCAL = ("localhost", "127.0.0.1", "[::1]")


def make_app(desk: Desk, *, secret: str) -> Starlette:
    """Make the application.

    Parameters
    ----------
    desk : Desk
    secret : str
        Signs the sessions; with another one everybody has to sign in again.
    """
    pages = Pages(desk)
    door = Door(desk, pages)
    settings = desk.settings
    routes = [
        Route("/", door.shows(partial(show_list, desk, pages))),
        Route("/", door.takes(partial(answer_in_list, desk, pages)), methods=["POST"]),
        Route("/leads.csv", door.shows(partial(save_csv, desk, pages))),
        Route("/lead", door.shows(partial(show_card, desk, pages))),
        Route("/lead", door.takes(partial(answer, desk, pages)), methods=["POST"]),
        Route("/challenge", door.takes(partial(challenge, desk, pages)), methods=["POST"]),
        Route("/reply", door.takes(partial(reply, desk, pages)), methods=["POST"]),
        Route("/answers", door.shows(partial(show_followed, desk, pages))),
        Route("/lead.html", door.shows(partial(save_file, desk, pages))),
        Route("/lead.txt", door.shows(partial(save_text, desk, pages))),
        Route("/sign-in", door.sign_in, methods=["GET", "POST"]),
        Route("/sign-out", door.takes(_sign_out), methods=["POST"]),
        Route("/static/{name}", lambda request: static(request.path_params["name"])),
    ]
    hosts = [*_LOCAL, settings.host, *settings.allowed_hosts]
    session = Middleware(
        SessionMiddleware,
        secret_key=secret,
        session_cookie="leadq",
        max_age=settings.sign_in_hours * 3600,
        same_site="lax",  # a link out of the CRM must not sign anybody out; forms carry a token of their own
        https_only=not settings.loopback,
    )
    host_names = Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    return Starlette(routes=routes, middleware=[Middleware(_Headers), host_names, session])


def _sign_out(request: Request, _visitor: Visitor, _form: Mapping[str, str]) -> Response:
    request.session.clear()
    return RedirectResponse("/sign-in", status_code=303)


class _Headers:
    """Puts the headers that keep a page to itself on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
