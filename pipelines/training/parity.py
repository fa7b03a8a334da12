"""Check 12: leads that were already scored, rebuilt from today's history as of their score time, must give the same score.

What was known in the night stands in its snapshot. A fact that differs today although its history is recorded stops the training:
it was written later under an earlier date, or scoring and training do not compute the same. What has no history (fields without
recorded changes, merged leads, rows deleted in the CRM) may differ; that is named, since nothing can be proved of it. So is a
feature that somebody vouched for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.leak_checks.finding import LeakFinding
from leadq.foundation.plurals import counted, one_or_many
from leadq.pipelines.project.project import Project
from leadq.pipelines.training.night_rescoring import TOLERANCE, ScoredNight, read_night

LEADS = 200
NIGHTS = 4
NOTHING_SCORED = "nothing scored yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A fact, or with ``feature`` empty a score, that differs and may not."""

    lead_id: str
    night: str
    feature: str
    then: Any
    now: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What came of the comparison.

    Parameters
    ----------
    compared : int
        Leads rebuilt.
    wrong : list of Wrong
        What stops.
    unproven : dict of str to set of str
        Why nothing can be proved, and of which leads.
    why_not : str
        Why nothing was compared; empty when something was.
    """

    compared: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    unproven: dict[str, set[str]] = field(default_factory=dict)
    why_not: str = ""

    @property
    def words(self) -> str:
        """What a passed check says."""
        return (
            f"{counted(self.compared, 'lead')} scored earlier, rebuilt from today's sources, "
            f"{one_or_many(self.compared, 'gets', 'get')} the same score within {TOLERANCE:g}"
        )

    @property
    def findings(self) -> tuple[LeakFinding, ...]:
        """At most one that stops, and one that names what cannot be proved."""
        return (*_stopping(self), *_naming(self))


def check_parity(project: Project, history: History, *, seed: int) -> Parity:
    """Rebuild up to :data:`LEADS` scored leads of the last :data:`NIGHTS` nights and score them with the same bundles."""
    nights = [run for run in project.store.runs() if run.inputs.kind == "night" and run.inputs.as_of <= history.read_at]
    if not history.dated or not nights:
        return Parity(why_not=NOTHING_SCORED if history.dated else "the source has no dates")
    nights = nights[-NIGHTS:]
    engine = project.settings.engine
    compared, wrong, unproven, otherwise = 0, list[Wrong](), dict[str, set[str]](), set[int]()
    with open_engine(threads=engine.threads, memory_limit=engine.memory_limit) as backend:
        tables = open_tables(backend, history)
        for number, run in enumerate(nights):
            share = LEADS // len(nights)
            night = read_night(project.store, tables, run, project.agreement, leads=share, seed=seed + number)
            if night is not None and night.bundle.reading != history.reading:
                otherwise.add(night.bundle.reading)  # it saw other facts, and rightly so
            elif night is not None:
                compared += len(night.then)
                wrong += _compare(night, project.config.vouch, unproven)
    if not compared and otherwise:
        then = " and ".join(map(str, sorted(otherwise)))
        return Parity(
            why_not=f"earlier nights used reading {then} of the sources, this one uses reading {history.reading}"
        )
    if not compared:
        return Parity(why_not="no earlier night can be scored again: its model is gone, or it scored no lead")
    return Parity(compared=compared, wrong=wrong, unproven=unproven)


def _compare(night: ScoredNight, vouched: Collection[str], unproven: dict[str, set[str]]) -> Iterator[Wrong]:
    """Yield what differs and may not; collect in ``unproven`` what may."""
    when = f"{night.run.inputs.as_of:%Y-%m-%d}"
    for lead_id, then, now in night.scored_otherwise():
        yield Wrong(lead_id=lead_id, night=when, feature="", then=then, now=now)
    moved = night.moved()
    for lead_id, why in moved.items():
        unproven.setdefault(why, set()).add(lead_id)
    lead_ids = night.then["lead_id"]
    here = ~lead_ids.isin(moved).to_numpy()
    features = {feature.name: feature for feature in night.bundle.catalogue.features}
    proven: dict[str, np.ndarray] = {}
    for name, differs in night.differing().items():
        feature, where = features[name], differs & here
        if name in vouched or not night.proven(feature):
            without = f"{feature.source}, which has no recorded history"
            if feature.group and name not in night.now.columns:
                without = f"feature group {feature.group}, which is no longer installed"
            why = f"{name}, vouched for" if name in vouched else without
            if where.any():
                unproven.setdefault(why, set()).update(lead_ids[where])
        elif where.any():
            proven[name] = where
    for name, where in _not_by_deleting(night, proven, unproven).items():
        for row in np.flatnonzero(where):
            then, now = night.then[name].iloc[row], night.now[name].iloc[row]
            yield Wrong(lead_id=str(lead_ids.iloc[row]), night=when, feature=name, then=then, now=now)


def _not_by_deleting(
    night: ScoredNight, proven: dict[str, np.ndarray], unproven: dict[str, set[str]]
) -> dict[str, np.ndarray]:
    """Leave the leads whose differences deleted rows cannot explain."""
    if not proven or not night.rows_deleted():
        return proven
    features = {feature.name: feature for feature in night.bundle.catalogue.features}
    grew = np.any([where & ~night.shrank(features[name]) for name, where in proven.items()], axis=0)
    explained = np.any(list(proven.values()), axis=0) & ~grew
    if explained.any():
        unproven.setdefault("rows deleted in the CRM since", set()).update(night.then["lead_id"][explained])
    return {name: where & grew for name, where in proven.items()}


def _stopping(parity: Parity) -> Iterator[LeakFinding]:
    if not parity.wrong:
        return
    first = parity.wrong[0]
    leads = len({one.lead_id for one in parity.wrong})
    yield LeakFinding(
        check=12,
        name="scored leads rebuilt differently",
        field=first.feature or "probability",
        features=tuple(sorted({one.feature for one in parity.wrong if one.feature})),
        figure=float(leads),
        limit=TOLERANCE,
        consequence="stop",
        sentence=f"{leads:,} of {counted(parity.compared, 'lead')} scored earlier "
        f"{one_or_many(leads, 'comes', 'come')} out differently when rebuilt from today's sources. For example, on "
        f"{first.night} {first.lead_id} had {first.feature or 'the probability'} {_shown(first.then)}; for the same moment "
        f"today's sources give {_shown(first.now)}. {_why(first)}",
    )


def _why(wrong: Wrong) -> str:
    if not wrong.feature:
        return "That night's score table, snapshot and model do not belong together: restore them from a backup."
    return (
        "A fact was added later under an earlier date. Map known_at for such events, leave their kind out (ignore_kinds), "
        "or vouch for the feature in leadq.yaml."
    )


def _naming(parity: Parity) -> Iterator[LeakFinding]:
    if not parity.unproven:
        return
    leads = set[str]().union(*parity.unproven.values())
    ordered = sorted(parity.unproven.items(), key=lambda item: (-len(item[1]), item[0]))
    told = "; ".join(f"{why} ({counted(len(ids), 'lead')}, for example {min(ids)})" for why, ids in ordered)
    yield LeakFinding(
        check=12,
        name="cannot be rebuilt",
        field="scores",
        figure=float(len(leads)),
        limit=0.0,
        consequence="name",
        sentence=f"{len(leads):,} of {counted(parity.compared, 'lead')} scored earlier cannot be rebuilt fully, so nothing is "
        f"proved about them: {told}.",
    )


def _shown(value: Any) -> str:
    if pd.isna(value):
        return "nothing"
    return repr(value[:60]) if isinstance(value, str) else f"{value:g}"
