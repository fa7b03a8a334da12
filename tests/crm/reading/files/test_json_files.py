"""JSON as companies and APIs write it: lines, lists, answers with pages, objects within objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.crm.reading.files.conftest import Read, Refused

DEALS: list[dict[str, Any]] = [
    {
        "id": str(9000 + n),
        "properties": {"closedate": None if n % 3 else f"2024-01-{1 + n:02d}T10:00:00.000Z", "amount": 1.50, "big": 12345678901234567890},
        "archived": n % 2 == 0,
        "tags": ["a", "b"] if n else [],
        "associations": {"companies": {"results": [{"id": n}]}},
    }
    for n in range(12)
]  # fmt: skip
COLUMNS = (
    "id",
    "properties.closedate",
    "properties.amount",
    "properties.big",
    "archived",
    "tags",
    "associations.companies.results",
)

WRITTEN: dict[str, tuple[str, str]] = {
    "lines": ("deals.jsonl", "\n".join(map(json.dumps, DEALS))),
    "lines called json": ("deals.json", "\r\n".join(map(json.dumps, DEALS)) + "\n\n"),
    "list": ("deals.json", json.dumps(DEALS)),
    "list called jsonl": ("deals.jsonl", json.dumps(DEALS, indent=2)),
    "list called csv": ("deals.csv", "\n" + json.dumps(DEALS, indent=2)),
    "lines called csv": ("deals.csv", "\n".join(map(json.dumps, DEALS)) + "\n"),
    "answer called txt": ("deals.txt", json.dumps({"results": DEALS, "paging": {"next": None}})),
    "indented": ("deals.json", "\ufeff" + json.dumps(DEALS, indent=1)),
    "answer": ("deals.json", json.dumps({"results": DEALS, "paging": {"next": {"after": "1"}}})),
    "answer within": ("deals.json", json.dumps({"status": "ok", "data": {"total": 12, "records": DEALS}}, indent=4)),
    "pages": ("deals.jsonl", "\n".join(json.dumps({"results": DEALS[n : n + 5], "paging": {}}) for n in (0, 5, 10))),
    "list of pages": ("deals.json", json.dumps([{"results": DEALS[n : n + 5], "paging": {}} for n in (0, 5, 10)])),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_the_same_rows_however_the_objects_are_held(read: Read, tmp_path: Path, way: str) -> None:
    name, text = WRITTEN[way]
    (tmp_path / name).write_text(text)
    loaded, rows = read(tmp_path / name)
    assert loaded.columns == COLUMNS
    assert [row["id"] for row in rows] == [deal["id"] for deal in DEALS]
    first = dict(list(rows[3].items())[1:])
    assert first == {
        "id": "9003", "properties.closedate": "2024-01-04T10:00:00.000Z", "properties.amount": "1.5",
        "properties.big": "12345678901234567890", "archived": "false", "tags": '["a", "b"]',
        "associations.companies.results": '[{"id": "3"}]',
    }  # fmt: skip
    assert rows[1]["properties.closedate"] is None
    assert "lists are read as texts: tags, associations.companies.results" in " ".join(loaded.notes)


def test_a_list_longer_than_a_block_is_read_in_blocks(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "deals.json"
    rows = [{"id": f"L{n}", "note": "x" * 400 + "\u20ac", "n": n} for n in range(25_000)]
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    found = read(path)[1]
    assert len(found) == 25_000
    assert found[-1] == {"_leadq_row": 25_000, "id": "L24999", "note": "x" * 400 + "\u20ac", "n": "24999"}


def test_keys_become_columns_that_differ(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text(
        '{"id": 1, "Name": "a", "name": "b", "id": 2, "a.b": 1, "a": {"b": 2}, "_leadq_row": 5, "only": null}\n{"late": 3}\n'
    )
    loaded, rows = read(path)
    assert loaded.columns == ("id", "Name", "name_2", "id_2", "a.b", "a.b_2", "leadq_row", "only", "late")
    assert list(rows[0].values())[1:] == ["1", "a", "b", "2", "1", "2", "5", None, None]
    assert rows[1]["late"] == "3"
    assert "name_2" in " ".join(loaded.notes)


def test_a_value_in_one_row_and_an_object_in_another_both_stay(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text('{"id": 1, "owner": "Ann"}\n{"id": 2, "owner": {"name": "Bob"}}\n{"id": 3, "owner": null}\n')
    loaded, rows = read(path)
    assert loaded.columns == ("id", "owner", "owner.name")
    assert [(row["owner"], row["owner.name"]) for row in rows] == [("Ann", None), (None, "Bob"), (None, None)]


def test_odd_lines_are_counted_with_their_number(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text('{"id": 1}\n\nno object\n[1]\n{"id": 2}\n{"id": \n')
    loaded, rows = read(path)
    assert [number for number, _ in loaded.malformed] == [3, 4, 6]
    assert [row["_leadq_row"] for row in rows] == [1, 5]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_a_sign_that_unicode_calls_the_end_of_a_line_ends_none(read: Read, tmp_path: Path, sign: str) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text(f'{{"id": 1, "note": "a{sign}b"}}\r\n{{"id": 2, "note": "c"}}\n', newline="")
    loaded, rows = read(path)
    assert not loaded.malformed
    assert [row["id"] for row in rows] == ["1", "2"]
    assert len(rows[0]["note"]) == 3


def test_of_several_lists_one_must_be_named(read: Read, refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "crm.json"
    path.write_text(json.dumps({"deals": DEALS, "people": [{"id": 1}]}))
    problem = refused(path)
    assert problem.value == "deals, people"
    assert problem.remedy.endswith("sheet: deals")
    assert len(read(path, sheet="deals")[1]) == 12
    assert "deals, people" in refused(path, sheet="x").remedy


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "must not be empty"), ("[]", "must not be empty"), ("[1, 2]", "must have JSON objects"), ('"x"', "must be JSON"),
        ('[{"a": 1}, {"a":', "must be JSON"), ('{"a": [1,', "must be JSON"), ("[" * 100_000, "must be JSON"),
        (json.dumps({"id": {str(n): n for n in range(50)}, "x": {str(n): n for n in range(50)}}), "must have a list of objects"),
    ],
)  # fmt: skip
def test_what_holds_no_objects_is_refused(refused: Refused, tmp_path: Path, text: str, rule: str) -> None:
    path = tmp_path / "deals.json"
    path.write_text(text)
    assert refused(path).rule == rule


def test_wide_letters_and_half_letters(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_bytes('{"id": "\\ud83d", "name": "Größe\\u0000"}\n'.encode("utf-16"))
    assert read(path)[1][0]["name"] == "Größe"
