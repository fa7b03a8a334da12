"""Sources in, history out: the one way from a company's files and databases to the contract's tables, whole or not at all.

Order: fetch what is in databases, load every file, map, type, check rows, add the desk's decisions, follow merges, find
orphans, distil outcomes, judge, write. Nothing is written before all is judged; ``reading.json`` beside the tables keeps
what a report should say (columns dropped and refused, rows unattributed). Leaves out judging whether the data can carry a
model (readiness, leak checks).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from leadq.crm.config.schema import Config
from leadq.crm.contract.history import History, write_manifest
from leadq.crm.reading import FIRST, NEWEST
from leadq.crm.reading.columns.lead_aliases import follow_aliases, surviving_only
from leadq.crm.reading.columns.mapping import staged_own
from leadq.crm.reading.columns.outcome_sentence import outcome_sentence
from leadq.crm.reading.desk_dispositions import leave_out_lost_leads
from leadq.crm.reading.history_files import write_history_tables
from leadq.crm.reading.history_notes import NOTES, told_history
from leadq.crm.reading.loading import load_and_map
from leadq.crm.reading.reading_state import Reading
from leadq.crm.reading.rows.closed_status import close_by_status
from leadq.crm.reading.rows.ids_across_tables import follow_ids
from leadq.crm.reading.rows.owner_rows import note_unlisted
from leadq.crm.reading.staging import stage_desk_answers, stage_source
from leadq.crm.reading.values.column_reading import ColumnReading
from leadq.crm.storage.scratch_database import open_engine
from leadq.foundation.atomic_files import new_folder
from leadq.foundation.private_scratch import remove_abandoned
from leadq.foundation.problems import Problem, UsageError


def read_history(
    config: Config,
    *,
    folder: Path,
    read_at: datetime,
    progress: Callable[[str], None] | None = None,
    memory_limit: str = "2GB",
    threads: int = 2,
    reading: int | None = None,
    readings: Mapping[str, Mapping[str, ColumnReading]] | None = None,
) -> History:
    """Read all sources of ``config`` into a history.

    Parameters
    ----------
    config : Config
    folder : Path
        Becomes the history's folder; an older one there is replaced only when this one is complete.
    read_at : datetime
        Now, aware: nothing later can be in the data.
    progress : callable, optional
        Told in a few words what is being done.
    memory_limit : str
        Of the engine; beyond it, it works on disk inside ``folder``'s place.
    threads : int
    reading : int, optional
        By which reading; the one that ``config`` names, or the newest.
    readings : mapping, optional
        How each column was read when the model was trained, by table and column: read so again; by default the values decide.

    Raises
    ------
    InputError
        The sources cannot be read into the contract's tables: all problems at once.
    StoreError
        The disk is full or not writable; ``folder`` is unchanged.
    """
    if read_at.tzinfo is None:
        raise UsageError(Problem(where="read_at", rule="must be aware", remedy="Pass a time with its zone."))
    say = progress or (lambda _: None)
    remove_abandoned(folder.parent)
    with new_folder(folder, private=True) as partial:
        scratch = partial / "scratch"
        try:
            with open_engine(scratch, memory_limit=memory_limit, threads=threads) as connection:
                going = Reading(
                    config=config, read_at=read_at, connection=connection, scratch=scratch, say=say,
                    number=reading or config.reading or NEWEST, trained=readings or {},
                )  # fmt: skip
                history = _read(going, partial)
        except duckdb.IOException as error:  # the engine's own words for a full disk
            raise OSError(str(error).splitlines()[0]) from error
        shutil.rmtree(scratch)
        write_manifest(history)
    return replace(history, folder=folder)


def read_notes(folder: Path) -> tuple[str, ...]:
    """Return what reading noted for the report: columns dropped or not read, values unknown, opportunities unattributed."""
    document = json.loads((folder / NOTES).read_text(encoding="utf-8"))
    return tuple(document["notes"])


def outcome_words(folder: Path) -> str:
    """Say which column holds the outcome and which words are won, lost and open; empty for a history of an earlier leadq."""
    document = json.loads((folder / NOTES).read_text(encoding="utf-8"))
    return outcome_sentence(document.get("outcome", {}))


def closed_looking(folder: Path) -> dict[str, int]:
    """Return the words of a status that looks closed on leads that count as open, and how many leads; mostly none."""
    if not (folder / NOTES).is_file():
        return {}
    document = json.loads((folder / NOTES).read_text(encoding="utf-8"))
    return dict(document.get("closed_looking", {}))


def _read(reading: Reading, folder: Path) -> History:
    """Read everything and write it into ``folder``."""
    mapped = load_and_map(reading)
    reading.findings.stop_on_problems()
    for table, source in reading.sources:
        stage_source(reading, table, source, mapped[table])
    staged = set(mapped)
    if answers := stage_desk_answers(reading):
        staged.add("dispositions")
    if reading.number != FIRST:
        follow_ids(reading.findings, staged, dict(reading.sources))
        reading.findings.stop_on_problems()
    follow_aliases(reading.findings, staged, read_at=reading.read_at)
    if answers:
        reading.counts["dispositions"] -= leave_out_lost_leads(reading.findings, answers)
    for table in ("opportunities", "events", "touches", "dispositions", "field_history"):
        if table in staged:
            surviving_only(reading.findings, table, "entity_id" if table == "field_history" else "lead_id")
    if "owners" in staged:
        note_unlisted(reading.findings, reading.config.people)
    reading.say("distilling outcomes")
    origin = reading.config.flat or reading.config.outcome
    if origin is None:
        raise AssertionError("a configuration has an outcome")
    leads = mapped["leads"]
    dates = {column: staged_own(leads.own)[field] for field, column in leads.own.items()}
    closed_at = dict(reading.sources)["leads"].columns.get("closed_at", ())
    outcomes = reading.steps.distil(reading.findings, origin, dates=dates, closed_at=closed_at)
    outcomes = close_by_status(reading.findings, origin, outcomes, staged=staged, read_at=reading.read_at)
    reading.findings.judge(reading.counts)
    reading.findings.stop_on_problems()
    reading.say("writing the tables")
    write_history_tables(reading.findings, folder, staged=staged, own=reading.own, outcomes=outcomes)
    return told_history(reading, folder)
