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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from leadq.crm.answers.answer_log import ANSWERS, AnswerBook
from leadq.crm.config.schema import Config, Flat, FromEventKinds, FromLeadColumns, FromOpportunities, Source
from leadq.crm.contract.crm_tables import TABLES, TEXT
from leadq.crm.contract.history import History, OwnField, TableCount, write_manifest
from leadq.crm.reading import FIRST, NEWEST
from leadq.crm.reading.columns.canonical_columns import Canonical
from leadq.crm.reading.columns.field_history import name_fields
from leadq.crm.reading.columns.lead_aliases import follow_aliases, surviving_only
from leadq.crm.reading.columns.mapping import Mapped, map_source, staged_own
from leadq.crm.reading.columns.outcome_meaning import states_in
from leadq.crm.reading.columns.outcome_sentence import outcome_sentence
from leadq.crm.reading.columns.outcomes import (
    OUTCOME,
    clear_planned_dates,
    columns_of,
)
from leadq.crm.reading.columns.profiling import TypedField
from leadq.crm.reading.columns.times import TimeReading
from leadq.crm.reading.columns.typed_columns import stage
from leadq.crm.reading.columns.wanted_columns import WITH_OWN_FIELDS
from leadq.crm.reading.desk_dispositions import fill_channel, leave_out_lost_leads, note_unread, stage_answers
from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.reading.history_files import hash_tables, write_history_tables
from leadq.crm.reading.people.contract_texts import without_personal_texts
from leadq.crm.reading.people.kept_examples import without_personal_examples
from leadq.crm.reading.rows.ids_across_tables import follow_ids
from leadq.crm.reading.rows.repeated_ids import NEWEST as NEWEST_ROW
from leadq.crm.reading.rows.repeated_ids import source_columns
from leadq.crm.reading.rows.row_rules import leave_out_later_rows
from leadq.crm.reading.sources.flat_file import ORDER
from leadq.crm.reading.sources.loaded_file import FileProblem, Loaded
from leadq.crm.reading.steps import Steps, steps_of
from leadq.crm.reading.values.column_reading import ColumnReading
from leadq.crm.reading.values.kept_readings import readings_to_document
from leadq.crm.reading.values.reading_sentences import reading_sentences
from leadq.crm.storage.scratch_database import Connection, count, open_engine
from leadq.crm.storage.source_locations import Place
from leadq.foundation.atomic_files import new_folder
from leadq.foundation.private_scratch import remove_abandoned
from leadq.foundation.problems import Problem, UsageError

NOTES = "reading.json"
_MALFORMED = "is no row of the file's columns"


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
                reader = _Reader(
                    config=config, read_at=read_at, connection=connection, scratch=scratch, say=say,
                    reading=reading or config.reading or NEWEST, trained=readings or {},
                )  # fmt: skip
                history = reader.read(partial)
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


@dataclass(slots=True, kw_only=True)
class _Reader:
    """One reading, from loading to writing."""

    config: Config
    read_at: datetime
    connection: Connection
    scratch: Path
    say: Callable[[str], None]
    reading: int
    trained: Mapping[str, Mapping[str, ColumnReading]]
    findings: Findings = field(init=False)
    canonical: Canonical = field(init=False)
    steps: Steps = field(init=False)
    counts: dict[str, int] = field(default_factory=dict)
    own: dict[str, list[TypedField]] = field(default_factory=dict)
    fetched: dict[str, Path] = field(default_factory=dict)
    moments: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.findings = Findings(
            connection=self.connection, rejected_share=self.config.rejected_share, reading=self.reading
        )
        self.canonical = Canonical(config=self.config, findings=self.findings, trained=self.trained)
        self.steps = steps_of(self.reading)

    @property
    def sources(self) -> list[tuple[str, Source]]:
        if self.config.flat is not None:
            return [("leads", self.config.flat)]
        return self.config.sources.items() if self.config.sources is not None else []

    def read(self, folder: Path) -> History:
        """Read everything and write it into ``folder``."""
        self._fetch()
        mapped = self._load_and_map()
        self.findings.stop_on_problems()
        for table, source in self.sources:
            self._stage(table, source, mapped[table])
        staged = set(mapped)
        if answers := self._stage_answers():
            staged.add("dispositions")
        if self.reading != FIRST:
            follow_ids(self.findings, staged, dict(self.sources))
            self.findings.stop_on_problems()
        follow_aliases(self.findings, staged, read_at=self.read_at)
        if answers:
            self.counts["dispositions"] -= leave_out_lost_leads(self.findings, answers)
        for table in ("opportunities", "events", "touches", "dispositions", "field_history"):
            if table in staged:
                surviving_only(self.findings, table, "entity_id" if table == "field_history" else "lead_id")
        self.say("distilling outcomes")
        origin = self.config.flat or self.config.outcome
        if origin is None:
            raise AssertionError("a configuration has an outcome")
        leads = mapped["leads"]
        dates = {column: staged_own(leads.own)[field] for field, column in leads.own.items()}
        closed_at = dict(self.sources)["leads"].columns.get("closed_at", ())
        outcomes = self.steps.distil(self.findings, origin, dates=dates, closed_at=closed_at)
        self.findings.judge(self.counts)
        self.findings.stop_on_problems()
        self.say("writing the tables")
        write_history_tables(self.findings, folder, staged=staged, own=self.own, outcomes=outcomes)
        return self._history(folder)

    def _fetch(self) -> None:
        """Stream what is in databases into files."""
        if not self.config.databases:
            return
        from leadq.crm.reading.sources.database_rows import fetch_rows  # noqa: PLC0415 (with Ibis, which takes a second)

        fetched = fetch_rows(self.config, self.scratch, say=self.say)
        self.fetched, self.moments = fetched.files, fetched.moments
        self.findings.problems += fetched.problems

    def _load_and_map(self) -> dict[str, Mapped]:
        mapped: dict[str, Mapped] = {}
        for table, source in self.sources:
            self.say(f"reading {table}: {source.title}")
            self.findings.files[table] = source.title
            loaded = self._load(source, f"raw_{table}", needs_rows=table == "leads")
            if loaded is None:
                continue
            flat = self.config.flat is not None
            found = map_source(
                self.findings, table, source, loaded, load_join=self._load, extra=self._extra(table),
                required=() if flat else None, canonical=None if self.reading == FIRST else self.canonical,
            )  # fmt: skip
            if found is not None:
                mapped[table] = found
            self._reject_malformed(table, loaded)
        return mapped

    def _load(self, place: Place, table: str, *, needs_rows: bool = True) -> Loaded | None:
        path = place.path or self.fetched.get(table)
        if path is None:  # why it could not be fetched is said already
            return None
        try:
            loaded = self.steps.load(
                self.connection, place.as_file(path), table, scratch=self.scratch, needs_rows=needs_rows
            )
        except FileProblem as stopped:
            self.findings.problems.append(stopped.problem)
            if isinstance(stopped.__cause__, duckdb.Error):  # it refuses everything else in this transaction
                self.findings.start_again()
            return None
        self.findings.notes += loaded.notes
        return loaded

    def _extra(self, table: str) -> dict[str, tuple[str, ...]]:
        """Columns staged beside the contract's: the outcome, the order of a flat file, and what tells the newest of several rows."""
        flat, outcome = self.config.flat, self.config.outcome
        newest_by = dict(self.sources)[table].newest_by
        extra: dict[str, tuple[str, ...]] = {} if newest_by is None else {NEWEST_ROW: (newest_by,)}
        if flat is not None:
            return extra | {OUTCOME: flat.outcome} | ({ORDER: (flat.order,)} if flat.order is not None else {})
        return extra | ({OUTCOME: outcome.column} if table == "leads" and isinstance(outcome, FromLeadColumns) else {})

    def _reject_malformed(self, table: str, loaded: Loaded) -> None:
        self.counts[table] = len(loaded.malformed)
        if not loaded.malformed:
            return
        rule = RowRule(reason=_MALFORMED, remedy="Fix quotes and separators of these lines, or export again.")
        self.findings.rules[table, rule.reason] = rule
        rows = pa.table(
            {
                "table": [table] * len(loaded.malformed),
                "row": pa.array([row for row, _ in loaded.malformed], pa.int64()),
                "key": pa.nulls(len(loaded.malformed), TEXT),
                "reason": [rule.reason] * len(loaded.malformed),
                "value": [why for _, why in loaded.malformed],
            }
        )
        self.connection.from_arrow(rows).insert_into("rejections")

    def _stage(self, table: str, source: Source, mapped: Mapped) -> None:
        self.say(f"checking {table}")
        if self.reading != FIRST:  # its columns are canonical text by now
            source = source.model_copy(update={"decimal": ".", "time_format": None})
        times = TimeReading(time_zone=self.config.time_zone, time_format=source.time_format, read_at=self.read_at)
        if table == "field_history":
            mapped = replace(mapped, rows=self.canonical.changes(mapped.rows))
            mapped = name_fields(self.findings, mapped, dict(self.sources), self.own)
        if self.reading != FIRST:
            mapped = without_personal_texts(self.findings, table, source, mapped)
        stage(self.findings, table, source, mapped, times)
        if source.database is not None and self.config.flat is None:
            leave_out_later_rows(self.findings, table, read_at=self.read_at, fetched_at=self.moments[source.database])
        self.counts[table] += count(self.connection.table(f"staged_{table}"))
        if self.config.flat is not None:
            self.steps.date_flat_rows(self.findings)
        if table == "opportunities" and isinstance(self.config.outcome, FromOpportunities):
            self.steps.type_opportunities(self.findings, self.config.outcome)
        if table == "dispositions":
            fill_channel(self.findings)
        if table == "leads" and self.config.outcome is not None and self.reading != FIRST:
            clear_planned_dates(self.findings, self.config.outcome)
        self._know_states(table)
        typed = partial(self._own_fields, table, source, mapped, times)
        columns = source_columns(self.findings, source, staged_own(mapped.own), typed)
        dated = self.config.flat is None
        self.steps.check_rows(self.findings, table, read_at=self.read_at, columns=columns, dated=dated)
        if table in WITH_OWN_FIELDS:
            self.own[table] = typed()

    def _know_states(self, table: str) -> None:
        """Tell the findings which rows are won, lost or open, so that they say what rejecting some of them means."""
        origin = self.config.flat or self.config.outcome
        if self.reading == FIRST:
            return
        if table == "opportunities" and isinstance(origin, FromOpportunities):
            self.findings.states[table] = "outcome"
        elif table == "leads" and isinstance(origin, FromLeadColumns | Flat):
            self.findings.states[table] = states_in(self.connection.table("staged_leads"), OUTCOME, origin)

    def _own_fields(self, table: str, source: Source, mapped: Mapped, times: TimeReading) -> list[TypedField]:
        kept = self.canonical.readings
        readings = dict(kept.get(f"raw_{table}", {}))
        for place in range(len(source.join)):  # a joined column has a name that the source's columns have not
            readings = {**kept.get(f"join_{table}_{place}", {}), **readings}
        return self.steps.own_fields(
            self.findings, table, WITH_OWN_FIELDS[table], source, mapped.own, times, readings=readings
        )

    def _stage_answers(self) -> int:
        """Decisions of the desk among the dispositions; 0 where there are none or the source has no dates."""
        book = AnswerBook(self.config.store / ANSWERS)
        if self.config.flat is not None:
            note_unread(self.findings, book, read_at=self.read_at)
            return 0
        mapped = "dispositions" in self.counts
        answers = stage_answers(self.findings, book, read_at=self.read_at, mapped=mapped)
        if answers:
            self.counts["dispositions"] = self.counts.get("dispositions", 0) + answers
        return answers

    def _history(self, folder: Path) -> History:
        counts = {table: self._count(table) for table in TABLES if table in self.counts}
        own = tuple(typed.field for table in ("leads", "accounts") for typed in self.own.get(table, []))
        notes = [*self._how_read(), *self.findings.notes, *(_refusal(one) for one in own if one.status == "refused")]
        origin = self.config.flat or self.config.outcome
        told = {"columns": columns_of(origin), "words": self.findings.outcome} if origin is not None else {}
        document = {"notes": notes, "files": {table: self.findings.files[table] for table in counts}}
        if self.reading != FIRST:  # whose files stay what they were, byte for byte
            document["outcome"] = told
        (folder / NOTES).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        outcome = self.config.outcome
        kinds = self.steps.outcome_kinds(self.findings, outcome) if isinstance(outcome, FromEventKinds) else ()
        return History(
            folder=folder,
            read_at=self.read_at,
            dated=self.config.flat is None,
            own_fields=own,
            tracked_since=self._tracked_since(),
            outcome_from=(outcome.origin,) if outcome is not None else ("lead_columns",),
            outcome_kinds=kinds,
            has_touches="touches" in counts,
            counts=counts,
            sha256=hash_tables(folder),
            reading=self.reading,
            readings=without_personal_examples(readings_to_document(self.canonical.readings), self.findings.personal),
        )

    def _how_read(self) -> list[str]:
        """Say how columns were read that do not speak for themselves; nothing of those that were dropped."""
        kept = {
            table: {column: one for column, one in columns.items() if column not in self.findings.personal}
            for table, columns in sorted(self.canonical.readings.items())
        }
        return [said for table, columns in kept.items() for said in reading_sentences(table.split("_")[1], columns)]

    def _count(self, table: str) -> TableCount:
        rejected = self.findings.rejected_rows(table)
        return TableCount(read=self.counts[table], used=self.counts[table] - rejected, rejected=rejected)

    def _tracked_since(self) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        if "field_history" in dict(self.sources):
            first = self.findings.good("field_history").aggregate("entity, field, epoch_us(min(changed_at)) AS us")
            for entity, changed, microseconds in first.order("entity, field").fetchall():
                found[f"{entity}.{changed}"] = _from_microseconds(microseconds)
        declared = {key: self.config.moment(when) for key, when in self.config.tracked_since.items()}
        return {**found, **declared}


def _refusal(refused: OwnField) -> str:
    return f"{refused.entity}: own field {refused.name} is refused, it {refused.why}"


def _from_microseconds(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
