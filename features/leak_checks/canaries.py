"""Check 13: leaks planted on purpose into copies of a sample, which the checks must catch, or nothing is trained.

A check that finds nothing proves something only where it would have found something. Planted are a column filled in after the
outcome, an event of the day after as-of, and an account that stands on both sides of a split. What is learnt from is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import ibis
import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.features.assemble import model_columns
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.engine.duckdb_engine import DAY_US, Tables
from leadq.features.groups.intent import families_of
from leadq.features.leak_checks import field_alone as alone
from leadq.features.leak_checks.closed_leads import ClosedLeads
from leadq.features.leak_checks.duplicates import check_rows
from leadq.features.leak_checks.finding import MIN_CLASS, LeakFinding
from leadq.features.leak_checks.moments import check_features, late_facts
from leadq.features.leak_checks.rebuild_features import cut, look
from leadq.features.training_data import TrainingData

SAMPLE_LEADS = 3_000
_LOOKS = 20
_NAME = "leads.planted_after_the_outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One planted leak.

    Parameters
    ----------
    planted : str
        What was planted, in words.
    caught_by : tuple of int
        Numbers of the checks that caught it; empty when it was missed.
    why_not : str
        Why this data gives no occasion to try; empty when it was tried.
    """

    planted: str
    caught_by: tuple[int, ...] = ()
    why_not: str = ""

    @property
    def missed(self) -> bool:
        """Tried, and not caught."""
        return not self.caught_by and not self.why_not


def plant_column(closed: ClosedLeads, *, seed: int) -> Canary:
    """Plant a column that is filled in for 85 of 100 won and 4 of 100 lost leads, and hold it against check 4."""
    planted = "a column filled in after the outcome"
    if min(closed.won.sum(), (~closed.won).sum()) < MIN_CLASS:
        return Canary(planted=planted, why_not=f"fewer than {MIN_CLASS} leads were won or lost")
    rng = np.random.default_rng(seed)
    rows = _some_of_each(closed.won, rng)
    sample = ClosedLeads(frame=closed.frame.iloc[rows].reset_index(drop=True))
    filled = rng.random(len(rows)) < np.where(sample.won, 0.85, 0.04)
    values = pd.Series("buyer", index=range(len(rows)), dtype="object").where(filled)
    return Canary(planted=planted, caught_by=_left_out_by(alone.check_field(_NAME, values, sample, seed=seed)))


def plant_feature(data: TrainingData, *, seed: int) -> Canary:
    """Plant a feature that nearly is the label, and hold it against check 4."""
    planted = "a feature made of the outcome"
    usable = (data.meta["mature"] & data.meta["worked"]).to_numpy(dtype=bool)
    won = usable & (data.meta["label"].to_numpy() == 1)
    first = data.meta["landmark"].to_numpy() == 0
    if min((won & first).sum(), (usable & ~won & first).sum()) < 3 * MIN_CLASS:
        return Canary(planted=planted, why_not="too few leads were won or lost within the horizon")
    rng = np.random.default_rng(seed)
    chosen = np.flatnonzero(usable & first)
    mask = np.zeros(len(data.meta), dtype=np.bool_)
    mask[chosen[_some_of_each(won[chosen], rng)]] = True
    sample = data.rows(mask)
    label = sample.meta["label"].to_numpy(dtype=np.float64)
    column = label + rng.normal(scale=0.3, size=len(label))
    feature = Feature(
        name="planted", family="planted", kind="number", unit="", source=_NAME, meaning="planted", known_because="it is not"
    )  # fmt: skip
    catalogue = replace(data.catalogue, features=(feature,), event_kinds=())
    spoilt = TrainingData(features=column[:, None], meta=sample.meta, catalogue=catalogue, dated=data.dated)
    return Canary(planted=planted, caught_by=_left_out_by(alone.check_features(spoilt, frozenset(), seed=seed)))


def plant_event(tables: Tables, data: TrainingData, looks: pd.DataFrame, agreement: Agreement) -> Canary:
    """Plant an event a day after as-of, look a day too late, and hold the features against checks 1 and 2."""
    planted = "an event of the day after as-of"
    small = _one_kind(data.catalogue)
    looks = looks.head(_LOOKS).reset_index(drop=True)
    if not small.event_kinds or looks.empty:
        return Canary(planted=planted, why_not="no kind of event is a feature")
    next_day = looks.assign(as_of_us=looks["as_of_us"] + DAY_US)
    known = cut(tables, next_day, name="canary_known")
    columns = {"kind": small.event_kinds[0], "lead_id": looks["lead_id"]}
    columns |= {"occurred_us": next_day["as_of_us"], "visible_us": next_day["as_of_us"]}
    rows = ibis.memtable(pd.DataFrame(columns))
    missing = {name: ibis.null(known.events[name].type()) for name in known.events.columns if name not in rows.columns}
    spoilt = replace(known, events=known.events.union(rows.mutate(**missing).select(*known.events.columns)))
    leaking = look(spoilt, next_day, agreement, small, name="canary_late")
    late = late_facts(
        spoilt,
        TrainingData(
            features=leaking[model_columns(small)].to_numpy(dtype=np.float64, na_value=np.nan),
            meta=data.meta.iloc[looks["row"]].reset_index(drop=True),
            catalogue=small,
        ),
        looks.assign(row=np.arange(len(looks))),
        agreement,
        name="canary_cut",
    )
    return Canary(planted=planted, caught_by=_stopped_by(check_features(late, len(looks))))


def plant_account(data: TrainingData) -> Canary:
    """Plant a copy of an account's rows in a group of its own, and hold the rows against check 8."""
    planted = "an account on both sides of a split"
    if not len(data.meta):
        return Canary(planted=planted, why_not="there is no row")
    rows = data.meta.head(SAMPLE_LEADS)
    twin = rows[rows["group"] == rows["group"].iloc[0]]
    copies = twin.assign(group=rows["group"].max() + 1, landmark=twin["landmark"] + 10_000)
    spoilt = pd.concat([rows, copies], ignore_index=True)
    nothing = replace(data.catalogue, features=())
    held = TrainingData(features=np.empty((len(spoilt), 0)), meta=spoilt, catalogue=nothing, dated=data.dated)
    return Canary(planted=planted, caught_by=_stopped_by(check_rows(held)))


def missed(canaries: Iterable[Canary]) -> Iterator[LeakFinding]:
    """Stop where a planted leak was missed."""
    for canary in canaries:
        if canary.missed:
            yield LeakFinding(
                check=13,
                name="a planted leak was missed",
                field=canary.planted,
                figure=0.0,
                limit=1.0,
                consequence="stop",
                sentence=f"A leak planted as a test was not found ({canary.planted}). The checks cannot be relied on for this data.",
            )


def _one_kind(catalogue: Catalogue) -> Catalogue:
    """Only the features of the first kind of event that has any: a small question is answered quickly."""
    families = families_of(catalogue.event_kinds)
    for kind in catalogue.event_kinds:
        family = families_of((kind,))[kind]
        features = tuple(feature for feature in catalogue.features if feature.family == family == families[kind])
        if features:
            return replace(catalogue, features=features, event_kinds=(kind,))
    return replace(catalogue, features=(), event_kinds=())


def _some_of_each(won: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """At most :data:`SAMPLE_LEADS` positions, half of them won where there are so many."""
    parts = [rng.permutation(np.flatnonzero(side))[: SAMPLE_LEADS // 2] for side in (won, ~won)]
    return np.sort(np.concatenate(parts))


def _left_out_by(findings: Iterable[LeakFinding]) -> tuple[int, ...]:
    return tuple(sorted({found.check for found in findings if found.consequence == "quarantine"}))


def _stopped_by(findings: Iterable[LeakFinding]) -> tuple[int, ...]:
    return tuple(sorted({found.check for found in findings if found.consequence == "stop"}))
