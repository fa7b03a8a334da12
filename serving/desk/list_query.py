"""What a person asks of the list: filters, search, order and page, as a web address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from leadq.foundation.problems import InputError, Problem

PAGE_ROWS = 50
SORTS = ("best", "chance", "change", "age", "owner", "source", "lead")
CHANGED = ("tier", "up", "down")
ANSWERED = ("no", "accepted", "rejected", "disagreed")
LISTS = ("returned", "wakes", "rising", "to_reply")
_LONGEST = 200
_NAMED = ("tier", "owner", "source", "changed", "answered", "list")

_CLOSED = (("sort", SORTS), ("changed", CHANGED), ("answered", ANSWERED), ("list", LISTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One look at the list; empty texts filter nothing.

    Parameters
    ----------
    tier, owner, source : str
        Exactly this value.
    changed : str
        One of :data:`CHANGED`: another tier than last night, or a score that rose or fell.
    answered : str
        One of :data:`ANSWERED`.
    list : str
        One of :data:`LISTS`: leads that came back from a rejection, rejected ones that wake within a week, those whose
        tier rose within a week, or those with a challenge that this person must reply to.
    answering : bool
        Whether leads are answered in the list.
    text : str
        Part of the lead's or account's id, the owner, source or campaign, in any case.
    sort : str
        One of :data:`SORTS`, ``down`` turns it round.
    page : int
        From 1.
    """

    tier: str = ""
    owner: str = ""
    source: str = ""
    changed: str = ""
    answered: str = ""
    list: str = ""
    text: str = ""
    sort: str = "best"
    down: bool = False
    answering: bool = False
    page: int = 1

    @staticmethod
    def of(given: Mapping[str, str]) -> Query:
        """Read a query; unknown names are left out.

        Raises
        ------
        InputError
            A value that the list does not know.
        """
        problems = [
            _problem(name, given[name], allowed)
            for name, allowed in _CLOSED
            if given.get(name) and given[name] not in allowed
        ]
        page = given.get("page") or "1"
        if not (page.isascii() and page.isdigit() and len(page) <= 9 and int(page) > 0):
            problems.append(_problem("page", page, ("a number from 1",)))
        if problems:
            raise InputError(problems)
        texts = {name: given.get(name, "").strip()[:_LONGEST] for name in _NAMED}
        return Query(
            **texts,
            text=given.get("q", "").strip()[:_LONGEST],
            sort=given.get("sort") or "best",
            down=given.get("down") == "1",
            answering=given.get("answering") == "1",
            page=int(page),
        )

    def address(self, **changes: object) -> str:
        """Return this query, with changes, as the part of an address after ``?``; what is as usual is left out."""
        other = replace(self, **changes)  # type: ignore[arg-type]
        parts = {
            **{name: getattr(other, name) for name in _NAMED},
            "q": other.text,
            "sort": "" if other.sort == "best" else other.sort,
            "down": "1" if other.down else "",
            "answering": "1" if other.answering else "",
            "page": "" if other.page == 1 else str(other.page),
        }
        return urlencode({name: value for name, value in parts.items() if value})


def _problem(name: str, value: str, allowed: tuple[str, ...]) -> Problem:
    return Problem(
        where=f"the list, {name}",
        rule=f"must be one of {', '.join(allowed)}",
        value=value[:60],
        remedy="Go back to the list and choose again.",
    )
