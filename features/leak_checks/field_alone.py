"""Checks 4 and 5: what one field alone tells, from today's CRM values and from the features as the model would see them.

A field with recorded changes is rebuilt as of the moment, so its value today is no evidence against it and only its features
are judged; its being filled in by then is then a fact, named but not quarantined. A feature out of events may be missing for
an honest reason (no such event), so the missingness limit holds for fields only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from leadq.features.catalogue import Feature
from leadq.features.leak_checks.closed_leads import ClosedLeads
from leadq.features.leak_checks.finding import MISSINGNESS_AUC, QUARANTINE_AUC, SUSPECT_AUC, Consequence, LeakFinding
from leadq.features.leak_checks.single_field import (
    SingleFieldAuc,
    auc_of_categories,
    auc_of_numbers,
    auc_of_presence,
    codes_of,
)
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.plurals import counted

_TELLS = "tells the outcome alone"
_FILLED = "filled in when the outcome is known"
_MAX_ROWS = 20_000
_MIN_WINS = 30


def check_field(field: str, values: pd.Series, closed: ClosedLeads, *, seed: int) -> Iterator[LeakFinding]:
    """Judge one column of the CRM as it stands today among closed leads (checks 4 and 5)."""
    won, group = closed.won, closed.group
    if is_numeric_dtype(values):
        told = auc_of_numbers(values.to_numpy(dtype=np.float64), won, group)
    else:
        told = auc_of_categories(codes_of(values), won, group, seed=seed)
        yield from _rare_values(field, values, won)
    yield from _value_finding(field, told, "among closed leads")
    filled = auc_of_presence(values.notna().to_numpy(), won, group)
    if filled is not None and filled.reaches(MISSINGNESS_AUC):
        present = values.notna().to_numpy()
        sentence = (
            f"{field} is filled in for {present[won].mean():.0%} of the won and {present[~won].mean():.0%} of the lost "
            f"leads (AUC {filled.auc:.2f}) and has no recorded history: it may be filled in because of the outcome."
        )
        yield _finding(4, _FILLED, field, filled.auc, MISSINGNESS_AUC, sentence, "quarantine")


def _value_finding(field: str, told: SingleFieldAuc | None, where: str) -> Iterator[LeakFinding]:
    if told is None or not told.reaches(SUSPECT_AUC):
        return
    certain = told.reaches(QUARANTINE_AUC)
    meaning = (
        "almost certainly it is written after the outcome"
        if certain
        else "unusually good for a fact known beforehand, so check where it comes from"
    )
    sentence = (
        f"{field} alone separates won from lost leads with AUC {told.auc:.2f} {where} "
        f"({told.n_won:,} won, {told.n_lost:,} not): {meaning}."
    )
    limit = QUARANTINE_AUC if certain else SUSPECT_AUC
    yield _finding(4, _TELLS, field, told.auc, limit, sentence, "quarantine" if certain else "name")


def _rare_values(field: str, values: pd.Series, won: np.ndarray) -> Iterator[LeakFinding]:
    """Check 5: values that (nearly) always or never win; the three most frequent of each kind are named."""
    base = float(won.mean())
    counts = pd.DataFrame({"value": values, "won": won}).groupby("value", observed=True)["won"].agg(["size", "mean"])
    always = counts[(counts["size"] >= 30) & (counts["mean"] >= 0.95) & (base < 0.9)]
    never = counts[(counts["size"] >= 100) & (counts["mean"] == 0) & (base >= 0.05)]
    for found, limit, what in ((always, 0.95, "won"), (never, 0.0, "never won")):
        for value, row in found.sort_values("size", ascending=False).head(3).iterrows():
            sentence = (
                f"{field} = {str(value)[:60]!r}: {row['mean']:.0%} of {counted(int(row['size']), 'lead')} were won, compared "
                f"with {base:.0%} overall; a value that means {what} may be the outcome in disguise."
            )
            yield _finding(5, "a value that decides", field, float(row["mean"]), limit, sentence, "name")


def _finding(
    check: int, name: str, field: str, figure: float, limit: float, sentence: str, consequence: Consequence
) -> LeakFinding:
    return LeakFinding(
        check=check, name=name, field=field, figure=figure, limit=limit, consequence=consequence, sentence=sentence
    )


def check_features(data: TrainingData, tracked: frozenset[str], *, seed: int) -> Iterator[LeakFinding]:
    """Judge every feature as the model would see it, at hand-off and at the first, middle and last landmark (check 4).

    Parameters
    ----------
    data : TrainingData
    tracked : frozenset of str
        Sources with recorded changes, ``"leads.authority"``.
    """
    parts = list(_looks(data, seed))
    for index, feature in enumerate(data.catalogue.features):
        worst: dict[str, LeakFinding] = {}
        for where, rows in parts:
            for found in _feature_findings(feature, index, rows, where, tracked, seed):
                if found.name not in worst or found.figure > worst[found.name].figure:
                    worst[found.name] = found
        yield from worst.values()


def _feature_findings(
    feature: Feature, index: int, rows: TrainingData, where: str, tracked: frozenset[str], seed: int
) -> Iterator[LeakFinding]:
    column = rows.features[:, index]
    won = rows.meta["label"].to_numpy() == 1
    group = rows.meta["group"].to_numpy(dtype=np.int64)
    if feature.kind == "category":
        codes = np.where(np.isnan(column), -1, column).astype(np.int64)
        told = auc_of_categories(codes, won, group, seed=seed)
    else:
        told = auc_of_numbers(column, won, group)
    for found in _value_finding(feature.name, told, where):
        yield replace(found, features=(feature.name,))
    if feature.source not in tracked:
        return
    filled = auc_of_presence(~np.isnan(column), won, group)
    if filled is not None and filled.reaches(MISSINGNESS_AUC):
        sentence = (
            f"Whether {feature.name} was known {where} alone separates won from lost leads (AUC {filled.auc:.2f}). Its changes "
            "are recorded, so it is kept; make sure that they are recorded from the beginning."
        )
        found = _finding(4, _FILLED, feature.name, filled.auc, MISSINGNESS_AUC, sentence, "name")
        yield replace(found, features=(feature.name,))


def _looks(data: TrainingData, seed: int) -> Iterator[tuple[str, TrainingData]]:
    """Each lead once per look: a landmark's rows are independent, all landmarks' together are not."""
    landmark = data.meta["landmark"].to_numpy()
    usable = data.meta["mature"].to_numpy(dtype=bool) & data.meta["worked"].to_numpy(dtype=bool)
    wins = {int(mark): int(data.meta["label"].to_numpy()[usable & (landmark == mark)].sum()) for mark in set(landmark)}
    ages = sorted(mark for mark, won in wins.items() if won >= _MIN_WINS and mark != HANDOFF)
    chosen = dict.fromkeys(
        [HANDOFF] * (wins.get(HANDOFF, 0) >= _MIN_WINS) + ages[:1] + ages[len(ages) // 2 :][:1] + ages[-1:]
    )
    if not chosen:  # small data: all that there is
        chosen = dict.fromkeys(sorted(wins)[:1])
    rng = np.random.default_rng(seed)
    for mark in chosen:
        rows = np.flatnonzero(usable & (landmark == mark))
        if rows.size > _MAX_ROWS:
            rows = np.sort(rng.choice(rows, _MAX_ROWS, replace=False))
        mask = np.zeros(len(landmark), dtype=np.bool_)
        mask[rows] = True
        where = "at hand-off" if mark == HANDOFF else f"{counted(data.catalogue.ages_days[mark], 'day')} after creation"
        yield where, data.rows(mask)
