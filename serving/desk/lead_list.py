"""The list: which leads a query shows to a person, in which order, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from leadq.foundation.arrays import Bools, Ints
from leadq.serving.desk.lead_columns import WITHOUT_SCORE, LeadRows, Texts
from leadq.serving.desk.list_query import PAGE_ROWS, Query
from leadq.serving.words.score_change import TREND_FROM

A_WEEK_US = 7 * 86_400_000_000
WITH_REJECTED = ("wakes", "to_reply")
"""Lists of leads that stand rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Lead ids by the last decision, ``accepted`` or ``rejected``, and those whose tier was called wrong (``disagreed``).

    ``to_reply``: of leads with a challenge to which the person who looks owes a reply.
    """

    by_kind: Mapping[str, frozenset[str]]
    to_reply: frozenset[str] = frozenset()

    def all(self) -> frozenset[str]:
        """Lead ids with any answer."""
        return frozenset().union(*self.by_kind.values())


NOBODY = Answered(by_kind={})
"""No lead has been answered."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Rows that fit, in order; ``by_tier`` counts what the other filters leave of each tier."""

    rows: Ints
    by_tier: Mapping[str, int]

    @property
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, -(-len(self.rows) // PAGE_ROWS))

    def page(self, number: int) -> Ints:
        """Return the rows of a page; past the end the last one's."""
        start = (min(number, self.pages) - 1) * PAGE_ROWS
        return self.rows[start : start + PAGE_ROWS]


def find(
    leads: LeadRows, query: Query, *, answered: Answered, owner: str | None = None, now_us: int | None = None
) -> Found:
    """Find leads.

    Parameters
    ----------
    leads : LeadRows
    query : Query
    answered : Answered
    owner : str, optional
        Only leads of this owner may be seen.
    now_us : int, optional
        Microseconds since 1970, from when a week is counted; needed to ask what wakes.
    """
    fits = np.ones(len(leads), dtype=np.bool_)
    if owner is not None:
        fits &= _is(leads.owner, owner)
    for column, wanted in ((leads.owner, query.owner), (leads.source, query.source)):
        if wanted:
            fits &= _is(column, wanted)
    if query.changed:
        fits &= _changed(leads, query.changed)
    if query.list:
        fits &= _on_list(leads, query.list, answered, now_us)
    if query.answered:
        fits &= _answered(leads, query.answered, answered)
    if query.text:
        fits &= _holds(leads, query.text)
    counts = np.bincount(leads.tier.codes[fits], minlength=len(leads.tier.values))
    by_tier = {tier: int(counts[code]) for code, tier in enumerate(leads.tier.values)}
    if query.tier:
        fits &= _is(leads.tier, query.tier)
    elif query.list not in WITH_REJECTED:
        fits &= ~(_is(leads.tier, WITHOUT_SCORE[0]) | _is(leads.tier, WITHOUT_SCORE[1]))
    return Found(rows=_ordered(leads, np.flatnonzero(fits), query), by_tier=by_tier)


def _is(column: Texts, wanted: str) -> Bools:
    code = column.values.index(wanted) if wanted in column.values else -2
    found: Bools = column.codes == code
    return found


def _on_list(leads: LeadRows, name: str, answered: Answered, now_us: int | None) -> Bools:
    if name == "to_reply":
        return _among(leads, answered.to_reply)
    if name == "wakes":
        return _wakes_within(leads, now_us, A_WEEK_US)
    return leads.returned if name == "returned" else leads.rose


def _among(leads: LeadRows, ids: frozenset[str]) -> Bools:
    found: Bools = pc.is_in(leads.lead_id, value_set=pa.array(sorted(ids), pa.string())).to_numpy(zero_copy_only=False)
    return found


def _wakes_within(leads: LeadRows, now_us: int | None, span_us: int) -> Bools:
    if now_us is None:
        raise ValueError("what wakes this week needs to know when it is")
    found: Bools = leads.wakes_us <= now_us + span_us
    return found


def _changed(leads: LeadRows, kind: str) -> Bools:
    if kind == "tier":
        moved: Bools = leads.moved.codes >= 0
        return moved
    rise = _rise(leads)
    found: Bools = rise >= TREND_FROM if kind == "up" else rise <= -TREND_FROM
    return found


def _rise(leads: LeadRows) -> npt.NDArray[np.float64]:
    """Log-odds the score rose by; NaN without an earlier one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        now, before = leads.probability.astype(np.float64), leads.before.astype(np.float64)
        rise: npt.NDArray[np.float64] = np.log(now / (1 - now)) - np.log(before / (1 - before))
    return rise


def _answered(leads: LeadRows, kind: str, answered: Answered) -> Bools:
    ids = answered.all() if kind == "no" else answered.by_kind.get(kind, frozenset())
    found: Bools = _among(leads, ids) & ~leads.returned  # what came back waits for a new answer
    return ~found if kind == "no" else found


def _holds(leads: LeadRows, text: str) -> Bools:
    found: Bools = pc.match_substring(leads.lead_id, text, ignore_case=True).to_numpy(zero_copy_only=False).copy()
    for column in (leads.account_id, leads.owner, leads.source, leads.campaign):
        values = pa.array(column.values, pa.string())
        holds = pc.match_substring(values, text, ignore_case=True).to_numpy(zero_copy_only=False)
        found |= np.append(holds, False)[column.codes]  # code -1 is the appended one
    return found


def _ordered(leads: LeadRows, rows: Ints, query: Query) -> Ints:
    """Order rows; equal ones stay in the order of the list, unknown values come last."""
    if query.sort == "best":
        return rows[::-1] if query.down else rows
    if query.sort == "lead":
        keys = pc.rank(leads.lead_id.take(pa.array(rows)), tiebreaker="first").to_numpy().astype(np.float64)
    elif query.sort in ("owner", "source"):
        column = leads.owner if query.sort == "owner" else leads.source
        place = np.argsort(np.argsort(np.array([value.casefold() for value in column.values], dtype=object)))
        keys = np.append(place.astype(np.float64), np.nan)[column.codes[rows]]
    else:
        column_of = {"chance": -leads.probability, "age": leads.age_days, "change": -np.abs(_rise(leads))}
        keys = column_of[query.sort][rows].astype(np.float64)
    keys = -keys if query.down else keys
    order: Ints = np.argsort(keys, kind="stable")
    return rows[order]
