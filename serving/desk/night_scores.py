"""Tonight's score tables as the desk holds them: what the list shows in memory, a lead's whole row on demand.

Only committed runs are told to the desk, so it shows whole nights while the next one is written. Memory is bounded by
:data:`HISTORY_ROWS`, and a few dozen bytes a lead for the list.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.score_table import with_later_columns
from leadq.crm.storage.parquet_rows import rows_of_lead
from leadq.foundation.problems import LeadqError
from leadq.serving.desk.lead_columns import LeadRows, read_lead_rows, with_rises
from leadq.serving.words.card import HistoryPoint

HISTORY_ROWS = 4_000_000
"""Rows of past nights kept in memory for the history of a lead's score; fewer nights where a night has more leads."""
HISTORY_NIGHTS = 30
A_WEEK = timedelta(days=7)

_HISTORY = ["lead_id", "probability", "tier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """A committed run: a whole night, or a run over some leads since.

    Parameters
    ----------
    run_id, model_version : str
    agreement_version : int
    whole : bool
        A whole night.
    as_of : datetime
        UTC.
    scores : Path
    moves : Path or None
    deadlines : Path or None
        Where the deadlines of the run's leads lie, if there are any.
    records : Path or None
        What the records show for the reasons of a rejection, where there is such a file.
    followed : Path or None
        What followed sales' rejections, where there is such a file.
    """

    run_id: str
    model_version: str
    agreement_version: int
    whole: bool
    as_of: datetime
    scores: Path
    moves: Path | None = None
    deadlines: Path | None = None
    records: Path | None = None
    followed: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """The newest whole night and the runs since; ``runs`` newest last, ``rows`` names a lead's run by its place among them."""

    runs: tuple[RunFile, ...]
    rows: LeadRows
    history: tuple[tuple[RunFile, pa.Table], ...]

    def run_of(self, lead_id: str) -> RunFile | None:
        """Return the run that scored the lead last; None where tonight does not know it."""
        place = self.rows.place(lead_id)
        return None if place is None else self.runs[int(self.rows.run[place])]

    def points(self, lead_id: str) -> tuple[HistoryPoint, ...]:
        """Return the lead's earlier scores, oldest first."""
        found = []
        for run, table in self.history:
            at = pc.index(table["lead_id"], lead_id).as_py()
            if at >= 0:
                probability, tier = table["probability"][at].as_py(), table["tier"][at].as_py()
                found.append(HistoryPoint(as_of=run.as_of, probability=probability, tier=tier))
        return tuple(found)


def read_row(run: RunFile, lead_id: str) -> dict[str, Any] | None:
    """Return a lead's whole row of a run's score table."""
    table = rows_of_lead(run.scores, lead_id)
    return with_later_columns(table).to_pylist()[0] if table.num_rows else None


def read_records(run: RunFile, lead_id: str) -> dict[str, Any]:
    """Return what the records showed of a lead in a run; nothing where nobody asked for it."""
    if run.records is None or not run.records.is_file():
        return {}
    table = rows_of_lead(run.records, lead_id)
    return table.to_pylist()[0] if table.num_rows else {}


class Nights:
    """Keeps tonight in memory and takes up a new run when one is committed.

    Parameters
    ----------
    committed : callable
        Returns the committed runs, oldest first.
    stamp : callable
        Returns something that changes whenever a run is committed; called with every request, so it must be cheap.
    tiers : sequence of str
        Best first; the order of the list.
    """

    def __init__(
        self, committed: Callable[[], Sequence[RunFile]], stamp: Callable[[], object], *, tiers: Sequence[str]
    ) -> None:
        self._committed, self._stamp, self._tiers = committed, stamp, tuple(tiers)
        self._loading = threading.Lock()
        self._seen: object = None
        self._tonight: Tonight | None = None

    def tonight(self) -> Tonight | None:
        """Return tonight; None before the first whole night. While a new run is read, others keep the one before."""
        stamp = self._stamp()
        if stamp != self._seen and self._loading.acquire(blocking=self._tonight is None):
            try:
                stamp = self._stamp()
                if stamp != self._seen:
                    self._take_up()
                    self._seen = stamp
            finally:
                self._loading.release()
        return self._tonight

    def _take_up(self) -> None:
        """Read what is committed now; a run that cannot be read leaves the night before in place, and the log says so."""
        try:
            self._tonight = self._load(self._tonight)
        except (OSError, pa.ArrowException, LeadqError):
            if self._tonight is None:
                raise
            logging.getLogger(__name__).exception("tonight's scores cannot be read; the desk shows the night before")

    def _load(self, before: Tonight | None) -> Tonight | None:
        runs = self._committed()
        last = max((place for place, run in enumerate(runs) if run.whole), default=None)
        if last is None:
            return None
        current = tuple(runs[last:])
        rows = read_lead_rows([(run.scores, run.moves) for run in current], tiers=self._tiers)
        kept = {} if before is None else {run.scores: table for run, table in before.history}
        history = _history(runs, kept)
        week = [table for run, table in history if current[0].as_of - A_WEEK <= run.as_of < current[0].as_of]
        return Tonight(runs=current, rows=with_rises(rows, week, tiers=self._tiers), history=history)


def _history(runs: Sequence[RunFile], kept: dict[Path, pa.Table]) -> tuple[tuple[RunFile, pa.Table], ...]:
    """Return the last nights, oldest first; of a night scored twice the later run."""
    found: list[tuple[RunFile, pa.Table]] = []
    nights = list({run.as_of: run for run in runs if run.whole}.values())
    total = 0
    for run in reversed(nights[-HISTORY_NIGHTS:]):
        table = kept[run.scores] if run.scores in kept else _slim(run.scores)
        total += table.num_rows
        if found and total > HISTORY_ROWS:
            break
        found.append((run, table))
    return tuple(reversed(found))


def _slim(path: Path) -> pa.Table:
    with pq.ParquetFile(path, pre_buffer=False) as file:
        table = file.read(columns=_HISTORY, use_threads=False).combine_chunks()
    tier = table["tier"].combine_chunks().dictionary_encode()
    return pa.table([table["lead_id"], table["probability"].cast(pa.float32()), tier], names=_HISTORY)
