"""One mapped source typed and checked: the staged table of its good rows, and its own fields."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from leadq.crm.answers.answer_log import ANSWERS, AnswerBook
from leadq.crm.config.schema import Flat, FromLeadColumns, FromOpportunities, Source, Touches
from leadq.crm.reading import FIRST
from leadq.crm.reading.columns.field_history import name_fields
from leadq.crm.reading.columns.mapping import Mapped, staged_own
from leadq.crm.reading.columns.outcome_meaning import states_in
from leadq.crm.reading.columns.outcomes import OUTCOME, clear_planned_dates
from leadq.crm.reading.columns.profiling import TypedField
from leadq.crm.reading.columns.times import TimeReading
from leadq.crm.reading.columns.typed_columns import stage
from leadq.crm.reading.columns.wanted_columns import WITH_OWN_FIELDS
from leadq.crm.reading.desk_dispositions import fill_channel, note_unread, stage_answers
from leadq.crm.reading.people.contract_texts import without_personal_texts
from leadq.crm.reading.reading_state import Reading
from leadq.crm.reading.rows.bulk_touches import mark_automatic
from leadq.crm.reading.rows.owner_rows import know_roles
from leadq.crm.reading.rows.repeated_ids import source_columns
from leadq.crm.reading.rows.row_rules import leave_out_later_rows
from leadq.crm.storage.scratch_database import count

_FILLED_IN = {"dispositions": fill_channel, "owners": know_roles}
"""What is done to the staged rows of a table before they are checked."""


def stage_source(reading: Reading, table: str, source: Source, mapped: Mapped) -> None:
    """Type a mapped source, check its rows and judge its own fields."""
    reading.say(f"checking {table}")
    if reading.number != FIRST:  # its columns are canonical text by now
        source = source.model_copy(update={"decimal": ".", "time_format": None})
    times = TimeReading(time_zone=reading.config.time_zone, time_format=source.time_format, read_at=reading.read_at)
    if table == "field_history":
        mapped = replace(mapped, rows=reading.canonical.changes(mapped.rows))
        mapped = name_fields(reading.findings, mapped, dict(reading.sources), reading.own)
    if reading.number != FIRST:
        mapped = without_personal_texts(reading.findings, table, source, mapped)
    stage(reading.findings, table, source, mapped, times)
    if source.database is not None and reading.config.flat is None:
        leave_out_later_rows(
            reading.findings, table, read_at=reading.read_at, fetched_at=reading.moments[source.database]
        )
    reading.counts[table] += count(reading.connection.table(f"staged_{table}"))
    if reading.config.flat is not None and table == "leads":
        reading.steps.date_flat_rows(reading.findings, in_time=reading.config.flat.order_is_time)
    if table == "opportunities" and isinstance(reading.config.outcome, FromOpportunities):
        reading.steps.type_opportunities(reading.findings, reading.config.outcome)
    _fill_in(reading, table, source)
    if table == "leads" and reading.config.outcome is not None and reading.number != FIRST:
        clear_planned_dates(reading.findings, reading.config.outcome, reading.read_at)
    _know_states(reading, table)
    typed = partial(_own_fields, reading, table, source, mapped, times)
    columns = source_columns(reading.findings, source, staged_own(mapped.own), typed)
    dated = reading.config.flat is None
    reading.steps.check_rows(reading.findings, table, read_at=reading.read_at, columns=columns, dated=dated)
    if table in WITH_OWN_FIELDS:
        reading.own[table] = typed()


def _fill_in(reading: Reading, table: str, source: Source) -> None:
    """Say in the contract's words what the source says in its own, before rows are checked."""
    if isinstance(source, Touches) and reading.number != FIRST:
        mark_automatic(reading.findings, source, zone=reading.config.time_zone or "UTC")
    if table in _FILLED_IN:
        _FILLED_IN[table](reading.findings)


def _know_states(reading: Reading, table: str) -> None:
    """Tell the findings which rows are won, lost or open, so that they say what rejecting some of them means."""
    origin = reading.config.flat or reading.config.outcome
    if reading.number == FIRST:
        return
    if table == "opportunities" and isinstance(origin, FromOpportunities):
        reading.findings.states[table] = "outcome"
    elif table == "leads" and isinstance(origin, FromLeadColumns | Flat):
        reading.findings.states[table] = states_in(reading.connection.table("staged_leads"), OUTCOME, origin)


def _own_fields(reading: Reading, table: str, source: Source, mapped: Mapped, times: TimeReading) -> list[TypedField]:
    kept = reading.canonical.readings
    readings = dict(kept.get(f"raw_{table}", {}))
    for place in range(len(source.join)):  # a joined column has a name that the source's columns have not
        readings = {**kept.get(f"join_{table}_{place}", {}), **readings}
    return reading.steps.own_fields(
        reading.findings, table, WITH_OWN_FIELDS[table], source, mapped.own, times, readings=readings
    )


def stage_desk_answers(reading: Reading) -> int:
    """Decisions of the desk among the dispositions; 0 where there are none or the source has no dates."""
    book = AnswerBook(reading.config.store / ANSWERS)
    if reading.config.flat is not None:
        note_unread(reading.findings, book, read_at=reading.read_at)
        return 0
    mapped = "dispositions" in reading.counts
    answers = stage_answers(reading.findings, book, read_at=reading.read_at, mapped=mapped)
    if answers:
        reading.counts["dispositions"] = reading.counts.get("dispositions", 0) + answers
    return answers
