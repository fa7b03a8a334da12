"""A night scored part by part on all threads, each part kept on disk until the table is finished.

Parts are cut from the leads in their order, always alike, so a part that an interrupted run left is the part that this run would
make; it is taken as it is. Memory holds a few parts, whatever the number of leads. Left out: whose parts may be taken (the
caller names the folder after the run's inputs) and the finished table (``score_table_file.py``).
"""

from __future__ import annotations

import json
import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc

from leadq.foundation.problems import Problem, StoreError
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.serving.scoring.reasons.reason_choice import HeldBack
from leadq.serving.scoring.score_batches import ScoringKit, ScoringRun, score_coded

PART_ROWS = 50_000
"""Leads of a part."""
GROUP_ROWS, FINE_PARTS = 5_000, 20
"""Leads of a row group in a table of at most so many parts: one lead is found in milliseconds. In a larger table a group is a whole
part, as finding the group would take longer than reading it."""

_SUFFIX = ".arrow"
_HELD_BACK, _TAKEN, _UNSPLIT = b"held_back", b"taken", b"unsplit"
STATE = "state"
"""Column of a part beside those of the score table, where states are kept (``serving/scoring/changes/score_reuse.py``)."""


def regrouped(batches: Iterable[pa.RecordBatch], rows: int | None = None) -> Iterator[pa.RecordBatch]:
    """Cut batches of any sizes into batches of ``rows`` rows (a part's), the last one smaller; nothing for nothing."""
    rows = rows or PART_ROWS
    waiting: list[pa.RecordBatch] = []
    have = 0
    for batch in batches:
        waiting.append(batch)
        have += batch.num_rows
        while have >= rows:
            table = pa.Table.from_batches(waiting)
            yield _whole(table.slice(0, rows))
            waiting = table.slice(rows).to_batches()
            have -= rows
    if have:
        yield _whole(pa.Table.from_batches(waiting))


def _whole(table: pa.Table) -> pa.RecordBatch:
    columns = [column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() for column in table.columns]
    return pa.record_batch(columns, schema=table.schema)


def score_parts(
    batches: Iterable[pa.RecordBatch], run: ScoringRun, folder: Path, *, told: Callable[[int], None] = lambda _: None
) -> tuple[Path, ...]:
    """Score a night into ``folder``, going on where parts are there already.

    Parameters
    ----------
    batches : iterable of RecordBatch
        As :func:`regrouped` gives them.
    run : ScoringRun
    folder : Path
        Holds parts of this very run, or nothing.
    told : callable
        Told how many leads are scored so far.

    Returns
    -------
    tuple of Path
        The parts in order.

    Raises
    ------
    BundleError
        As :func:`leadq.serving.scoring.score_batches.score_batches` says; parts made so far stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scorer = MatrixScorer(run.bundle, threads=1)  # the parts are spread over the threads
    kits: queue.SimpleQueue[ScoringKit] = queue.SimpleQueue()
    for _ in range(run.threads):
        kits.put(ScoringKit.of(run, scorer))
    paths: list[Path] = []
    working: deque[Future[None]] = deque()
    done = 0
    with ThreadPoolExecutor(run.threads) as pool:
        try:
            for number, batch in enumerate(batches):
                path = folder / f"{number:06d}{_SUFFIX}"
                paths.append(path)
                if _rows_of(path) != batch.num_rows:
                    working.append(pool.submit(_score_part, batch, kits, path))
                if len(working) > run.threads:
                    working.popleft().result()
                done += batch.num_rows
                told(done)
            for one in working:
                one.result()
        except BaseException:
            for one in working:
                one.cancel()
            raise
    return tuple(paths)


def _score_part(batch: pa.RecordBatch, kits: queue.SimpleQueue[ScoringKit], path: Path) -> None:
    kit = kits.get()
    try:
        score_to_part(batch, kit, path)
    finally:
        kits.put(kit)


def score_to_part(batch: pa.RecordBatch, kit: ScoringKit, path: Path) -> None:
    """Score a batch and keep it as a part."""
    scored = score_coded(batch, kit)
    rows = scored.rows
    if scored.states is not None:
        rows = rows.append_column(STATE, pa.array(scored.states))
    keep_part(rows, path, held_back=scored.held_back, taken=scored.taken, unsplit=scored.unsplit)


def keep_part(
    batch: pa.RecordBatch, path: Path, *, held_back: HeldBack | None = None, taken: int = 0, unsplit: int = 0
) -> None:
    """Write a part; it appears whole or not at all.

    Raises
    ------
    StoreError
        The disk is full or not writable.
    """
    told = json.dumps([[*key, leads] for key, leads in sorted((held_back or HeldBack()).items())]).encode()
    schema = batch.schema.with_metadata(
        {_HELD_BACK: told, _TAKEN: str(taken).encode(), _UNSPLIT: str(unsplit).encode()}
    )
    partial = path.with_suffix(".partial")
    try:
        with pa.OSFile(str(partial), "wb") as sink, ipc.new_file(sink, schema) as writer:
            writer.write_batch(batch)
        partial.replace(
            path
        )  # no fsync: after a power cut a damaged part is scored again, the finished table is synced
    except OSError as error:
        partial.unlink(missing_ok=True)
        problem = Problem(
            where=str(path),
            rule="must be writable",
            value=error.strerror or str(error),
            remedy="Free up disk space or fix the permissions and run again; it continues with the parts already written.",
        )
        raise StoreError(problem) from error


def read_part(path: Path, column: str | None = None) -> pa.RecordBatch:
    """Return the rows of a part, or one column of them."""
    with pa.OSFile(str(path), "rb") as source:
        if column is None:
            return ipc.open_file(source).get_batch(0)
        place = ipc.open_file(source).schema.names.index(column)
        source.seek(0)
        return ipc.open_file(source, options=ipc.IpcReadOptions(included_fields=[place])).get_batch(0)


def told_by(paths: Iterable[Path]) -> tuple[HeldBack, int, int]:
    """Sum up over parts what was held back, how many leads were taken again, and of how many lead and model were not told apart."""
    held_back, taken, unsplit = HeldBack(), 0, 0
    for path in paths:
        with pa.OSFile(str(path), "rb") as source:
            metadata = ipc.open_file(source).schema.metadata
        for family, feature, side, leads in json.loads(metadata[_HELD_BACK]):
            held_back[family, feature, side] += leads
        taken += int(metadata[_TAKEN])
        unsplit += int(metadata.get(_UNSPLIT, b"0"))  # a part that an earlier version of leadq left does not say
    return held_back, taken, unsplit


def _rows_of(path: Path) -> int:
    """Rows of a part that is there and whole, else -1."""
    try:
        return int(read_part(path, "lead_id").num_rows)
    except (OSError, pa.ArrowException):
        return -1
