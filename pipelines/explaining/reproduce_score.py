"""Any past score reproduced from its run: the snapshot of what was known, the bundle, the agreement and the state of the night before.

The score table has three reasons a side; a score made again has room for more, and is believed only where everything else in it
is, to the last bit, what the table says. Sentences (with the unknowns, which are nothing else) and the percentile, which rests on
all leads of the night, are the table's own, whatever the catalogue of sentences says by now.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import Any

import pyarrow as pa

from leadq.agreement.read import stored_agreement
from leadq.agreement.schema import Agreement
from leadq.crm.storage.parquet_rows import rows_of_lead
from leadq.foundation.plurals import counted
from leadq.foundation.problems import Problem, StoreError
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.live.live_models import bundle_folder
from leadq.pipelines.night.scoring_context import scoring_run
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run, sha256_of
from leadq.pipelines.store.snapshots import snapshot_of
from leadq.pipelines.store.store import Store
from leadq.serving.scoring.reasons.reason_choice import PER_SIDE, ReasonMaker
from leadq.serving.scoring.score_batches import score_coded
from leadq.serving.scoring.scoring_run import ScoringKit
from leadq.serving.scoring.table.dictionary_columns import plain

Row = dict[str, Any]

REASONS = 5
"""A side, on a card."""
SAME = (
    *("status", "probability", "margin", "base", "contributions", "tier", "tier_by", "model_tier", "tier_at_handoff"),
    *("previous_probability", "trend", "changed"),
)
"""Columns that must come out again bit for bit, beside the reasons."""
SIDES = ("reasons_for", "reasons_against")

_RUNS, _MODELS = 32, 4  # whose kits are kept; those of one model share all that is dear


class PastScores:
    """Makes past scores again; safe to be asked by several threads.

    The first score of a model takes a second or two, the next ones milliseconds.

    Parameters
    ----------
    project : Project
    checked : bool
        As :class:`leadq.models.bundle.matrix_scorer.MatrixScorer` has it.
    """

    def __init__(self, project: Project, *, checked: bool = True) -> None:
        self._project, self._checked = project, checked
        self._kits: OrderedDict[str, ScoringKit] = OrderedDict()
        self._lock = Lock()

    def row(self, run: Run, lead_id: str, *, told: Row | None = None) -> Row:
        """Return a lead's row of a run's score table, with up to :data:`REASONS` reasons for and against.

        Parameters
        ----------
        run : Run
        lead_id : str
        told : dict, optional
            The row as the table has it, where it is at hand.

        Raises
        ------
        StoreError
            The run did not score the lead; what it rests on is gone or damaged; or the score does not come out again,
            naming what differs.
        BundleError
            The bundle is gone or damaged.
        """
        store = self._project.store
        told = told or told_then(store, run, lead_id)
        if told is None:
            remedy = "Name a lead that was open in that run; its score table lists them."
            raise StoreError(
                Problem(where=f"run {run.run_id}", rule="must know the lead", value=lead_id, remedy=remedy)
            )
        try:
            known = snapshot_of(store, lead_id, run.run_id)
            with self._lock:  # a kit keeps its sentences, one thread at a time
                again: Row = plain(score_coded(known, self._kit(run)).rows).to_pylist()[0]
        except (OSError, pa.ArrowException) as error:
            raise StoreError(_damaged(store, run, str(error).splitlines()[0][:120])) from error
        _must_be_the_same(store, run, told, again)
        return {**told, **{side: [*told[side], *again[side][PER_SIDE:]] for side in SIDES if told[side]}}

    def _kit(self, run: Run) -> ScoringKit:
        if run.run_id not in self._kits:
            self._kits[run.run_id] = self._make_kit(run)
        self._kits.move_to_end(run.run_id)
        while len(self._kits) > _RUNS or len({_model_of(kit) for kit in self._kits.values()}) > _MODELS:
            self._kits.popitem(last=False)
        return self._kits[run.run_id]

    def _make_kit(self, run: Run) -> ScoringKit:
        wanted = (run.inputs.bundle_version, run.inputs.agreement_sha256)
        alike = [kit for kit in self._kits.values() if _model_of(kit) == wanted]
        if alike:
            return replace(alike[-1], run=self._scoring_run(run, alike[-1].run.bundle, alike[-1].run.agreement))
        bundle = read_bundle(bundle_folder(self._project.store.folder, run.inputs.bundle_version))
        scorer = MatrixScorer(bundle, checked=self._checked)
        kit = ScoringKit.of(self._scoring_run(run, bundle, agreement_then(self._project, run, bundle)), scorer)
        return replace(kit, reasons=ReasonMaker(bundle.catalogue.families, kit.book, most=REASONS))

    def _scoring_run(self, run: Run, bundle: Bundle, agreement: Agreement) -> Any:
        project = replace(self._project, agreement=agreement)
        return scoring_run(project, bundle, run.inputs, run.scored_at, changed_only=False)


def _model_of(kit: ScoringKit) -> tuple[str, str]:
    """Return what kits share all that is dear by: model and agreement."""
    return kit.run.bundle.version, kit.run.agreement.sha256


def told_then(store: Store, run: Run, lead_id: str) -> Row | None:
    """Return a lead's row of a run's score table, if it has one.

    Raises
    ------
    StoreError
        The table is gone or damaged.
    """
    try:
        rows: list[Row] = rows_of_lead(store.table(run.scores), lead_id).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise StoreError(_damaged(store, run, str(error).splitlines()[0][:120])) from error
    return rows[0] if rows else None


def agreement_then(project: Project, run: Run, bundle: Bundle) -> Agreement:
    """Return the agreement that a run scored under: today's, or the one kept in its bundle.

    Raises
    ------
    StoreError
        It is neither.
    """
    wanted = run.inputs.agreement_sha256
    if project.agreement.sha256 == wanted:
        return project.agreement
    kept = stored_agreement(bundle.agreement_text, where="agreement.yaml of the bundle")
    if kept.sha256 == wanted:
        return kept
    raise StoreError(
        Problem(
            where=f"run {run.run_id}",
            rule="needs the agreement that was in force then: today's, or the one stored with its model",
            value=f"version {run.inputs.agreement_version}, hash {wanted[:12]}",
            remedy="Copy the project folder, put that agreement.yaml into the copy, and run leadq explain there.",
        )
    )


def _must_be_the_same(store: Store, run: Run, told: Row, again: Row) -> None:
    differs = [
        f"{name}: {_short(told[name])} then, {_short(again[name])} now" for name in SAME if told[name] != again[name]
    ]
    for side in SIDES:
        then, now = ([_figures(reason) for reason in (row[side] or ())[:PER_SIDE]] for row in (told, again))
        if then != now:
            differs.append(f"{side}: {_short(then)} then, {_short(now)} now")
    if differs:
        value = f"lead {told['lead_id']}: {counted(len(differs), 'column differs', 'columns differ')}"
        raise StoreError(replace(_damaged(store, run, value), count=len(differs), examples=tuple(differs[:5])))


def _figures(reason: Row) -> Row:
    """All of a reason but its words: a company may reword its sentences."""
    return {name: value for name, value in reason.items() if name != "sentence"}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _damaged(store: Store, run: Run, value: str) -> Problem:
    """Say that a score cannot be had again, and which files of its run, or of those it compares with, are not what they were."""
    before = [one for run_id in run.inputs.previous_runs if (one := store.committed(run_id)) is not None]
    hashes = {one.scores: one.scores_sha256 for one in (run, *before)} | {run.snapshot: run.snapshot_sha256}
    changed = [name for name, expected in hashes.items() if _sha256(store, name) != expected]
    remedy = (
        f"Restore {' and '.join(changed)} in the store from a backup."
        if changed
        else "Its files are unchanged, so another version of leadq or of its libraries made it. Use that one, or --afresh."
    )
    return Problem(
        where=f"run {run.run_id}", rule="a past score must be reproduced exactly", value=value, remedy=remedy
    )


def _sha256(store: Store, name: str) -> str:
    try:
        return sha256_of(store.folder / name)
    except OSError:
        return ""
