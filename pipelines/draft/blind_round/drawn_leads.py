"""Leads picked at random for a blind round, with what was known of them at the hand-over and nothing that gives the outcome away."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadq.agreement.plain_words import field_in_words
from leadq.features.agreement_evidence.known_then import PERSONAL
from leadq.features.engine.duckdb_engine import moment
from leadq.foundation.arrays import Bools
from leadq.foundation.plurals import counted, figure
from leadq.foundation.problems import Problem, UsageError
from leadq.models.tiers.winning_values import ValueGroup, contrasts
from leadq.pipelines.draft.past_deals import PastDeals
from leadq.serving.words.text import cell

KEY, HANDED_OVER, EVENTS, QUALIFIED, BECAUSE = (
    "key",
    "handed over",
    "events in the 30 days before",
    "qualified",
    "because",
)
FEWEST_LEADS, MOST_LEADS = 5, 200
TODAY = "today's value"
NOT_RECORDED = "its value at the hand-over is not recorded"
_TELLS = 0.01
"""Below this chance, whether a field is filled in goes with the outcome."""
_LETTERS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLead:
    """A lead of a round: its key in the sheets, and what is shown of it, by heading."""

    key: str
    lead_id: str
    handed_over_us: int
    shown: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindRound:
    """A round.

    Parameters
    ----------
    name : str
        Six letters and digits after an R; in every key.
    seed, horizon_days : int
    headings : tuple of str
        Of what is shown, in order.
    leads : tuple of DrawnLead
    left_out : tuple of str
        Fields that are not shown, with why.
    """

    name: str
    seed: int
    horizon_days: int
    headings: tuple[str, ...]
    leads: tuple[DrawnLead, ...]
    left_out: tuple[str, ...]


def draw_round(deals: PastDeals, events: pd.DataFrame, *, leads: int, seed: int, horizon_days: int) -> BlindRound:
    """Pick leads at random whose outcome is known: the same ones for the same seed and data, in whatever order rows come.

    Parameters
    ----------
    deals : PastDeals
    events : DataFrame
        ``hand_over_id, kind, n``: what buyers did before the hand-over.
    leads, seed : int
    horizon_days : int

    Raises
    ------
    UsageError
        So many leads are not there.
    """
    if not FEWEST_LEADS <= leads <= MOST_LEADS:
        remedy = "Take 20 to begin with, or 10 for the monthly review."
        rule = f"must be from {FEWEST_LEADS} to {MOST_LEADS}"
        raise UsageError(Problem(where="--leads", rule=rule, value=str(leads), remedy=remedy))
    if deals.known is None:
        raise UsageError(
            Problem(where="leadq agreement blind-round", rule="needs leads that are old enough", remedy=deals.why_none)
        )
    rows = deals.rows.drop_duplicates("lead_id", keep="last")
    if len(rows) < leads:
        there = counted(len(rows), "lead is", "leads are")
        remedy = f"{there} old enough to know what became of them: draw at most so many."
        raise UsageError(
            Problem(where="--leads", rule="must not be more than there are", value=str(leads), remedy=remedy)
        )
    columns = (rows[column].tolist() for column in ("lead_id", "hand_over_id", "handed_over_us"))
    order = sorted(zip(*columns, strict=True), key=lambda row: _lot(seed, str(row[0])))[:leads]
    name = _name(seed, [str(lead_id) for lead_id, _, _ in order])
    fields, left_out = _shown_fields(deals)
    done = _events_in_words(events)
    drawn = tuple(
        DrawnLead(
            key=f"{name}-{number:02d}",
            lead_id=str(lead_id),
            handed_over_us=int(at_us),
            shown={
                HANDED_OVER: moment(int(at_us)).date().isoformat(),
                **{heading: _text(deals.known.values.at[place, field]) for field, heading in fields.items()},
                EVENTS: done.get(int(place), ""),
            },
        )
        for number, (lead_id, place, at_us) in enumerate(order, start=1)
    )
    headings = (HANDED_OVER, *fields.values(), EVENTS)
    return BlindRound(
        name=name, seed=seed, horizon_days=horizon_days, headings=headings, leads=drawn, left_out=left_out
    )


def _lot(seed: int, text: str) -> bytes:
    return hashlib.sha256(f"blind round {seed} {text}".encode()).digest()


def _name(seed: int, ids: list[str]) -> str:
    digest = _lot(seed, "\n".join(ids))
    return f"R{base64.b32encode(digest).decode()[:_LETTERS]}"


def _shown_fields(deals: PastDeals) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the headings of fields that may be shown, and what is left out: personal, not of then, or telling the outcome."""
    fields: dict[str, str] = {}
    left_out: list[str] = []
    known = deals.known
    if known is None:
        return {}, ()
    for field in known.fields:
        filled: Bools = known.values[field.key].notna().to_numpy()
        called = field_in_words(field.key.removeprefix("lead."))
        if field.key in PERSONAL or not filled.any():
            continue
        if field.key in known.tracked:
            fields[field.key] = called
        elif field.own:
            left_out.append(f"{called} ({NOT_RECORDED})")
        elif _tells(filled, deals):
            left_out.append(f"{called} (whether it is filled in gives the outcome away)")
        else:
            fields[field.key] = f"{called} ({TODAY})"
    twice = {one for one in fields.values() if list(fields.values()).count(one) > 1}
    fields = {key: key if heading in twice else heading for key, heading in fields.items()}
    return {key: cell(heading) for key, heading in fields.items()}, tuple(left_out)


def _tells(filled: Bools, deals: PastDeals) -> bool:
    everyone = np.ones(len(filled), bool)
    found = contrasts([ValueGroup(field="filled", inside=filled, known=everyone)], deals.won, deals.account)
    return any(one.chance < _TELLS for one in found)


def _events_in_words(events: pd.DataFrame) -> dict[int, str]:
    by_hand_over: dict[int, list[str]] = {}
    for row in events.sort_values(["hand_over_id", "n", "kind"], ascending=[True, False, True]).itertuples():
        by_hand_over.setdefault(int(row.hand_over_id), []).append(f"{row.kind} {row.n}")  # type: ignore[arg-type]
    return {place: cell("; ".join(kinds)) for place, kinds in by_hand_over.items()}


def _text(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, float):
        return figure(value, grouped=False)
    return cell(str(value))
