"""The one law of how much is enough to learn from: counted on worked leads whose horizon is over.

Fewer wins than :data:`leadq.crm.gate.rule_book.MIN_WINS` and nothing useful is learnt; the refusal says what is missing, where the
other wins went and how long it takes at the present pace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from leadq.crm.gate.rule_book import MIN_WINS
from leadq.features.training_data import TrainingData
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import Problem

MIN_NOT_WON = MIN_WINS
_DAYS_A_MONTH = 365.25 / 12
_SHORTER_DAYS = (14, 30, 60, 90, 120, 180)  # horizons that may be agreed instead
_PACE_DAYS = 365.0  # the present pace is that of the last year: it holds every season once


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Leads that a model can learn from, and wins that it cannot use yet or never.

    Parameters
    ----------
    won, not_won : int
        Worked leads whose horizon was over when the data was read.
    too_young : int
        Worked leads already won whose horizon is not over.
    not_worked : int
        Leads won within the horizon that sales did not work in time.
    wins_a_month : float
        Of the latest year of ``won``; 0 for a flat source or where nothing was won.
    """

    won: int
    not_won: int
    too_young: int
    not_worked: int
    wins_a_month: float

    def months_until(self, wins: int) -> float | None:
        """Months until there are ``wins`` at the present pace; None without a pace."""
        if self.won >= wins:
            return 0.0
        return (wins - self.won) / self.wins_a_month if self.wins_a_month > 0 else None


def supply(data: TrainingData) -> Supply:
    """Count what ``data`` (all rows, not the training population alone) holds."""
    meta = data.meta
    usable = meta["mature"] & meta["worked"]
    won = meta["days_to_win"].notna() if data.dated else meta["mature"] & (meta["label"] == 1)
    learnt = set(meta.loc[usable, "lead_id"])
    winners = set(meta.loc[usable & won, "lead_id"])
    worked = set(meta.loc[won & meta["worked"], "lead_id"])
    every = set(meta.loc[won, "lead_id"])
    return Supply(
        won=len(winners),
        not_won=len(learnt - winners),
        too_young=len(worked - winners),
        not_worked=len(every - worked),
        wins_a_month=_wins_a_month(data, winners) if data.dated else 0.0,
    )


def shortage(data: TrainingData) -> Problem | None:
    """Say what is missing before a model can be learnt from ``data`` (all its rows); None where it is enough."""
    found = supply(data)
    if found.won >= MIN_WINS and found.not_won >= MIN_NOT_WON:
        return None
    worked = "that sales worked and " if data.touches_recorded else ""
    return Problem(
        where="history",
        rule=f"must have at least {MIN_WINS} won and {MIN_NOT_WON} other leads {worked}whose horizon is over",
        value=f"{found.won:,} won and {found.not_won:,} others",
        remedy=" ".join([*_missing(found), *_sooner(data, found)]),
    )


def wins_with_horizon(data: TrainingData, horizon_days: float) -> int:
    """Count the won leads that could be learnt from today if the agreed horizon were only ``horizon_days``."""
    meta = data.meta
    read_at = meta["as_of"].max()  # hours before the reading at most: some lead is looked at nearly always
    early = meta["days_to_win"] <= horizon_days
    mature = meta["as_of"] + pd.Timedelta(days=horizon_days) <= read_at
    return int(meta.loc[early & mature & meta["worked"], "lead_id"].nunique())


def _sooner(data: TrainingData, found: Supply) -> Iterator[str]:
    more = ", or map everything that sales did as touches" if data.touches_recorded else ""
    yield f"To get there sooner, add older history{more}."
    if not data.dated or found.won >= MIN_WINS:
        return
    shorter = [days for days in _SHORTER_DAYS if days < data.catalogue.horizon_days]
    best = max(shorter, key=lambda days: wins_with_horizon(data, days), default=None)
    if best is not None and (count := wins_with_horizon(data, best)) > found.won:
        yield f"With horizon_days: {best} in the agreement, {counted(count, 'win')} would count today."


def _missing(found: Supply) -> list[str]:
    told = []
    if found.won < MIN_WINS:
        missing = MIN_WINS - found.won
        told.append(f"{counted(missing, 'more win')} {one_or_many(missing, 'is', 'are')} needed{_how_long(found)}.")
    if found.not_won < MIN_NOT_WON:
        missing = MIN_NOT_WON - found.not_won
        more = counted(missing, "more lead that was not won is", "more leads that were not won are")
        told.append(f"{more} needed. Check that the source includes lost leads.")
    if found.too_young:
        told.append(f"{counted(found.too_young, 'won lead is', 'won leads are')} not old enough yet.")
    if found.not_worked:
        worked = counted(found.not_worked, "won lead has", "won leads have")
        told.append(f"{worked} no recorded work by sales.")
    return told


def _how_long(found: Supply) -> str:
    months = found.months_until(MIN_WINS)
    if months is None:
        return ""
    return f" (in about {in_months(months)}, at the current {found.wins_a_month:.1f} a month)"


def in_months(months: float) -> str:
    """Name a duration as people do: ``"3 weeks"``, ``"5 months"``, ``"2.5 years"``."""
    if months < 1.5:
        weeks = max(1, round(months * _DAYS_A_MONTH / 7))
        return counted(weeks, "week")
    return counted(round(months), "month") if months < 24 else f"{months / 12:.1f} years"


def _wins_a_month(data: TrainingData, winners: set[str]) -> float:
    usable = data.meta[data.meta["mature"] & data.meta["worked"]]
    created = usable.groupby("lead_id")["created_at"].min()
    if not winners or created.empty:
        return 0.0
    days = (created.max() - created).dt.total_seconds() / 86_400
    recent = days <= _PACE_DAYS
    span = max(float(days[recent].max()), 1.0)
    return float(recent[recent.index.isin(winners)].sum()) / span * _DAYS_A_MONTH
