"""What the model must not know: all leak checks on data, what follows from them, and who vouched.

Checks 1 to 8 of method section 7 and the rule on names; those on models are in ``models/``. A finding *names*, *quarantines*
(the features of the field are left out) or *stops*. A field somebody vouched for in leadq.yaml is named and kept; a refused
one is never a feature, and what it would have told is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from agreement.problems import GateStopped, Problem
from crm.history import History, OwnField
from features.engine import open_engine
from features.leak_checks.after_decision import check_changes
from features.leak_checks.alone import check_features, check_field
from features.leak_checks.clock import check_clock
from features.leak_checks.closed_leads import read_closed_leads, read_fields
from features.leak_checks.disguised_events import check_kinds
from features.leak_checks.drift import check_drift
from features.leak_checks.duplicates import check_rows, check_twins
from features.leak_checks.filled_when_closed import check_filled_when_closed
from features.leak_checks.finding import BY_NAME, LeakFinding
from features.leak_checks.moments import check_closed, check_events
from features.leak_checks.names import check_names
from features.training_data import TrainingData

_RANK = {"stop": 0, "quarantine": 1, "name": 2}
_LAST = 100


def find_leaks(
    data: TrainingData,
    history: History,
    *,
    seed: int,
    tonight: npt.NDArray[np.float64] | None = None,
    memory_limit: str = "1GB",
) -> tuple[LeakFinding, ...]:
    """Run all leak checks on data.

    Parameters
    ----------
    data : TrainingData
        Before anything was quarantined.
    history : History
    seed : int
        Of samples and half splits.
    tonight : ndarray of shape (n, n_features) or None
        Encoded features of tonight's leads for check 7.

    Returns
    -------
    tuple of LeakFinding
        Worst first.
    """
    tracked = frozenset(key.replace(".", "s.", 1) for key in history.tracked_since)
    with open_engine(memory_limit=memory_limit) as backend:
        found = [*_on_fields(backend, history, tracked, seed), *check_rows(data), *check_twins(backend, history)]
        found += check_filled_when_closed(backend, history, data, tracked)
        if history.dated:
            found += check_events(backend, history, data, seed=seed)
            found += check_closed(backend, history, data)
    found += [*check_drift(data, seed=seed, tonight=tonight), *check_clock(data)]
    found = [_with_features(finding, data) for finding in found]
    found += _not_said_yet(check_features(data, tracked, seed=seed), found)
    honoured = [_honoured(finding, data, history) for finding in _worth_saying(found, history)]
    return tuple(sorted(honoured, key=_order))


def quarantine(findings: Iterable[LeakFinding], history: History) -> dict[str, str]:
    """Say what is left out, and why.

    Returns
    -------
    dict of str to str
        Feature name to reason; a field that no feature is made of stands under its own name (``"leads.status"``), for the
        record. Vouched fields are kept.
    """
    kept = {_column(field) for field in history.own_fields if field.status == "vouched"}
    reasons: dict[str, str] = {}
    for finding in findings:
        if finding.consequence == "quarantine" and finding.field not in kept:
            for name in finding.features or (finding.field,):
                reasons.setdefault(name, finding.sentence)
    return reasons


def raise_if_leaking(findings: Iterable[LeakFinding]) -> None:
    """Stop where a finding's consequence is to stop.

    Raises
    ------
    GateStopped
        With every such finding.
    """
    problems = [
        Problem(
            where=f"leak check {finding.check}, {finding.field}",
            rule=finding.name + " must not happen",
            value=f"{finding.figure:g}",
            remedy=finding.sentence,
        )
        for finding in findings
        if finding.consequence == "stop"
    ]
    if problems:
        raise GateStopped(problems)


def _worth_saying(found: list[LeakFinding], history: History) -> Iterator[LeakFinding]:
    """Say one thing of a column that never becomes a feature, and nothing of the values of one that is left out anyway."""
    own = {_column(field) for field in history.own_fields}
    left_out = {finding.field for finding in found if finding.consequence == "quarantine"}
    said: set[str] = set()
    for finding in sorted(found, key=_order):
        never = finding.check in (4, 5) and not finding.features and finding.field not in own
        never = never and finding.field.startswith(("leads.", "opportunities."))
        if (finding.check == 5 and (never or finding.field in left_out)) or (never and finding.field in said):
            continue
        said.add(finding.field)
        yield finding


def _order(finding: LeakFinding) -> tuple[int, int, float, str]:
    """Worst first; what was measured before what is only named so."""
    measured = finding.check if finding.check != BY_NAME else _LAST
    return _RANK[finding.consequence], measured, -finding.figure, finding.field


def _on_fields(backend: Any, history: History, tracked: frozenset[str], seed: int) -> Iterator[LeakFinding]:
    closed = read_closed_leads(backend, history)
    own = {_column(field) for field in history.own_fields}
    yield from check_names(sorted(own))
    for field, values in read_fields(backend, history, closed):
        if field not in tracked:
            yield from check_field(field, values, closed, seed=seed)
    yield from check_changes(backend, history, closed)
    yield from check_kinds(backend, history, closed)


def _with_features(finding: LeakFinding, data: TrainingData) -> LeakFinding:
    made = tuple(feature.name for feature in data.catalogue.features if feature.source == finding.field)
    return replace(finding, features=made) if made else finding


def _not_said_yet(fresh: Iterable[LeakFinding], said: list[LeakFinding]) -> Iterator[LeakFinding]:
    """Leave out what was already said of a feature's field with the same or a graver consequence."""
    told = {(name, finding.check): _RANK[finding.consequence] for finding in said for name in finding.features}
    for finding in fresh:
        (name,) = finding.features
        if told.get((name, finding.check), len(_RANK)) > _RANK[finding.consequence]:
            yield finding


def _honoured(finding: LeakFinding, data: TrainingData, history: History) -> LeakFinding:
    """Apply what leadq.yaml says of the field: vouched is kept, refused is out already."""
    sources = {feature.source for feature in data.catalogue.features if feature.name in finding.features}
    decided = [field for field in history.own_fields if _column(field) in {finding.field, *sources}]
    if finding.consequence == "stop" or len(decided) != 1 or decided[0].status == "used":
        return _never_a_feature(finding)
    (field,) = decided
    said = "vouched for and kept" if field.status == "vouched" else "refused already, and rightly"
    why = f" ({field.why})" if field.why else ""
    return replace(
        finding, field=_column(field), consequence="name", sentence=f"{finding.sentence} In leadq.yaml: {said}{why}."
    )


def _never_a_feature(finding: LeakFinding) -> LeakFinding:
    if finding.consequence == "quarantine" and not finding.features:
        return replace(finding, sentence=f"{finding.sentence} No feature is made of it.")
    return finding


def _column(field: OwnField) -> str:
    return f"{field.entity}s.{field.name}"
