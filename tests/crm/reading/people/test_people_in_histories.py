"""What of people reaches a history: nothing; and the line that a note offers keeps a column that is not personal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import yaml

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from tests.crm.reading.conftest import SIMPLE, SourceFolder

RowsOf = Callable[[History, str], list[dict[str, Any]]]
FIRST = ("Jonas", "Frank", "Ines", "Gerda", "Eva", "Hans", "Clara", "Otto")
LAST = ("Lange", "Müller", "Klein", "Krüger", "Vogel", "Weber", "Richter")
SECRETS = re.compile(r"Lange|Müller|Krüger|Vogel|Weber|Richter|@|0171 2|Dorstake|1980-0")


def _columns(place: int) -> dict[str, str]:
    first, last = FIRST[place % 8], LAST[place % 7]
    mail = f" for {first.lower()}@example.org" if place == 7 else ""
    return {
        "lead_id": f"L{place:04d}",
        "created_at": f"2024-01-{1 + place % 28:02d}T10:00:00Z",
        "closed_at": "",
        "status": "open",
        "campaign": f"Spring {place % 3}{mail}",
        "title": f"{last}, {first}",
        "source": "call 0171 2345678" if place % 4 == 0 else "web",
        "owner": "rita.sales@company.example",
        "Kontakt": f"{last}, {first}",
        "Vorname": "Dorstake",
        "Geburtsdatum": f"1980-0{1 + place % 9}-11",
        "Region": f"{first} {last}",
        "interest": f"Plan {place % 4}{mail}",
    }


def _write(sources: SourceFolder, rows: int = 240) -> None:
    columns = [_columns(place) for place in range(rows)]
    lines = [";".join(line) for line in [columns[0], *(one.values() for one in columns)]]
    sources.write("leads.csv", "\n".join(lines) + "\n")
    changes = ["entity;entity_id;field;changed_at;old_value;new_value"]
    changes += [
        f"lead;L0001;{field};2024-01-15T00:00:00Z;{old};{new}"
        for field, old, new in (
            ("Kontakt", "Lange, Jonas", "Weber, Eva"),
            ("title", "Lange, Jonas", "Weber, Eva"),
            ("campaign", "ask eva@example.org", "Spring"),
            ("interest", "Plan 1 for eva@example.org", "Plan 2"),
        )
    ]
    sources.write("changes.csv", "\n".join(changes) + "\n")


def _config(vouch: dict[str, str] | None = None) -> str:
    document = yaml.safe_load(SIMPLE)
    document["time_zone"] = "UTC"
    document["sources"]["leads"]["separator"] = ";"
    document["sources"]["field_history"] = {"path": "changes.csv", "separator": ";"}
    if vouch:
        document["sources"]["leads"]["own_fields"] = {"vouch": vouch}
    return yaml.safe_dump(document, allow_unicode=True)


def _all_that_is_kept(history: History) -> str:
    tables = [pq.read_table(path).drop_columns([]).to_pylist() for path in sorted(history.folder.glob("*.parquet"))]
    texts = [path.read_text(encoding="utf-8") for path in sorted(history.folder.glob("*.json"))]
    return "\n".join([*(str(rows) for rows in tables), *texts])


def test_nothing_of_people_reaches_any_file_of_a_history(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources)
    history = sources.read(_config())
    kept = _all_that_is_kept(history).replace("rita.sales@company.example", "")
    assert SECRETS.findall(kept) == []
    assert {field.name for field in history.own_fields} == {"interest"}
    row = rows_of(history, "leads")[7]
    assert (row["campaign"], row["title"], row["interest"]) == ("Spring 1 for [e-mail]", None, "Plan 3 for [e-mail]")
    assert rows_of(history, "leads")[0]["source"] == "call [phone]"
    assert row["owner"] == "rita.sales@company.example"
    changed = {(one["field"], one["old_value"]) for one in rows_of(history, "field_history")}
    assert changed == {("campaign", "ask [e-mail]"), ("interest", "Plan 1 for [e-mail]")}


def test_everything_dropped_or_blanked_is_counted_and_named(sources: SourceFolder) -> None:
    _write(sources)
    notes = "\n".join(read_notes(sources.read(_config()).folder))
    assert "leads: column Kontakt was dropped, it holds names of people in 100% of its values; to keep it, add" in notes
    assert "leads: column Vorname was dropped, it is named like a person's name" in notes
    assert "leads: column Geburtsdatum was dropped, it is named like personal data" in notes
    assert "leads: column title was left empty, it holds names of people in 100% of its values" in notes
    assert (
        "leads.campaign: 1 of 240 values holds an e-mail address, phone number or the like, which was blanked" in notes
    )
    assert "leads.source: 60 of 240 values hold e-mail addresses" in notes
    assert "leads.interest: 1 of 240 values holds" in notes


def test_the_line_that_a_note_offers_keeps_the_column(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources)
    offered: dict[str, str] = {}
    for note in read_notes(sources.read(_config()).folder):
        if line := re.search(r"own_fields: \{vouch: .*\}$", note):
            offered |= yaml.safe_load(line[0])["own_fields"]["vouch"]
    assert set(offered) == {"Kontakt", "Vorname", "Geburtsdatum", "Region", "title"}
    vouched = {name: f"is a region; Ann Smith, 2026-11-30 ({name})" for name in ("Region", "title")}
    history = sources.read(_config(vouched))
    assert {field.name: (field.status, field.why) for field in history.own_fields if field.name == "Region"} == {
        "Region": ("vouched", "is a region; Ann Smith, 2026-11-30 (Region)")
    }
    assert rows_of(history, "leads")[0]["title"] == "Lange, Jonas"
    assert rows_of(history, "leads")[0]["Region"] == "Jonas Lange"
    note = next(note for note in read_notes(history.folder) if "column Region" in note)
    assert note == (
        "leads: column Region is kept although it holds names of people in 100% of its values, because leadq.yaml vouches for it: "
        "is a region; Ann Smith, 2026-11-30 (Region)"
    )


def test_the_first_reading_reads_people_as_it_did(sources: SourceFolder) -> None:
    _write(sources)
    history = sources.read("reading: 1\n" + _config())
    assert {"Kontakt", "Vorname"} <= {field.name for field in history.own_fields}
    assert json.loads((history.folder / "history.json").read_text())["own_fields"]


def test_a_doubtful_date_of_birth_stops_nobody(sources: SourceFolder) -> None:
    lines = ["lead_id,created_at,closed_at,status,Geburtsdatum"]
    lines += [
        f"L{n:03d},2024-01-{1 + n % 28:02d}T10:00:00Z,,open,{1 + n % 12:02d}/{1 + n % 11:02d}/1980" for n in range(60)
    ]
    sources.write("leads.csv", "\n".join(lines) + "\n")
    assert sources.read(SIMPLE).own_fields == ()
