"""What the model must not know: all leak checks on data, what follows from them, and who vouched.

Checks 1 to 8 and 13 of docs/method.md and the rule on names; those on models are in ``models/``, parity is in ``pipelines/``.
A finding *names*, *quarantines* (the features of the field are left out) or *stops*. What somebody vouched for in leadq.yaml is
named and kept; a refused field is never a feature, and what it would have told is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.leak_checks import moments
from leadq.features.leak_checks.after_decision import check_changes
from leadq.features.leak_checks.canaries import Canary, missed, plant_account, plant_column, plant_event, plant_feature
from leadq.features.leak_checks.clock import check_clock
from leadq.features.leak_checks.closed_leads import ClosedLeads, read_closed_leads, read_fields
from leadq.features.leak_checks.disguised_events import check_kinds
from leadq.features.leak_checks.drift import check_drift
from leadq.features.leak_checks.duplicates import check_rows, check_twins
from leadq.features.leak_checks.field_alone import check_features, check_field
from leadq.features.leak_checks.filled_when_closed import check_filled_when_closed
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.names import check_names
from leadq.features.leak_checks.reporting import not_said_yet, once_a_family, with_features, worst_first, worth_saying
from leadq.features.leak_checks.table import BY_TRAINING, NEEDS_A_MODEL, CheckRow, check_table
from leadq.features.leak_checks.vouching import column_of, honoured, unknown_names, vouched_names
from leadq.features.training_data import TrainingData
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped, Problem

_NO_DATES = "the source has no dates"
_NO_ORDER = "nothing proves that the rows are in order of time"
_NO_AGREEMENT = "no agreement was given"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaksChecked:
    """What the checks on data found, worst first, and what they could look at.

    Parameters
    ----------
    findings : tuple of LeakFinding
    canaries : tuple of Canary
        Leaks planted on purpose; a missed one is among the findings.
    looked_again : int
        Rows whose features were made again from a history that ends at their as-of.
    not_run : dict of int to str
        Checks that this data gives no occasion for, and why.
    """

    findings: tuple[LeakFinding, ...]
    canaries: tuple[Canary, ...]
    looked_again: int
    not_run: dict[int, str]

    def rows(self, more: Iterable[LeakFinding] = (), *, passed: str = "", not_run: str = "") -> tuple[CheckRow, ...]:
        """Return all checks as a table; ``more``, ``passed`` and ``not_run`` are what parity (check 12) has to say."""
        again = f"the features of {counted(self.looked_again, 'row')} are the same when rebuilt from a history that ends at as-of"
        caught = [
            f"{canary.planted}: {canary.why_not or 'caught by check ' + ', '.join(map(str, canary.caught_by))}"
            for canary in self.canaries
        ]
        told = {1: again, 2: again, 12: passed, 13: "; ".join(caught)}
        why_not = {**dict.fromkeys(NEEDS_A_MODEL, BY_TRAINING), **self.not_run}
        if not_run:
            why_not[12] = not_run
        return check_table([*self.findings, *more], passed=told, not_run=why_not)


def check_leaks(
    data: TrainingData,
    history: History,
    *,
    seed: int,
    agreement: Agreement | None = None,
    vouched: Mapping[str, str] | None = None,
    tonight: npt.NDArray[np.float64] | None = None,
    memory_limit: str = "1GB",
    threads: int = 1,
) -> LeaksChecked:
    """Run all leak checks on data.

    Parameters
    ----------
    data : TrainingData
        Before anything was quarantined.
    history : History
    seed : int
        Of samples and half splits.
    agreement : Agreement or None
        Without it no row is looked at again (checks 1 and 2, and their canary).
    vouched : mapping of str to str or None
        ``vouch`` of leadq.yaml: feature or field to why.
    tonight : ndarray of shape (n, n_features) or None
        Encoded features of tonight's leads for check 7.
    memory_limit, threads
        Of the engine.
    """
    tracked = frozenset(key.replace(".", "s.", 1) for key in history.tracked_since)
    not_run: dict[int, str] = {} if history.dated else dict.fromkeys((1, 2, 3), _NO_DATES)
    canaries: list[Canary] = []
    looked_again = 0
    with open_engine(threads=threads, memory_limit=memory_limit) as backend:
        closed = read_closed_leads(backend, history)
        found = [
            *_on_fields(backend, history, closed, tracked, seed),
            *check_rows(data),
            *check_twins(backend, history),
        ]
        found += check_filled_when_closed(backend, history, data, tracked)
        canaries += [plant_column(closed, seed=seed), plant_feature(data, seed=seed)]
        if history.dated:
            found += moments.check_closed(backend, history, data)
        if history.dated and agreement is not None:
            tables, looks = open_tables(backend, history), moments.sample_looks(data, seed=seed)
            if looked_again := len(looks):
                found += moments.check_features(moments.late_facts(tables, data, looks, agreement), looked_again)
                canaries.append(plant_event(tables, data, looks, agreement))
    canaries.append(plant_account(data))
    if history.dated and not looked_again:
        not_run |= dict.fromkeys((1, 2), _NO_AGREEMENT if agreement is None else "there is no row")
    if data.order_is_time:
        found += [*check_drift(data, seed=seed, tonight=tonight), *check_clock(data)]
    else:
        not_run[7] = _NO_ORDER
    found += missed(canaries)
    found = _decided(found, data, history, tracked, vouched or {}, seed)
    return LeaksChecked(
        findings=tuple(sorted(found, key=worst_first)),
        canaries=tuple(canaries),
        looked_again=looked_again,
        not_run=not_run,
    )


def find_leaks(data: TrainingData, history: History, *, seed: int, **options: Any) -> tuple[LeakFinding, ...]:
    """Return the findings of :func:`check_leaks`, worst first."""
    return check_leaks(data, history, seed=seed, **options).findings


def quarantine(findings: Iterable[LeakFinding], history: History) -> dict[str, str]:
    """Say what is left out, and why.

    Returns
    -------
    dict of str to str
        Feature name to reason; a field that no feature is made of stands under its own name (``"leads.status"``), for the
        record. Vouched fields are kept.
    """
    kept = {column_of(field) for field in history.own_fields if field.status == "vouched"}
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


def _on_fields(
    backend: Any, history: History, closed: ClosedLeads, tracked: frozenset[str], seed: int
) -> Iterator[LeakFinding]:
    yield from check_names(sorted(column_of(field) for field in history.own_fields))
    for field, values in read_fields(backend, history, closed):
        if field not in tracked:
            yield from check_field(field, values, closed, seed=seed)
    yield from check_changes(backend, history, closed)
    yield from check_kinds(backend, history, closed)


def _decided(
    found: list[LeakFinding],
    data: TrainingData,
    history: History,
    tracked: frozenset[str],
    vouched: Mapping[str, str],
    seed: int,
) -> list[LeakFinding]:
    """Say each thing once, and apply what leadq.yaml decided."""
    found = [with_features(finding, data) for finding in found]
    found += not_said_yet(check_features(data, tracked, seed=seed), found)
    names = vouched_names(history, vouched)
    kept = [honoured(finding, data.catalogue, history, names) for finding in worth_saying(found, history)]
    return [*once_a_family(kept, data), *unknown_names(vouched, data.catalogue, history)]
