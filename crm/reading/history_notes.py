"""What a reading tells of itself: the history's manifest and the notes for the report."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from leadq.crm.config.schema import FromEventKinds
from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.contract.history import History, OwnField, TableCount
from leadq.crm.reading import FIRST
from leadq.crm.reading.columns.outcomes import columns_of
from leadq.crm.reading.history_files import hash_tables
from leadq.crm.reading.people.kept_examples import without_personal_examples
from leadq.crm.reading.reading_state import Reading
from leadq.crm.reading.values.kept_readings import readings_to_document
from leadq.crm.reading.values.reading_sentences import reading_sentences
from leadq.foundation.epoch_microseconds import moment_of

NOTES = "reading.json"


def told_history(reading: Reading, folder: Path) -> History:
    """Write the notes into ``folder`` and return the history that lies there."""
    counts = {table: _count(reading, table) for table in TABLES if table in reading.counts}
    own = tuple(typed.field for table in ("leads", "accounts") for typed in reading.own.get(table, []))
    notes = [*_how_read(reading), *reading.findings.notes, *(_refusal(one) for one in own if one.status == "refused")]
    origin = reading.config.flat or reading.config.outcome
    told = {"columns": columns_of(origin), "words": reading.findings.outcome} if origin is not None else {}
    document = {"notes": notes, "files": {table: reading.findings.files[table] for table in counts}}
    if reading.number != FIRST:  # whose files stay what they were, byte for byte
        document["outcome"] = told
    if reading.findings.closed_looking:
        document["closed_looking"] = reading.findings.closed_looking
    (folder / NOTES).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    outcome = reading.config.outcome
    kinds = reading.steps.outcome_kinds(reading.findings, outcome) if isinstance(outcome, FromEventKinds) else ()
    return History(
        folder=folder,
        read_at=reading.read_at,
        dated=reading.config.flat is None,
        order_is_time=reading.config.flat is None or reading.config.flat.order_is_time,
        own_fields=own,
        tracked_since=_tracked_since(reading),
        outcome_from=(outcome.origin,) if outcome is not None else ("lead_columns",),
        outcome_kinds=kinds,
        has_touches="touches" in counts and (reading.number == FIRST or counts["touches"].used > 0),
        counts=counts,
        sha256=hash_tables(folder),
        reading=reading.number,
        readings=without_personal_examples(readings_to_document(reading.canonical.readings), reading.findings.personal),
    )


def _how_read(reading: Reading) -> list[str]:
    """Say how columns were read that do not speak for themselves; nothing of those that were dropped."""
    kept = {
        table: {column: one for column, one in columns.items() if column not in reading.findings.personal}
        for table, columns in sorted(reading.canonical.readings.items())
    }
    return [said for table, columns in kept.items() for said in reading_sentences(table.removeprefix("raw_"), columns)]


def _count(reading: Reading, table: str) -> TableCount:
    rejected = reading.findings.rejected_rows(table)
    return TableCount(read=reading.counts[table], used=reading.counts[table] - rejected, rejected=rejected)


def _tracked_since(reading: Reading) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    if "field_history" in dict(reading.sources):
        first = reading.findings.good("field_history").aggregate("entity, field, epoch_us(min(changed_at)) AS us")
        for entity, changed, microseconds in first.order("entity, field").fetchall():
            found[f"{entity}.{changed}"] = moment_of(microseconds)
    declared = {key: reading.config.moment(when) for key, when in reading.config.tracked_since.items()}
    return {**found, **declared}


def _refusal(refused: OwnField) -> str:
    return f"{refused.entity}: own field {refused.name} is refused, it {refused.why}"
