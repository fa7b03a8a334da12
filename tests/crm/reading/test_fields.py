from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from tests.crm.reading.conftest import SIMPLE, SourceFolder

RowsOf = Callable[[History, str], list[dict[str, Any]]]
FIRST = ("Anna", "Ben", "Chloe", "Dirk", "Elif", "Femke", "Giulia")
LAST = ("Jansen", "Müller", "Rossi", "O'Brien", "Novak", "Smit", "Lopez", "de Vries")
SECRETS = ("Jansen", "Hauptstraße", "+31 6", "example.org", "note to")


def _own_columns(place: int) -> dict[str, str]:
    first, last = FIRST[place % 7], LAST[place % 8]
    return {
        "lead_id": f"L{place:03d}",
        "created_at": f"2024-01-{1 + place % 28:02d}",
        "status": "open",
        "email": f"{first}.{last}@{('Acme.example', 'example.net')[place % 2]}",
        "contact_name": f"{first} {last} {place}",
        "first": first if place else "",
        "decision_maker": f"{first} {last}",
        "second_mail": f"{first}{place}@example.org",
        "mobile_number": f"+31 6 {12345678 + place}",
        "reached_on": f"+31 6 {12345678 + place * 3}",
        "visit": f"Hauptstraße {place}",
        "remark": f"note to {last}, number {place}: asked a longer question about the product and its price",
        "crm_key": f"{place * 7919:x}-key",
        "email_opens": str(place % 9),
        "phone_verified": ("yes", "no")[place % 2],
        "seats": str(place * 1.5),
        "plan": ("Basic", "Pro", "Team")[place % 3],
        "signed_up": f"2023-12-{1 + place % 28:02d}",
        "always": "same",
        "Seat Count; \"big\"": str(place % 4),
    }  # fmt: skip


def _write(sources: SourceFolder, rows: int = 120) -> None:
    columns = [_own_columns(place) for place in range(rows)]
    lines = [
        "\t".join('"' + cell.replace('"', '""') + '"' for cell in line)
        for line in [columns[0], *(c.values() for c in columns)]
    ]
    sources.write("leads.csv", "\n".join(lines) + "\n")


def test_personal_data_never_leaves_the_reader(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources)
    history = sources.read(SIMPLE)
    dropped = {note.split("column ")[1].split()[0] for note in read_notes(history.folder) if "was dropped" in note}
    assert dropped == {"contact_name", "decision_maker", "second_mail", "mobile_number", "reached_on", "visit"}
    assert {row["email_domain"] for row in rows_of(history, "leads")} == {"acme.example", "example.net"}
    assert {path.suffix for path in history.folder.iterdir()} == {".parquet", ".json"}
    for table in ("leads", "rejected"):
        assert not any(secret in str(rows_of(history, table)) for secret in SECRETS)
    for path in history.folder.glob("*.json"):
        assert not any(secret in path.read_text() for secret in SECRETS)


def test_own_fields_are_typed_by_what_stands_in_them(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources)
    history = sources.read(SIMPLE)
    found = {field.name: (field.type, field.status) for field in history.own_fields}
    assert found == {
        "first": ("category", "used"),
        "remark": ("category", "refused"),
        "crm_key": ("category", "refused"),
        "email_opens": ("number", "used"),
        "phone_verified": ("flag", "used"),
        "seats": ("number", "used"),
        "plan": ("category", "used"),
        "signed_up": ("date", "used"),
        "always": ("category", "refused"),
        'Seat Count; "big"': ("number", "used"),
    }
    why = {field.name: field.why for field in history.own_fields if field.status == "refused"}
    assert why == {
        "remark": "is free text",
        "crm_key": "is an identifier: nearly every row has its own value",
        "always": "holds one value only",
    }
    row = rows_of(history, "leads")[3]
    assert (row["seats"], row["phone_verified"], row["plan"], row['Seat Count; "big"']) == (4.5, False, "Basic", 3.0)
    assert row["signed_up"].isoformat() == "2023-12-04T00:00:00+00:00"
    assert "remark" not in row


def test_the_configuration_decides_over_the_profile(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources)
    own = "{refuse: {plan: set after the deal}, vouch: {seats: frozen}, types: {email_opens: category}, rename: {opened: signed_up}}"
    history = sources.read(SIMPLE.replace("leads.csv}", f"leads.csv, own_fields: {own}}}"))
    found = {field.name: field for field in history.own_fields}
    assert (found["plan"].status, found["plan"].why) == ("refused", "set after the deal")
    assert (found["seats"].status, found["seats"].why) == ("vouched", "frozen")
    assert found["email_opens"].type == "category"
    assert "signed_up" not in found
    assert found["opened"].type == "date"
    assert "plan" not in rows_of(history, "leads")[0]


def test_unknown_own_fields_are_named(sources: SourceFolder) -> None:
    _write(sources)
    problem = sources.problems(SIMPLE.replace("leads.csv}", "leads.csv, own_fields: {refuse: {plann: why}}}"))[0]
    assert "Did you mean plan?" in problem.remedy


def test_contact_details_in_notes_are_blanked(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources)
    sources.write(
        "answers.csv",
        "lead_id,decided_at,decision,note\n"
        'L001,2024-02-01,rejected,"ask b.smit@example.org, 0031 6 1234 5678, in 2025"\n',
    )
    history = sources.read(SIMPLE.replace("sources:", "sources:\n  dispositions: {path: answers.csv}"))
    assert rows_of(history, "dispositions")[0]["note"] == "ask [e-mail], [phone], in 2025"


def test_changes_of_fields_no_table_holds_are_not_read(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources)
    sources.write(
        "changes.csv",
        "entity,entity_id,field,changed_at,old_value,new_value\n"
        "lead,L001,plan,2024-02-01,Basic,Pro\nlead,L001,mobile_number,2024-02-01,+31 6 1,+31 6 2\n"
        "lead,L001,Land,2024-01-15T08:00:00Z,DE,FR\n",
    )
    config = SIMPLE.replace("sources:", "sources:\n  field_history: {path: changes.csv}").replace(
        "leads.csv}", "leads.csv, columns: {country: Land}}"
    )
    text = (sources.path / "leads.csv").read_text().replace('"first"', '"Land"')
    sources.write("leads.csv", text)
    history = sources.read(config)
    assert [row["field"] for row in rows_of(history, "field_history")] == ["country", "plan"]
    assert any("lead.mobile_number" in note for note in read_notes(history.folder))
    assert {key: since.isoformat() for key, since in history.tracked_since.items()} == {
        "lead.country": "2024-01-15T08:00:00+00:00",
        "lead.plan": "2024-02-01T23:59:59.999999+00:00",
    }
    declared = sources.read(config + "tracked_since: {lead.country: 2024-01-01}\n")
    assert declared.tracked_since["lead.country"].isoformat() == "2024-01-01T00:00:00+00:00"


@pytest.mark.parametrize("rows", [1, 10])
def test_few_rows_can_be_read(sources: SourceFolder, rows: int, tmp_path: Path) -> None:
    _write(sources, rows)
    assert sources.read(SIMPLE).counts["leads"].used == rows
