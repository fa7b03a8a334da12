"""The desk as a web application: addresses, who may come in, forms that only its own pages can send."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hmac import compare_digest
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agreement.problems import InputError, LeadqError
from serving.desk.card_page import answer, save_file, save_text, show_card
from serving.desk.desk import Desk
from serving.desk.list_page import save_csv, show_list
from serving.desk.pages import HEADERS, Pages, said, static
from serving.desk.who import CSRF, NAME, Visitor

MOST_BYTES = 20_000
"""Of a form; the desk takes no files."""
_LOCAL = ("localhost", "127.0.0.1", "[::1]")

Show = Callable[[Request, Visitor], Response]
Take = Callable[[Request, Visitor, Mapping[str, str]], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(desk: Desk, *, secret: str) -> Starlette:
    """Make the application.

    Parameters
    ----------
    desk : Desk
    secret : str
        Signs the sessions; with another one everybody has to sign in again.
    """
    pages = Pages(desk)
    door = _Door(desk, pages)
    settings = desk.settings
    routes = [
        Route("/", door.shows(partial(show_list, desk, pages))),
        Route("/leads.csv", door.shows(partial(save_csv, desk, pages))),
        Route("/lead", door.shows(partial(show_card, desk, pages))),
        Route("/lead", door.takes(partial(answer, desk, pages)), methods=["POST"]),
        Route("/lead.html", door.shows(partial(save_file, desk, pages))),
        Route("/lead.txt", door.shows(partial(save_text, desk, pages))),
        Route("/sign-in", door.sign_in, methods=["GET", "POST"]),
        Route("/sign-out", door.takes(_sign_out), methods=["POST"]),
        Route("/static/{name}", lambda request: static(request.path_params["name"])),
    ]
    hosts = [*_LOCAL, settings.host, *settings.allowed_hosts]
    middleware = [
        Middleware(_Headers),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
        Middleware(
            SessionMiddleware,
            secret_key=secret,
            session_cookie="leadq",
            max_age=settings.sign_in_hours * 3600,
            same_site="strict",
            https_only=not settings.loopback,
        ),
    ]
    return Starlette(routes=routes, middleware=middleware)


def _sign_out(request: Request, _visitor: Visitor, _form: Mapping[str, str]) -> Response:
    request.session.clear()
    return RedirectResponse("/sign-in", status_code=303)


class _Door:
    """Lets visitors in to the pages, and forms in that a page of the desk sent."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk, self._pages = desk, pages

    def shows(self, show: Show) -> Endpoint:
        """Return an endpoint that shows something to a visitor."""

        async def endpoint(request: Request) -> Response:
            visitor = self._visitor(request)
            if visitor is None:
                return self._turned_away(request)
            return await run_in_threadpool(self._answered, request, visitor, lambda: show(request, visitor))

        return endpoint

    def takes(self, take: Take) -> Endpoint:
        """Return an endpoint that takes a form from a visitor."""

        async def endpoint(request: Request) -> Response:
            visitor = self._visitor(request)
            if visitor is None:
                return self._turned_away(request)
            form = await _form(request)
            if form is None or (visitor.by_session and not _from_own_page(request, form)):
                return self._pages.message(request, visitor, 403, "Not taken", _NOT_OURS)
            return await run_in_threadpool(self._answered, request, visitor, lambda: take(request, visitor, form))

        return endpoint

    async def sign_in(self, request: Request) -> Response:
        """Show the form for a token, or sign somebody in."""
        _with_csrf(request)
        if request.method == "GET":
            return self._pages.page(request, "sign_in.html.j2", None, problem="")
        form = await _form(request)
        person = None
        if form is not None and _from_own_page(request, form):
            person = self._desk.doorkeeper.known(form.get("token", "").strip())
        where = {"from": request.client.host if request.client else ""}
        now, note = self._desk.clock(), self._desk.answers.note_audit
        if person is None:
            await run_in_threadpool(note, now, "unknown", "sign-in refused", where)
            return self._pages.page(request, "sign_in.html.j2", None, status=403, problem=_UNKNOWN)
        request.session.clear()
        request.session[NAME] = person.name
        _with_csrf(request)
        await run_in_threadpool(note, now, person.name, "signed in", where)
        return RedirectResponse("/", status_code=303)

    def _visitor(self, request: Request) -> Visitor | None:
        visitor = self._desk.doorkeeper.visitor(request)
        if visitor is not None and visitor.by_session:
            _with_csrf(request)
        return visitor

    def _turned_away(self, request: Request) -> Response:
        by_browser = "text/html" in request.headers.get("accept", "") and "authorization" not in request.headers
        if by_browser and any(person.token for person in self._desk.settings.people) and request.method == "GET":
            return RedirectResponse("/sign-in", status_code=303)
        return self._pages.message(request, None, 401, "Not signed in", "Sign in with your token first.")

    def _answered(self, request: Request, visitor: Visitor, work: Callable[[], Response]) -> Response:
        try:
            return work()
        except InputError as error:
            return self._pages.message(request, visitor, 400, "That cannot be shown", *map(said, error.problems))
        except LeadqError as error:
            return self._pages.message(request, visitor, 503, "Not now", *map(said, error.problems))


_NOT_OURS = (
    "The form did not come from a page of this desk, or the page was too old. Load the lead again and answer once more."
)
_UNKNOWN = "This token is not known. Check that it was copied whole, or ask whoever runs the desk for a new one."


def _with_csrf(request: Request) -> None:
    if CSRF not in request.session:
        request.session[CSRF] = secrets.token_urlsafe(24)


def _from_own_page(request: Request, form: Mapping[str, str]) -> bool:
    """Whether the form holds this session's token and comes from this host."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return False
    expected = request.session.get(CSRF, "")
    return bool(expected) and compare_digest(expected.encode(), form.get("csrf", "").encode())


async def _form(request: Request) -> dict[str, str] | None:
    """Read a form; None where it is too large or no form."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return None


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
