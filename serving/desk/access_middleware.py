"""The door: visitors come in to the pages, and forms that a page of the desk sent."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from urllib.parse import parse_qsl

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leadq.foundation.problems import InputError, LeadqError
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.page_templates import Pages, said
from leadq.serving.desk.sign_in import CSRF, NAME, TO, Visitor

MOST_BYTES = 20_000
"""Of a form; the desk takes no files."""

Show = Callable[[Request, Visitor], Response]
Take = Callable[[Request, Visitor, Mapping[str, str]], Response]
Endpoint = Callable[[Request], Awaitable[Response]]

_NOT_OURS = "The page was too old, or the form was not sent from this desk. Reload the lead and answer again."
_UNKNOWN = "This token is not known. Check that you copied all of it, or ask whoever runs the desk for a new one."
_NO_COOKIE = "This page was too old, or your browser did not save its cookie. Reload the page. From other machines the desk needs https."
_UNREADABLE = (
    "The scores cannot be read at the moment. Please tell whoever runs the desk; the nightly job may have to run again."
)


class Door:
    """Knows what a visitor may see, and turns strangers away.

    Parameters
    ----------
    desk : Desk
    pages : Pages
    """

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
                return self._pages.message(request, visitor, 403, "Not saved", _NOT_OURS)
            return await run_in_threadpool(self._answered, request, visitor, lambda: take(request, visitor, form))

        return endpoint

    async def sign_in(self, request: Request) -> Response:
        """Show the form for a token, or sign somebody in."""
        _with_csrf(request)
        if request.method != "POST":
            return self._pages.page(request, "sign_in.html.j2", None, problem="")
        form = await _form(request)
        if form is None or not _from_own_page(request, form):
            return self._pages.page(request, "sign_in.html.j2", None, status=403, problem=_NO_COOKIE)
        return await run_in_threadpool(self._answered, request, None, lambda: self._signed_in(request, form))

    def _signed_in(self, request: Request, form: Mapping[str, str]) -> Response:
        person = self._desk.doorkeeper.known(form.get("token", "").strip())
        where = {"from": request.client.host if request.client else ""}
        now, note = self._desk.clock(), self._desk.answers.note_audit
        if person is None:
            note(now, "unknown", "sign-in refused", where)
            return self._pages.page(request, "sign_in.html.j2", None, status=403, problem=_UNKNOWN)
        note(now, person.name, "signed in", where)
        to = request.session.get(TO, "/")
        request.session.clear()
        request.session[NAME] = person.name
        _with_csrf(request)
        return RedirectResponse(to if to.startswith(("/lead?", "/?")) else "/", status_code=303)

    def _visitor(self, request: Request) -> Visitor | None:
        visitor = self._desk.doorkeeper.visitor(request)
        if visitor is not None and visitor.by_session:
            _with_csrf(request)
        return visitor

    def _turned_away(self, request: Request) -> Response:
        by_browser = "text/html" in request.headers.get("accept", "") and "authorization" not in request.headers
        if by_browser and any(person.token for person in self._desk.settings.people) and request.method == "GET":
            request.session[TO] = f"{request.url.path}?{request.url.query}"[:1000]
            return RedirectResponse("/sign-in", status_code=303)
        return self._pages.message(request, None, 401, "Not signed in", "Sign in with your token first.")

    def _answered(self, request: Request, visitor: Visitor | None, work: Callable[[], Response]) -> Response:
        try:
            return work()
        except InputError as error:
            return self._pages.message(request, visitor, 400, "This page cannot be shown", *map(said, error.problems))
        except LeadqError as error:
            return self._pages.message(request, visitor, 503, "Not now", *map(said, error.problems))
        except (OSError, pa.ArrowException):
            logging.getLogger(__name__).exception("a file of the scores cannot be read")
            return self._pages.message(request, visitor, 503, "Not now", _UNREADABLE)


def _with_csrf(request: Request) -> None:
    if CSRF not in request.session:
        request.session[CSRF] = secrets.token_urlsafe(24)


def _from_own_page(request: Request, form: Mapping[str, str]) -> bool:
    """Whether the form holds this session's token and comes from this host."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
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
