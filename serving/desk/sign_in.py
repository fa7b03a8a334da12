"""Who is at the desk: signed in with a token, named by a trusted proxy, or the one person of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest

from starlette.requests import Request

from leadq.crm.answers.challenge import SIDES, Side
from leadq.crm.config.desk_settings import DeskSettings, Person, PersonWithToken

NAME, CSRF, TO, KEPT, LISTED = "name", "csrf", "to", "kept", "listed"
"""What a session holds: who, the token of its forms, the page asked for before signing in, the answer just kept, on a card or listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody at the desk.

    Parameters
    ----------
    name : str
    may_answer : bool
        Whether leads: whoever speaks for marketing does not.
    owner : str or None
        Sees only leads of this owner; None for all.
    by_session : bool
        Known by something a browser sends by itself, so forms need a token of their own.
    sides : tuple of {"marketing", "sales"}
        For whom this person challenges and replies; none for a reader.
    also_called : str
        The person's name in the leads' ``owner``.
    """

    name: str
    may_answer: bool
    owner: str | None
    by_session: bool
    sides: tuple[Side, ...] = ()
    also_called: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Under which names this person answers."""
        return frozenset({self.name, self.also_called} - {""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorkeeper:
    """Knows who may come in.

    Parameters
    ----------
    settings : DeskSettings
    tokens : sequence of PersonWithToken
    local_name : str
        Who sits at this machine; comes in without a token where nobody is named in ``settings``.
    """

    settings: DeskSettings
    tokens: Sequence[PersonWithToken]
    local_name: str

    def visitor(self, request: Request) -> Visitor | None:
        """Return who sends this request; None for a stranger."""
        if not self.settings.people:
            return Visitor(name=self.local_name, may_answer=True, owner=None, by_session=True, sides=SIDES)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._visitor(self.known(token.strip()), by_session=False)
        proxy = self.settings.proxy
        if proxy is not None and request.client is not None and proxy.trusts(request.client.host):
            names = request.headers.getlist(proxy.user_header)  # a second one may be the client's own
            return self._visitor(self._named(names[0] if len(names) == 1 else ""), by_session=True)
        return self._visitor(self._named(request.session.get(NAME, "")), by_session=True)

    def known(self, token: str) -> Person | None:
        """Return whose token this is; every token is compared, so that time tells nothing."""
        found = None
        for one in self.tokens:
            if compare_digest(one.token.get_secret_value().encode(), token.encode()):
                found = one.person
        return found

    def _named(self, name: str) -> Person | None:
        return next((person for person in self.settings.people if name and person.name == name), None)

    def _visitor(self, person: Person | None, *, by_session: bool) -> Visitor | None:
        if person is None:
            return None
        limited = self.settings.own_rows_only and not person.see_all
        return Visitor(
            name=person.name,
            may_answer=person.role == "answerer" and person.side != "marketing",
            owner=(person.owner or "") if limited else None,
            by_session=by_session,
            sides=_sides(person),
            also_called=person.owner or "",
        )


def _sides(person: Person) -> tuple[Side, ...]:
    if person.role != "answerer":
        return ()
    return SIDES if person.side is None else (person.side,)
