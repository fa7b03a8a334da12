"""Templates of the desk, and the answer that every page is: escaped, not kept by browsers, allowed nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from leadq.foundation.problems import Problem
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.sign_in import CSRF, NAME, Visitor
from leadq.serving.words.card_page import environment, style
from leadq.serving.words.text import clean

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_SHOWN = 60


class Pages:
    """Renders pages for visitors.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._templates: Environment = environment(
            [tier.id for tier in desk.agreement.tiers], PackageLoader("leadq.serving.desk", "templates")
        )
        self._templates.filters["shown"] = lambda value: clean(str(value).replace("_", " "), _SHOWN)

    def page(
        self, request: Request, name: str, visitor: Visitor | None, /, *, status: int = 200, **values: Any
    ) -> Response:
        """Render a template."""
        signed_in = visitor is not None and bool(request.session.get(NAME))
        text = self._templates.get_template(name).render(
            visitor=visitor,
            may_sign_out=signed_in,
            csrf=request.session.get(CSRF, ""),
            agreement=self._desk.agreement,
            **values,
        )
        return HTMLResponse(text, status_code=status)

    def message(self, request: Request, visitor: Visitor | None, status: int, heading: str, *lines: str) -> Response:
        """Render a page that says one thing."""
        return self.page(request, "message.html.j2", visitor, status=status, heading=heading, lines=lines)


def said(problem: Problem) -> str:
    """Return a problem as one line."""
    value = f" (it is {clean(problem.value)})" if problem.value else ""
    return f"{clean(problem.where, 120)}: {problem.rule}{value}. {problem.remedy}"


def lead_address(lead_id: str, back: str) -> str:
    """Return the part of an address that names a lead, and the list one came from."""
    return urlencode({"id": lead_id, **({"back": back} if back else {})})


def static(name: str) -> Response:
    """Return one of the two style sheets."""
    sheets: Mapping[str, str] = {"card.css": style(), "desk.css": _desk_style()}
    if name not in sheets:
        return PlainTextResponse("No such file.", status_code=404)
    return Response(sheets[name], media_type="text/css")


def _desk_style() -> str:
    return resources.files("leadq.serving.desk").joinpath("static", "desk.css").read_text(encoding="utf-8")
