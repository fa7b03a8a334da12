"""The store: a folder whose committed runs are the truth, whole or absent.

Layout::

    deadlines/<date>/<run>.parquet    when first touches are due
    records/<run>.parquet             what the records show for reasons of rejection
    followed/<run>.json               what followed sales' rejections until a night
    models/     bundles, each with its past leads beside it (<version>.past.parquet), and live.json
    scores/<date>/<run>.parquet     moves/<date>/<run>.parquet     snapshots/<run>.parquet     states/<run>.parquet
    runs/       <run>.json, the commit points      work/  tonight's reading, rebuilt each run     lock
    answers.sqlite      what sales answered at the desk; it only grows     ledger.sqlite  what was delivered

Here is only what lies where and what is committed; what a score or a snapshot holds is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.foundation.atomic_files import write_text
from leadq.foundation.private_scratch import PARTIAL
from leadq.foundation.problems import Problem, StoreError
from leadq.pipelines.store.run_manifest import Run, RunInputs, read_run
from leadq.pipelines.store.store_lock import only_writer
from leadq.serving.scoring.changes.previous_scores import A_NIGHT_APART

LEDGER = "ledger.sqlite"
"""What was delivered where (``serving/delivery/ledger``); made by the first delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One store.

    Parameters
    ----------
    folder : Path
        Need not exist yet.
    """

    folder: Path

    @property
    def work(self) -> Path:
        """Tonight's reading of the sources; nothing in it outlives the next run."""
        return self.folder / "work"

    @contextmanager
    def writing(self, doing: str, now: datetime) -> Iterator[None]:
        """Be the only writer, start from committed runs alone, and leave committed runs alone when the work fails.

        Raises
        ------
        StoreError
            Another process is writing.
        """
        with only_writer(self.folder / "lock", doing=doing, now=now):
            self._drop_uncommitted()
            try:
                yield
            except BaseException:
                self._drop_uncommitted()
                raise

    def scores_path(self, inputs: RunInputs) -> Path:
        """Where the score table of a run lies."""
        return self.folder / "scores" / inputs.as_of.strftime("%Y-%m-%d") / f"{inputs.run_id}.parquet"

    def states_path(self, inputs: RunInputs) -> Path:
        """Where the states of a run's leads lie, if it kept them (``score --changed-only``)."""
        return self.folder / "states" / f"{inputs.run_id}.parquet"

    def moves_path(self, inputs: RunInputs) -> Path:
        """Where the tier moves of a run lie."""
        return self.folder / "moves" / inputs.as_of.strftime("%Y-%m-%d") / f"{inputs.run_id}.parquet"

    def deadlines_path(self, inputs: RunInputs) -> Path:
        """Where the deadlines of a run's leads lie, if its agreement states a calendar; no part of the run, and made after it."""
        return self.folder / "deadlines" / inputs.as_of.strftime("%Y-%m-%d") / f"{inputs.run_id}.parquet"

    def records_path(self, run_id: str) -> Path:
        """Where it lies what the records show of a run's leads, if the agreement asks for it (``pipelines/night/records.py``)."""
        return self.folder / "records" / f"{run_id}.parquet"

    def followed_path(self, run_id: str) -> Path:
        """Where it lies what followed sales' rejections, if there were any (``pipelines/night/followed.py``)."""
        return self.folder / "followed" / f"{run_id}.json"

    def snapshot_path(self, run_id: str) -> Path:
        """Where the stored feature rows of a run lie."""
        return self.folder / "snapshots" / f"{run_id}.parquet"

    def manifest_path(self, run_id: str) -> Path:
        """Where a run's manifest lies once it is committed."""
        return self.folder / "runs" / f"{run_id}.json"

    def table(self, name: str) -> Path:
        """Return where a run's table lies (its ``scores`` or ``snapshot``), which must be whole.

        Raises
        ------
        StoreError
            The file is gone or damaged.
        """
        path = self.folder / name
        try:
            pq.read_metadata(path)
        except (OSError, pa.ArrowException) as error:
            remedy = "Restore the file from a backup, or remove the manifest of its run and score again."
            rule = "a committed run's table must be complete"
            value = str(error).splitlines()[0][:120]
            raise StoreError(Problem(where=str(path), rule=rule, value=value, remedy=remedy)) from error
        return path

    def commit(self, run: Run) -> None:
        """Make a run happen: its manifest is the last file written.

        Raises
        ------
        StoreError
            A file that the manifest names is absent, or the disk is full; the run then never happened.
        """
        absent = [name for name in (run.scores, run.snapshot, run.moves) if name and not (self.folder / name).is_file()]
        if absent:
            remedy = "Score again; nothing was committed."
            raise StoreError(
                Problem(
                    where=str(self.folder),
                    rule="a run's files must be in the store",
                    value=", ".join(absent),
                    remedy=remedy,
                )
            )
        write_text(self.manifest_path(run.run_id), run.to_json())

    def committed(self, run_id: str) -> Run | None:
        """Return the run of that name, if it is committed."""
        path = self.manifest_path(run_id)
        return read_run(path) if path.exists() else None

    def run(self, run_id: str) -> Run:
        """Return a run that others rest on.

        Raises
        ------
        StoreError
            It is gone.
        """
        run = self.committed(run_id)
        if run is None:
            remedy = "Restore it from a backup, or start a new store."
            where, rule = str(self.manifest_path(run_id)), "a run that other runs depend on must be kept"
            raise StoreError(Problem(where=where, rule=rule, remedy=remedy))
        return run

    def runs(self) -> tuple[Run, ...]:
        """All committed runs, in order of as-of."""
        found = (read_run(path) for path in sorted((self.folder / "runs").glob("*.json")))
        return tuple(sorted(found, key=lambda run: (run.inputs.as_of, run.scored_at, run.run_id)))

    def latest_night(self, *, read_at: datetime | None = None) -> Run | None:
        """Return the last committed whole night, of the data read at ``read_at`` where there is one."""
        nights = of_the_data_last([run for run in self.runs() if run.inputs.kind == "night"], read_at)
        return nights[-1] if nights else None

    def before(self, as_of: datetime) -> tuple[Run, ...]:
        """Return what a run as of ``as_of`` compares with, newest first: all runs down to the night before.

        A night less than half a day older is the same night scored again, and the one before it is needed too.
        """
        found: list[Run] = []
        for run in reversed(self.runs()):
            if run.inputs.as_of < as_of:
                found.append(run)
                if run.inputs.kind == "night" and run.inputs.as_of <= as_of - A_NIGHT_APART:
                    break
        return tuple(found)

    def chain(self, run_ids: tuple[str, ...]) -> Iterator[Run]:
        """Yield these runs and all that they rest on, newest first.

        Raises
        ------
        StoreError
            A run that others rest on is gone.
        """
        while run_ids:
            run = None
            for run_id in run_ids:
                run = self.run(run_id)
                yield run
            run_ids = run.inputs.previous_runs if run is not None and run.inputs.kind == "night" else ()

    def _drop_uncommitted(self) -> None:
        """Remove what a killed run left: partial files, and files of runs without a manifest."""
        kept = {path.stem for path in (self.folder / "runs").glob("*.json")}
        for room in ("scores", "moves", "snapshots", "states", "deadlines", "records", "followed", "runs"):
            for path in sorted((self.folder / room).rglob("*")):
                leftover = PARTIAL in path.name or (path.suffix in (".parquet", ".json") and path.stem not in kept)
                if path.is_file() and leftover:
                    path.unlink()


def of_the_data_last(runs: Iterable[Run], read_at: datetime | None) -> list[Run]:
    """Put runs as of a moment after ``read_at`` first: they were made before params.yaml said so, and are of other data.

    Parameters
    ----------
    runs : iterable of Run
        In the order of their moments, which is kept otherwise.
    read_at : datetime or None
        As params.yaml says it. None where it says nothing: all are of one kind, however the clocks of two machines differ.
    """
    return sorted(runs, key=lambda run: read_at is None or run.inputs.as_of <= read_at)
