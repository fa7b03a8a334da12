"""Parts of one export: by pattern, by list, in a ZIP file; and what is no table, by name."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.reading.sources import parts
from tests.crm.reading.files.conftest import Read, Refused
from tests.crm.reading.files.made_up import HEADINGS, as_csv, expected, table, workbook, zipped

ROWS = table()
FIRST, SECOND = as_csv([HEADINGS, *ROWS[:15]]), as_csv([HEADINGS, *ROWS[15:]], separator=";")
TURNED = as_csv([HEADINGS[::-1], *(row[::-1] for row in ROWS[15:])])


def cells(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [dict(list(row.items())[1:]) for row in rows]


@pytest.mark.parametrize("second", [SECOND, TURNED, TURNED.replace("lead_id", "Lead_ID")])
def test_parts_by_pattern_and_by_list(read: Read, tmp_path: Path, second: str) -> None:
    (tmp_path / "deals-1.csv").write_text(FIRST)
    (tmp_path / "deals-2.csv").write_text(second)
    (tmp_path / "other.csv").write_text("x\n1\n")
    for path in (
        tmp_path / "deals-*.csv",
        tmp_path / "deals-[12].csv",
        [tmp_path / "deals-1.csv", tmp_path / "deals-2.csv"],
    ):
        loaded, rows = read(path)
        assert cells(rows) == expected(ROWS)
        assert "deals-1.csv (1 to 16), deals-2.csv (17 to 42)" in loaded.notes[0]
    assert rows[15]["_leadq_row"] == 18


def test_a_file_that_two_patterns_name_is_read_once(read: Read, tmp_path: Path) -> None:
    (tmp_path / "deals-1.csv").write_text(FIRST)
    assert len(read([tmp_path / "deals-1.csv", tmp_path / "*.csv"])[1]) == 15


def test_malformed_rows_of_later_parts_are_counted_on(read: Read, tmp_path: Path) -> None:
    (tmp_path / "deals-1.csv").write_text(FIRST)
    (tmp_path / "deals-2.csv").write_text(as_csv([HEADINGS, *ROWS[15:]]) + "L9,x\n")
    assert [number for number, _ in read(tmp_path / "deals-*.csv")[0].malformed] == [16 + 27]


def test_a_zip_file_of_one_or_several_parts(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(
        zipped(
            {
                "out/deals-1.csv": FIRST.encode(),
                "out/deals-2.csv": SECOND.encode("utf-16"),
                "__MACOSX/out/._deals-1.csv": b"\0\1",
                "r.pdf": b"%PDF",
            }
        )
    )
    assert cells(read(path)[1]) == expected(ROWS)
    assert cells(read(tmp_path / "export.zip" / "out/deals-1.csv")[1]) == expected(ROWS[:15])
    assert cells(read(tmp_path / "export.zip" / "out/*-2.csv")[1]) == expected(ROWS[15:])
    path.write_bytes(zipped({"leads.xlsx": workbook({"L": [HEADINGS, *ROWS]})}))
    assert cells(read(path)[1]) == expected(ROWS)


def test_what_lies_beside_the_tables_of_a_zip_file_is_named_and_not_read(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    beside = {"out/README.txt": b"Made by our CRM.\nSee the site.\n", "package.json": b'{"name": "export"}'}
    path.write_bytes(zipped(beside | {"out/deals.csv": FIRST.encode()}))
    loaded, rows = read(path)
    assert cells(rows) == expected(ROWS[:15])
    assert {note.split(": ")[-1] for note in loaded.notes if "is not read" in note} == {
        "out/README.txt lies beside the tables and is not read",
        "package.json lies beside the tables and is not read",
    }
    path.write_bytes(zipped({"leads.txt": FIRST.encode()}))
    assert cells(read(path)[1]) == expected(ROWS[:15])


def test_parts_with_other_headings_are_refused_by_name(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zipped({"Lead.csv": FIRST.encode(), "Task.csv": FIRST.replace("status", "subject").encode()}))
    problem = refused(path)
    assert problem.where.endswith("export.zip/Task.csv")
    assert problem.value == "lacks status; also has subject"
    assert "export.zip/Lead.csv" in problem.remedy


def test_a_broken_part_is_named_as_a_person_knows_it(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zipped({"a.csv": FIRST.encode(), "b.csv": b"%PDF-1.4"}))
    assert refused(path).where == f"{path}/b.csv"


def test_parquet_keeps_objects_names_and_rows(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "source=hubspot" / "a*b[1].parquet"
    path.parent.mkdir()
    columns = {
        "Name": ["x ", "\u200by"], "name": ["1", "2"], "_leadq_row": [5, 6], "file_row_number": [7, 8], "source": ["web", "fair"],
        "properties": [{"close": "2024", "n": 1.5}, {"close": None, "n": None}], "tags": [["a"], []], "flag": [True, None],
    }  # fmt: skip
    pq.write_table(pa.table(columns), path)
    loaded, rows = read(path)
    assert loaded.columns == (
        "Name", "name_2", "leadq_row", "own_file_row_number", "source", "properties.close", "properties.n", "tags", "flag",
    )  # fmt: skip
    assert list(rows[0].values()) == [2, "x", "1", "5", "7", "web", "2024", "1.5", '["a"]', "true"]
    assert rows[1]["Name"] == "y"
    assert rows[1]["source"] == "fair"
    loaded, rows = read(path.rename(path.with_suffix(".csv")))
    assert rows[1]["source"] == "fair"
    assert "a Parquet file by its content" in loaded.notes[0]


PAGE = "\n\n<!DOCTYPE html>\n<html><head><title>x</title></head><body>Sign in</body></html>"


@pytest.mark.parametrize(
    ("name", "data", "named"),
    [
        ("leads.csv", PAGE.encode(), "a web page (HTML)"), ("leads.csv", PAGE.encode("utf-16"), "a web page (HTML)"),
        ("leads.xls", b"<html><table><tr><td>1</td></tr></table></html>", "a web page (HTML)"),
        ("leads.json", PAGE.encode(), "a web page (HTML)"), ("leads.csv", b'<?xml version="1.0"?><Workbook></Workbook>', "an XML document"),
        ("leads.csv", b"%PDF-1.4 x", "a PDF file"), ("leads.csv", bytes(range(256)) * 40, "a binary file"),
        ("leads.csv", b"SQLite format 3\0", "an SQLite database"), ("leads.csv", b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        ("leads.csv.gz", gzip.compress(PAGE.encode(), mtime=0), "a web page (HTML)"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_called_by_its_name(
    refused: Refused, tmp_path: Path, name: str, data: bytes, named: str
) -> None:
    (tmp_path / name).write_bytes(data)
    problem = refused(tmp_path / name)
    assert problem.rule == "must be a table"
    assert problem.value == named


@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("leads.csv", b"", "must not be empty"), ("leads.csv", b" \r\n\t\n", "must not be empty"),
        ("leads.csv", b"\xef\xbb\xbf", "must not be empty"), ("leads.csv", b"a,b\n", "must have rows"),
        ("leads.csv.gz", gzip.compress(b"a,b\n" * 900, mtime=0)[:-9], "must be readable"), ("leads.parquet", b"PAR1 x", "must be readable"),
        ("leads.parquet", b"a,b\n1,2\n", "must be a Parquet file as its name says"), ("leads.zip", zipped({}), "must have a table inside"),
        ("leads.zip", b"PK\x03\x04xxxx", "must be readable"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(refused: Refused, tmp_path: Path, name: str, data: bytes, rule: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert refused(tmp_path / name).rule == rule


def test_a_zip_file_that_grows_too_much_is_refused_and_what_comes_out_of_it_is_read(
    read: Read, refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_SMALL", 1 << 20)
    grown = as_csv([HEADINGS, *ROWS]) + "," * (len(HEADINGS) - 1) + "\n" * 1_500_000
    (tmp_path / "leads.zip").write_bytes(zipped({"leads.csv": grown.encode()}))
    problem = refused(tmp_path / "leads.zip")
    assert problem.rule == "must unpack to at most 250 times its size"
    assert "unpack it yourself" in problem.remedy
    (tmp_path / "leads.csv").write_text(grown)
    assert cells(read(tmp_path / "leads.csv")[1])[:40] == expected(ROWS)


def test_remedies_of_paths_work(read: Read, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "leads.dat").write_text(FIRST)
    assert len(read(tmp_path / "leads.dat")[1]) == len(read(tmp_path / "leads.dat", format="csv")[1]) == 15
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.csv").write_text(FIRST)
    assert refused(tmp_path / "parts").remedy.endswith("parts/*.csv")
    assert len(read(tmp_path / "parts" / "*.csv")[1]) == 15
    assert refused(tmp_path / "gone.csv").rule == "must exist"
    assert refused(tmp_path / "gone-*.csv").rule == "must fit at least one file"
    (tmp_path / "leads.txt").write_bytes(workbook({"L": [HEADINGS, *ROWS]}))
    assert "set format: xlsx" in refused(tmp_path / "leads.txt", format="csv").remedy
    assert len(read(tmp_path / "leads.txt", format="xlsx")[1]) == 40
