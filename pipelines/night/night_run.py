"""One scoring run from leads to committed files: looked at, stored as a snapshot, scored in parts, ranked, committed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import is_distributed
from leadq.features.tonight import OpenLeads, tonight
from leadq.foundation.plurals import counted
from leadq.foundation.problems import InputError, Problem
from leadq.models.bundle.bundle import Bundle
from leadq.models.tiers.tier_offers import cut_by_tier
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.night.earlier_runs import ranks
from leadq.pipelines.night.followed import write_followed
from leadq.pipelines.night.records import write_records
from leadq.pipelines.night.resume import begin, finished
from leadq.pipelines.night.scoring_context import scoring_run
from leadq.pipelines.project.engine_choice import duckdb_engine, project_engine
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run, RunInputs, sha256_of
from leadq.pipelines.store.snapshots import SnapshotWriter, new_snapshot
from leadq.pipelines.training.ingest import rejected_rows
from leadq.serving.scoring.changes.tier_moves import write_moves
from leadq.serving.scoring.score_batches import ScoringRun
from leadq.serving.scoring.table.night_parts import regrouped, score_parts, told_by
from leadq.serving.scoring.table.score_table_file import finish_scores, write_states


def score_run(
    project: Project,
    history: History,
    bundle: Bundle,
    inputs: RunInputs,
    scored_at: datetime,
    progress: Progress,
    *,
    changed_only: bool = False,
) -> Run:
    """Score and commit.

    Parameters
    ----------
    history : History
        What the run reads.
    bundle : Bundle
    inputs : RunInputs
        Whose parts, where an interrupted run left some, are taken as they are.
    scored_at : datetime
        The run's persisted time.
    changed_only : bool
        Leads in the state of the last night keep their scores, where that night kept its states; this one does.

    Raises
    ------
    BundleError
        The bundle does not fit the data or the agreement, or a score does not add up; nothing was committed.
    InputError
        A lead asked for by its id is not open.
    """
    progress("Reading tonight's leads")
    store = project.store
    folder = begin(store, inputs, scored_at, with_states=changed_only)
    run = scoring_run(project, bundle, inputs, scored_at, changed_only=changed_only)
    # one lead is a matter of a second with DuckDB, and of half a minute with Spark
    opened = project_engine if inputs.kind != "lead" else duckdb_engine
    with (
        opened(project, spill=store.work / "spill") as backend,
        new_snapshot(store, inputs.run_id, as_of=inputs.as_of, previous_runs=inputs.previous_runs) as snapshot,
    ):
        leads = _open_leads(history, run, inputs)
        night = _NightInParts(leads=leads, run=run, snapshot=snapshot, folder=folder, progress=progress)
        parts = night.score(backend)
    if inputs.kind == "lead" and not parts:
        remedy = "Check the id. Closed leads and leads created later are not scored."
        raise InputError(Problem(where="--lead", rule="must be a lead that is open", value=inputs.scope, remedy=remedy))
    progress("Writing the score table")
    path = store.scores_path(inputs)
    counts = _write_tables(project, inputs, run, parts, path)
    counts["snapshot"] = {"seen": snapshot.seen, "stored": snapshot.stored}
    if changed_only:
        write_states(parts, store.states_path(inputs))
    with duckdb_engine(project, spill=store.work / "spill") as backend:
        write_records(backend, leads, store.records_path(inputs.run_id))
        if inputs.kind == "night":
            write_followed(backend, leads, store.followed_path(inputs.run_id))
    committed = _commit(project, history, inputs, scored_at, path, counts)
    finished(store)
    return committed


def _write_tables(
    project: Project, inputs: RunInputs, run: ScoringRun, parts: tuple[Path, ...], path: Path
) -> dict[str, Any]:
    """Write the score table and the moves; return what was counted, for the manifest."""
    counts = finish_scores(parts, path, ranks_of=ranks(project, inputs))
    held_back, taken, unsplit = told_by(parts)
    counts["held_back"] = {"|".join(key): leads for key, leads in sorted(held_back.items())}
    counts["taken_again"] = taken
    counts["lead_and_model_not_split"] = unsplit
    counts["moves"] = write_moves(
        path,
        project.store.moves_path(inputs),
        previous=run.previous,
        agreement=run.agreement,
        cuts=cut_by_tier(run.bundle.tiers),
        sentences=run.sentences,
    )
    return counts


def _open_leads(history: History, run: ScoringRun, inputs: RunInputs) -> OpenLeads:
    """Which leads a run is over: all open ones, those with news, or one."""
    return OpenLeads(
        history=history,
        agreement=run.agreement,
        catalogue=run.bundle.catalogue,
        as_of=inputs.as_of,
        lead_id=inputs.scope if inputs.kind == "lead" else None,
        since=datetime.fromisoformat(inputs.scope) if inputs.kind == "since" else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _NightInParts:
    """A night's leads, stored as a snapshot and scored in parts, on either engine."""

    leads: OpenLeads
    run: ScoringRun
    snapshot: SnapshotWriter
    folder: Path
    progress: Progress

    def score(self, backend: Any) -> tuple[Path, ...]:
        """Return the scored parts in order."""
        return self._on_spark(backend) if is_distributed(backend) else self._in_process(backend)

    def _in_process(self, backend: Any) -> tuple[Path, ...]:
        kept = self.snapshot.keep(regrouped(tonight(backend, self.leads)))
        return score_parts(kept, self.run, self.folder, told=self._told)

    def _told(self, scored: int) -> None:
        self.progress(f"Scoring: {counted(scored, 'lead')}")

    def _on_spark(self, backend: Any) -> tuple[Path, ...]:
        from leadq.serving.scoring.spark import spark_scoring  # noqa: PLC0415 - it needs pyspark

        leads = spark_scoring.tonight_on_spark(backend, self.leads)
        self.progress("Storing the facts known about each lead")
        for _ in self.snapshot.keep(regrouped(leads.batches())):
            pass
        self.progress("Scoring on Spark")
        return spark_scoring.score_parts_on_spark(leads, self.run, self.folder)


def _commit(
    project: Project, history: History, inputs: RunInputs, scored_at: datetime, path: Path, counts: dict[str, Any]
) -> Run:
    store = project.store
    snapshot_path, moves_path = store.snapshot_path(inputs.run_id), store.moves_path(inputs)
    committed = Run(
        inputs=inputs,
        scored_at=scored_at,
        scores=str(path.relative_to(store.folder)),
        scores_sha256=sha256_of(path),
        snapshot=str(snapshot_path.relative_to(store.folder)),
        snapshot_sha256=sha256_of(snapshot_path),
        moves=str(moves_path.relative_to(store.folder)),
        moves_sha256=sha256_of(moves_path),
        counts=counts,
        history_counts={
            "rejected": rejected_rows(history),
            "tables": {table: asdict(count) for table, count in history.counts.items()},
        },
    )
    store.commit(committed)
    return committed
