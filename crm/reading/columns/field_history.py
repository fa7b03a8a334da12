"""Which recorded changes are kept, and under which field name.

A change of a field that no table holds (personal, refused or not read) is not read either. Source names of fields are turned
into the names the tables give them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from leadq.crm.config.schema import Source
from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.reading.columns.mapping import Mapped
from leadq.crm.reading.columns.profiling import TypedField
from leadq.crm.reading.columns.wanted_columns import WITH_OWN_FIELDS
from leadq.crm.reading.findings import Findings
from leadq.crm.storage.scratch_database import MAX_SHOWN, count, name, text, texts
from leadq.foundation.plurals import counted


def name_fields(
    findings: Findings, mapped: Mapped, sources: Mapping[str, Source], own: Mapping[str, list[TypedField]]
) -> Mapped:
    """Rename the fields of mapped field history and leave out those that no table holds, with a note."""
    cases: list[str] = []
    kept: list[str] = []
    for table, entity in WITH_OWN_FIELDS.items():
        source = sources.get(table)
        if source is None:
            continue
        renamed = {old: new for new, old in {**source.named, **source.own_fields.rename}.items()}
        cases += [
            f"WHEN entity = {text(entity)} AND field = {text(old)} THEN {text(new)}" for old, new in renamed.items()
        ]
        contract = [column for column in TABLES[table].names if (table, column) not in findings.emptied]
        held = [*contract, *(one.field.name for one in own.get(table, []) if one.field.status != "refused")]
        kept.append(f"(entity = {text(entity)} AND field IN {texts(held)})")
    field = f"CASE {' '.join(cases)} ELSE field END" if cases else "field"
    shown = [f"{field} AS field" if column == "field" else name(column) for column in mapped.rows.columns]
    rows = mapped.rows.project(", ".join(shown))
    # unknown entities and missing fields pass, to be rejected with their reason
    known = f"coalesce({' OR '.join(kept)}, true) OR entity NOT IN ('lead', 'account')"
    left_out = rows.filter(f"NOT ({known})")
    if unread := count(left_out):
        fields = left_out.aggregate("entity, field, count(*) AS n").order("n DESC, entity, field").limit(MAX_SHOWN)
        listed = ", ".join(f"{entity}.{field_name}" for entity, field_name, _ in fields.fetchall())
        changes = counted(unread, "change of a field that no table has was", "changes of fields that no table has were")
        findings.notes.append(f"field_history: {changes} not read: {listed}")
    return replace(mapped, rows=rows.filter(known))
