"""Texts of the contract's columns without what is personal: contact details blanked, a column of people's names left empty, both noted.

Owners, reps and names of companies stay: a desk must show whose lead it is. Ids stay as well, or nothing could be delivered.
"""

from __future__ import annotations

from dataclasses import replace

from leadq.crm.config.schema import Source
from leadq.crm.contract.crm_tables import TABLES, TEXT
from leadq.crm.reading.columns.mapping import Mapped
from leadq.crm.reading.columns.wanted_columns import CONTRACT_IDS
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.people.contact_details import blanked, look_inside
from leadq.crm.reading.people.personal import why_names
from leadq.crm.reading.people.vouching import blanked_note, dropped_note, vouched_note
from leadq.crm.storage.scratch_database import name

_SOLD_BY = {"owner", "rep", "name", "domain", "email_domain"}
_STAY = CONTRACT_IDS | _SOLD_BY | {"entity", "field", "currency", "month", "decision"}
_CALLED = ("title", "source", "campaign", "topic", "channel", "authority", "budget", "need", "timeline", "loss_reason")
_MAY_NAME_PEOPLE = frozenset({*_CALLED, "reason", "industry", "country"})
"""Columns that have been seen with names of people in them."""


def without_personal_texts(findings: Findings, table: str, source: Source, mapped: Mapped) -> Mapped:
    """Blank contact details in every text of the contract that goes on, and empty its columns of people; each with a note.

    A column that ``own_fields.vouch`` names stays as it is. Changes of an emptied column are not read either
    (``findings.emptied``).
    """
    changed: dict[str, str] = {}
    for field in TABLES[table]:
        column = field.name
        if field.type != TEXT or column in _STAY or column not in mapped.contract:
            continue
        if column == "manager" and look_inside(mapped.rows, "owner").rows:
            continue  # where owners are known by their address, so are managers
        inside = look_inside(mapped.rows, column)
        heading = source.columns.get(column, (column,))[0]
        people = why_names(heading, mapped.rows, column) if column in _MAY_NAME_PEOPLE else None
        if (people or inside.rows) and column in source.own_fields.vouch:
            what = people or f"holds contact details in {inside.share:.0%} of its values"
            findings.notes.append(vouched_note(table, column, what, source.own_fields.vouch[column]))
        elif people:
            changed[column] = f"CAST(NULL AS VARCHAR) AS {name(column)}"
            findings.emptied.add((table, column))
            findings.notes.append(dropped_note(table, column, f"{people}", done="was left empty"))
        elif inside.rows:
            changed[column] = f"{blanked(name(column))} AS {name(column)}"
            findings.notes.append(blanked_note(table, column, inside.rows, inside.filled))
    if not changed:
        return mapped
    shown = [changed.get(column, name(column)) for column in mapped.rows.columns]
    return replace(mapped, rows=mapped.rows.project(", ".join(shown)))
