"""Score the open leads: read, gate, look at tonight's leads, score, store what was known, commit.

The same night again is the same run and is not scored twice; a killed one never happened and is simply run again. Writing
back to the CRM is delivery's work and no part of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from agreement.problems import GateStopped, InputError, Problem, UsageError
from crm.gate import check_rules
from crm.history import History
from features.engine import open_engine
from features.tonight import tonight
from models.bundle import Bundle
from pipelines.bundles import scoring_bundle
from pipelines.ingest import ingest, rejected_rows, rejected_words
from pipelines.progress import Progress
from pipelines.project import Project
from pipelines.runs import Run, RunInputs, RunKind, sha256_of
from pipelines.shadow import score_in_shadow
from pipelines.shape import shape_problems
from pipelines.snapshots import new_snapshot
from pipelines.told import DONE, WITH_REJECTED_ROWS, Told
from pipelines.validate import agreement_problems
from serving.scoring.previous import PreviousScores
from serving.scoring.score import ScoringRun, score_batches
from serving.scoring.summary import summary_text, tier_rows
from serving.scoring.write import sorted_probabilities, write_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which leads: all open ones, those since a moment, or one."""

    lead_id: str = ""
    since: datetime | None = None

    @property
    def kind(self) -> RunKind:
        """What the run is called."""
        if self.lead_id:
            return "lead"
        return "since" if self.since else "night"

    @property
    def text(self) -> str:
        """Lead or moment; empty for a night."""
        return self.lead_id or (self.since.isoformat() if self.since else "")


def score(
    project: Project,
    progress: Progress,
    *,
    lead_id: str = "",
    since: datetime | None = None,
    as_of: datetime | None = None,
) -> Told:
    """Score into the store.

    Parameters
    ----------
    project : Project
    progress : Progress
    lead_id, since
        Only this lead; only leads created or changed after this moment.
    as_of : datetime, optional
        When the leads are looked at; when the data was read by default.

    Raises
    ------
    UsageError
        Both ``lead_id`` and ``since``, or an as-of after the data was read.
    GateStopped
        The data breaks a stop rule, or nothing may score; nothing was written.
    """
    scope = Scope(lead_id=lead_id, since=since)
    as_of = as_of or project.read_at
    _refuse_wrong_use(scope, as_of, project)
    with project.store.writing(f"score, {scope.kind}", project.now):
        bundle = scoring_bundle(project)
        history = read_tonight(project, bundle, progress)
        inputs = RunInputs(
            kind=scope.kind,
            scope=scope.text,
            as_of=as_of,
            history_sha256=history.sha256,
            bundle_version=bundle.version,
            agreement_version=project.agreement.version,
            agreement_sha256=project.agreement.sha256,
            previous_runs=tuple(run.run_id for run in project.store.before(as_of)),
        )
        done = project.store.committed(inputs.run_id)
        run = done or _score(project, history, bundle, inputs, scope, progress)
        shadow = score_in_shadow(project, history, run)
    return _told(project, run, history, repeated=done is not None, shadow=shadow)


def read_tonight(project: Project, bundle: Bundle, progress: Progress) -> History:
    """Read the sources into the store's work folder and hold them against the nightly rules.

    Raises
    ------
    GateStopped
        A stop rule is broken, the agreement names a field that the data does not have, or the sources have no longer the
        shape that the bundle's model was trained on.
    """
    history = ingest(project, progress, folder=project.store.work / "history")
    progress("Gate: counting the rules")
    gate = check_rules(history)
    problems = [row.problem() for row in gate.stopped] + list(agreement_problems(project, history))
    problems += shape_problems(project, history, bundle.catalogue)
    if problems:
        raise GateStopped(problems)
    return history


def _refuse_wrong_use(scope: Scope, as_of: datetime, project: Project) -> None:
    if scope.lead_id and scope.since:
        raise UsageError(
            Problem(where="leadq score", rule="takes --since or --lead, not both", remedy="Drop one of the two.")
        )
    if as_of > project.read_at:
        remedy = "Name an earlier moment, or read newer data."
        rule = f"must not be after the data was read ({project.read_at.isoformat()})"
        raise UsageError(Problem(where="--as-of", rule=rule, value=as_of.isoformat(), remedy=remedy))


def _score(
    project: Project, history: History, bundle: Bundle, inputs: RunInputs, scope: Scope, progress: Progress
) -> Run:
    progress("Looking at tonight's leads")
    store, engine = project.store, project.settings.engine
    path = store.scores_path(inputs)
    run = ScoringRun(
        bundle=bundle,
        agreement=project.agreement,
        as_of=inputs.as_of,
        scored_at=project.now,
        run_id=inputs.run_id,
        snapshot_id=inputs.run_id,
        previous=_previous(project, inputs, bundle),
        threads=engine.threads,
    )
    with (
        open_engine(threads=engine.threads, memory_limit=engine.memory_limit, spill=store.work / "spill") as backend,
        new_snapshot(store, inputs.run_id, as_of=inputs.as_of, previous_runs=inputs.previous_runs) as snapshot,
    ):
        leads = tonight(
            backend,
            history,
            project.agreement,
            bundle.catalogue,
            as_of=inputs.as_of,
            lead_id=scope.lead_id or None,
            since=scope.since,
        )
        leads = _must_be_open(leads, scope.lead_id)
        counts = write_scores(score_batches(snapshot.keep(leads), run), path, ranks_of=_ranks(project, inputs))
    counts["snapshot"] = {"seen": snapshot.seen, "stored": snapshot.stored}
    counts["held_back"] = {"|".join(key): leads for key, leads in sorted(run.held_back.items())}
    return _commit(project, history, inputs, path, counts)


def _must_be_open(leads: Iterator[pa.RecordBatch], lead_id: str) -> Iterator[pa.RecordBatch]:
    """Pass the leads through; where one was asked for by id, it must be among them."""
    rows = 0
    for batch in leads:
        rows += batch.num_rows
        yield batch
    if lead_id and not rows:
        remedy = "Look up its id; closed leads and leads created later are not scored."
        raise InputError(Problem(where="--lead", rule="must be a lead that is open", value=lead_id, remedy=remedy))


def _commit(project: Project, history: History, inputs: RunInputs, path: Path, counts: dict[str, Any]) -> Run:
    store = project.store
    snapshot_path = store.snapshot_path(inputs.run_id)
    committed = Run(
        inputs=inputs,
        scored_at=project.now,
        scores=str(path.relative_to(store.folder)),
        scores_sha256=sha256_of(path),
        snapshot=str(snapshot_path.relative_to(store.folder)),
        snapshot_sha256=sha256_of(snapshot_path),
        counts=counts,
        history_counts={
            "rejected": rejected_rows(history),
            "tables": {table: asdict(count) for table, count in history.counts.items()},
        },
    )
    store.commit(committed)
    return committed


def _previous(project: Project, inputs: RunInputs, bundle: Bundle) -> PreviousScores | None:
    runs = [run for run_id in inputs.previous_runs if (run := project.store.committed(run_id)) is not None]
    if not runs:
        return None
    files = tuple(project.store.folder / run.scores for run in runs)
    same_but_anchor = frozenset({bundle.trained.get(name, "") for name in ("anchored_from", "anchored_root")} - {""})
    return PreviousScores(files=files, as_of=runs[-1].inputs.as_of, reanchored=same_but_anchor)


def _ranks(project: Project, inputs: RunInputs) -> Any:
    """Probabilities of the night before, to rank a few leads among; None lets a night rank among its own."""
    if inputs.kind == "night" or not inputs.previous_runs:
        return None
    night = project.store.committed(inputs.previous_runs[-1])
    return None if night is None else sorted_probabilities(project.store.table(night.scores))


def _told(project: Project, run: Run, history: History, *, repeated: bool, shadow: str) -> Told:
    rejected = int(run.history_counts["rejected"])
    path = project.store.folder / run.scores
    rows = tier_rows(run.counts, project.agreement)
    facts = {
        "run_id": run.run_id,
        "kind": run.inputs.kind,
        "as_of": run.inputs.as_of.isoformat(),
        "model_version": run.inputs.bundle_version,
        "agreement_version": run.inputs.agreement_version,
        "repeated": repeated,
        "scores": str(path),
        "rows": run.counts["rows"],
        "counts": run.counts["counts"],
        "tiers": [asdict(row) for row in rows],
        "rejected_rows": rejected,
        "shadow": shadow,
    }
    words = [
        f"{run.counts['rows']:,} open leads as of {run.inputs.as_of:%Y-%m-%d %H:%M} UTC, model {run.inputs.bundle_version}",
        summary_text(rows).rstrip("\n"),
        f"Score table: {path}",
    ]
    if repeated:
        words.append("These inputs were scored before: the same run, nothing was written.")
    if shadow:
        words.append(shadow)
    if rejected:
        words.append(rejected_words(history))
    return Told(facts=facts, words="\n".join(words), exit_code=WITH_REJECTED_ROWS if rejected else DONE)
