"""Scoring on Spark: the same function from batch to batch, run by the executors over parts of tonight's leads.

Features are computed once and lie as Parquet parts, in order of ``lead_id``, in a folder that driver and executors share. A
task scores neighbouring leads and leaves the parts that one machine would make (``serving/scoring/table/night_parts.py``),
so that the rest of the night is the same. What a task needs of a run is shipped as text and built again, once a process.
Left out: features (features/), the finished table.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import PySparkException

from leadq.features.engine.spark_engine import SparkEngine, parts_of, read_parts, write_parts
from leadq.features.tonight import BATCH_ROWS, OpenLeads, looks_tonight, with_times
from leadq.foundation.problems import BundleError, Problem
from leadq.serving.scoring.scoring_run import ScoringKit, ScoringRun
from leadq.serving.scoring.spark.run_as_text import as_text, run_of
from leadq.serving.scoring.table.night_parts import PART_ROWS, read_part, regrouped, score_to_part

TASKS_PER_CORE = 4
"""Tasks to cut a night into at most: a task begins by reading the bundle and compiling its tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsOnSpark:
    """Tonight's leads as parts on the shared file system, in order of ``lead_id``; there until the session ends."""

    engine: SparkEngine
    folder: Path
    schema: pa.Schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield what :func:`leadq.features.tonight.tonight` yields."""
        for batch in read_parts(parts_of(self.folder), self.schema, rows=BATCH_ROWS):
            yield with_times(batch)


def tonight_on_spark(engine: SparkEngine, leads: OpenLeads) -> LeadsOnSpark:
    """Compute tonight's features of ``leads``, as :func:`leadq.features.tonight.tonight` does."""
    (looks,) = looks_tonight(engine, leads)
    folder = engine.new_folder("tonight")
    write_parts(engine.frame(looks), folder)
    return LeadsOnSpark(engine=engine, folder=folder, schema=looks.schema().to_pyarrow())


def score_parts_on_spark(
    leads: LeadsOnSpark, run: ScoringRun, folder: Path, *, rows: int = PART_ROWS
) -> tuple[Path, ...]:
    """Score a night into ``folder``, going on where parts are there already.

    It is :func:`leadq.serving.scoring.table.night_parts.score_parts`, by executors.

    Parameters
    ----------
    leads : LeadsOnSpark
    run : ScoringRun
        Its agreement must have been read from a file, and the files of its earlier scores be seen by the executors.
    folder : Path
        On the shared file system; holds parts of this very run, or nothing.
    rows : int
        Leads of a part.

    Returns
    -------
    tuple of Path
        The parts in order; the table they make is byte for byte that of one machine.

    Raises
    ------
    BundleError
        A task failed; parts made so far stay.
    """
    files = parts_of(leads.folder)
    counts = [pq.read_metadata(file).num_rows for file in files]
    parts = tuple(folder.absolute() / f"{number:06d}.arrow" for number in range(-(-sum(counts) // rows)))
    if not parts:
        return ()
    folder.mkdir(parents=True, exist_ok=True)
    context = leads.engine.session.sparkContext
    shipped = context.broadcast(as_text(run))
    task = partial(
        _score_some, files=files, counts=counts, schema=leads.schema, parts=parts, rows=rows, shipped=shipped
    )
    numbers = leads.engine.session.range(0, len(parts), 1, min(len(parts), TASKS_PER_CORE * context.defaultParallelism))
    try:
        numbers.mapInArrow(task, "part bigint").count()
    except PySparkException as error:
        raise BundleError(_failed(error)) from error
    shipped.destroy()
    return parts


def _score_some(
    numbers: Iterator[pa.RecordBatch],
    *,
    files: list[Path],
    counts: list[int],
    schema: pa.Schema,
    parts: tuple[Path, ...],
    rows: int,
    shipped: Any,
) -> Iterator[pa.RecordBatch]:
    """Score the neighbouring parts of one task; a part appears whole or not at all, whoever else makes it again."""
    wanted = [number for batch in numbers for number in batch.column(0).to_pylist()]
    if not wanted:
        return
    kit = ScoringKit.of(run_of(shipped.value))
    leads = regrouped(_rows_from(wanted[0] * rows, files, counts, schema), rows)
    for number, batch in zip(wanted, leads, strict=False):  # the next task's leads come after
        part = parts[number]
        if not _is_whole(part, batch.num_rows):
            own = part.with_name(f"{uuid.uuid4().hex}.arrow")
            score_to_part(batch, kit, own)
            own.replace(part)
        yield pa.record_batch({"part": [number]})


def _rows_from(start: int, files: list[Path], counts: list[int], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows of all parts of leads from row ``start`` on."""
    for file, count in zip(files, counts, strict=True):
        skip, start = min(start, count), max(start - count, 0)
        if skip == count:
            continue
        for batch in read_parts([file], schema, rows=BATCH_ROWS):
            rest = batch.slice(skip)
            skip = max(skip - batch.num_rows, 0)
            if rest.num_rows:
                yield with_times(rest)


def _is_whole(part: Path, rows: int) -> bool:
    try:
        return bool(read_part(part, "lead_id").num_rows == rows)
    except (OSError, pa.ArrowException):
        return False


def _failed(error: PySparkException) -> Problem:
    lines = [line for line in str(error).splitlines() if "Error" in line]
    return Problem(
        where="scoring on Spark",
        rule="every task must score its leads",
        value=(lines or [str(error)])[-1].strip()[:300],
        remedy="Fix what the executor names and run again; it continues with the parts already written.",
    )
