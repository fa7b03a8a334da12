"""Files as they come out of spreadsheets and CRMs: ``leadq init --from``, then the way into the tables.

What cannot be a table of leads is refused with its reason and no project is begun; what only looks odd is read.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.bad_input.conftest import PARAMS, Answer, UsersProject
from tests.crm.reading.files.made_up import workbook

pytestmark = pytest.mark.integration

HEADER = "lead_id,created_at,closed_at,status,country,budget"


def _rows(count: int = 60) -> list[str]:
    words = ("won", "lost", "open")
    closed = "2025-03-05T09:00:00Z"
    return [
        f"L{i:03d},2025-01-{1 + i % 28:02d}T10:00:00Z,{closed if i % 3 < 2 else ''},{words[i % 3]},DE,{i % 7 * 500}"
        for i in range(count)
    ]


def _table(rows: list[str] | None = None, header: str = HEADER) -> str:
    return "\n".join([header, *(_rows() if rows is None else rows)]) + "\n"


def _with_cell(cell: str, header: str = "memo") -> bytes:
    """The table with one column more, whose tenth row holds ``cell``."""
    rows = [f"{row},{cell if place == 9 else 'plain'}" for place, row in enumerate(_rows())]
    return _table(rows, f"{HEADER},{header}").encode()


def _spreadsheet() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return content.getvalue()


def _workbook(rows: list[str]) -> bytes:
    return workbook({"Leads": [row.split(",") for row in (HEADER, *rows)]})


def _json_list(rows: list[str]) -> bytes:
    return json.dumps([dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in rows]).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that is no table of leads, and what the message must name."""

    kind: str
    content: bytes
    name: str = "export.csv"
    where: str = "export.csv"
    rule: str
    value: str
    remedy: str


REFUSED = (
    Refused(
        kind="0 bytes, called gzip",
        content=b"",
        name="export.csv.gz",
        rule="must not be empty",
        value="",
        remedy="Export it again",
    ),
    Refused(
        kind="only a header",
        content=_table([]).encode(),
        rule="must have rows",
        value="got only a header",
        remedy="Export it with its rows",
    ),
    Refused(
        kind="rows without a header",
        content="\n".join(_rows()).encode(),
        where="export.csv line 1",
        rule="must name the columns",
        value="'2025-01-01T10:00:00Z'",
        remedy="Put a line with the names of the columns above the data",
    ),
    Refused(
        kind="a quote that is never closed",
        content=_with_cell('"begun'),
        rule="every quote must be closed",
        value="line 11: 'L009,",
        remedy="the lines after it are part of the cell",
    ),
    Refused(
        kind="a damaged spreadsheet",
        content=_spreadsheet(),
        name="export.xlsx",
        where="export.xlsx",
        rule="must be readable",
        value="",
        remedy="Save the workbook again in the spreadsheet program, or export it as CSV in UTF-8",
    ),
    Refused(
        kind="a damaged spreadsheet called CSV",
        content=_spreadsheet(),
        rule="must be readable",
        value="",
        remedy="Save the workbook again in the spreadsheet program, or export it as CSV in UTF-8",
    ),
    Refused(
        kind="something binary",
        content=bytes(range(256)) * 40,
        rule="must be a table",
        value="got a binary file",
        remedy="Export the table again as CSV in UTF-8",
    ),
    Refused(
        kind="gzip cut off",
        content=gzip.compress(_table().encode())[:-30],
        name="export.csv.gz",
        rule="must be readable",
        value="",
        remedy="Export the file again; it is damaged",
    ),
    Refused(
        kind="a JSON list of numbers",
        content=b"[1,\n 2]\n",
        name="export.jsonl",
        where="export.jsonl",
        rule="must have JSON objects",
        value="row 1",
        remedy="Write one object per line, or a list of objects",
    ),
)


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.kind)
def test_a_file_that_is_no_table_of_leads(leadq_main: Callable[..., Answer], tmp_path: Path, file: Refused) -> None:
    source = tmp_path / file.name
    source.write_bytes(file.content)
    answer = leadq_main("init", str(tmp_path / "mine"), "--from", str(source))
    assert answer.code == 1
    assert answer.out == ""
    for part in (file.where, file.rule, file.value, file.remedy):
        assert part in answer.err
    assert not (tmp_path / "mine").exists()


def test_a_folder_without_tables_is_named(leadq_main: Callable[..., Answer], tmp_path: Path) -> None:
    answer = leadq_main("init", str(tmp_path / "mine"), "--from", str(tmp_path))
    assert answer.code == 1
    assert f"{tmp_path}: a folder must hold the tables of one e" in answer.err
    assert "got 0 files" in answer.err


def _german(rows: list[str]) -> str:
    """Days first, no zone, comma in numbers, semicolons between."""
    lines = []
    for row in rows:
        lead, created, closed, status, country, budget = row.split(",")
        days = [f"{text[8:10]}.{text[5:7]}.{text[:4]} {text[11:16]}" if text else "" for text in (created, closed)]
        lines.append(";".join([lead, *days, status, country, f"{budget},50"]))
    return _table(lines, HEADER.replace(",", ";"))


ODD = {
    "with a byte order mark": (b"\xef\xbb\xbf" + _table().encode(), "lead_id"),
    "in UTF-16": (_table().encode("utf-16"), "encoding: utf-16"),
    "in cp1252": (_table().replace(",DE,", ",Österreich,").encode("cp1252"), "encoding: cp1252"),
    "German": (_german(_rows()).encode(), '"created_at": "%d.%m.%Y %H:%M"'),
    "German numbers": (_german(_rows()).encode(), '"budget": "1234,5"'),
    "lines ended by carriage returns": (_table().replace("\n", "\r").encode(), "lead_id"),
    "emoji": (_with_cell("🚀 very keen", "mood 😀"), "mood 😀"),
    "a NUL": (_with_cell("a\0b"), "memo"),
    "10,000 characters": (_with_cell("x" * 10_000), "memo"),
    "a line break in a heading": (_with_cell("x", '"first\nsecond"'), "first second"),
    "two columns of the same name": (_with_cell("x", "Country"), "Country_2"),
    "a spreadsheet called CSV": (_workbook(_rows()), "lead_id"),
    "a JSON list called CSV": (_json_list(_rows()), "lead_id"),
    "a formula": (_with_cell('"=IF(A1>1,""yes"",""no"")"', "=1+1"), "=1+1"),
}


@pytest.mark.acceptance
@pytest.mark.parametrize(("content", "proposed"), ODD.values(), ids=ODD.keys())
def test_a_file_that_only_looks_odd(
    leadq_main: Callable[..., Answer], tmp_path: Path, content: bytes, proposed: str
) -> None:
    (tmp_path / "export.csv").write_bytes(content)
    mine = tmp_path / "mine"
    assert leadq_main("init", str(mine), "--from", str(tmp_path / "export.csv")).code == 0
    assert proposed in (mine / "leadq.yaml").read_text(encoding="utf-8")
    (mine / "params.yaml").write_text(PARAMS)
    answer = leadq_main("stage", "ingest", "--project", str(mine))
    assert answer.code == 0, answer.text
    leads = pq.read_table(mine / "work/history/leads.parquet").to_pylist()
    assert [row["lead_id"] for row in leads] == [f"L{i:03d}" for i in range(60)]
    assert leads[3]["created_at"].isoformat() == "2025-01-04T10:00:00+00:00"
    assert {row["outcome"] for row in pq.read_table(mine / "work/history/outcomes.parquet").to_pylist()} == {
        "won",
        "lost",
    }


def test_control_characters_do_not_reach_the_terminal(leadq_main: Callable[..., Answer], tmp_path: Path) -> None:
    """Those of a heading are taken out with what else cannot be seen; those in ``leadq.yaml`` are refused."""
    (tmp_path / "export.csv").write_text(_table(header=HEADER.replace("country", "\x1b[2Jstatus")))
    mine = tmp_path / "mine"
    leadq_main("init", str(mine), "--from", str(tmp_path / "export.csv"))
    written = (mine / "leadq.yaml").read_text()
    assert 'column: "status"' in written
    (mine / "leadq.yaml").write_text(written.replace('column: "status"', r'column: "\e[2Jstat"'))
    answer = leadq_main("check", "--project", str(mine))
    assert answer.code == 1
    assert "must not contain control characters, got \\x1b" in answer.err
    assert "\x1b" not in answer.text
    (mine / "leadq.yaml").write_text(written.replace('column: "status"', "column: statusx"))
    answer = leadq_main("check", "--project", str(mine))
    assert answer.code == 1
    assert "It has: lead_id, created_at, closed_at, status, [2Jstatus" in answer.err
    assert "\x1b" not in answer.text


def test_ids_that_a_spreadsheet_rounded(leadq_main: Callable[..., Answer], tmp_path: Path) -> None:
    rows = [f"1.{i // 20}E+15{row[4:]}" for i, row in enumerate(_rows())]
    (tmp_path / "export.csv").write_text(_table(rows))
    mine = tmp_path / "mine"
    assert leadq_main("init", str(mine), "--from", str(tmp_path / "export.csv")).code == 0
    assert "not an id for each row: 3 values in 60 rows" in (mine / "leadq.yaml").read_text()
    answer = leadq_main("check", "--project", str(mine))
    assert answer.code == 1
    assert "'1.0E+15' in rows 2, 3, 4, 5, 6" in answer.err
    assert "A spreadsheet has rounded these ids" in answer.err


def test_markup_in_a_heading_is_only_text_in_the_report(project: UsersProject) -> None:
    header, *rows = project.lines("leads.csv")
    words = ("<b>keen</b>", "=1+1", "plain")
    marked = [f"{row},{words[place % 3]}" for place, row in enumerate(rows)]
    project.write("leads.csv", [f"{header},<script>alert(1)</script>", *marked])
    assert project.leadq("check").code == 0
    report = (project.folder / "reports/check.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in report
    assert "<script>alert" not in report


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Something a user breaks in a project that worked, and what the message must name."""

    kind: str
    spoil: Callable[[UsersProject], object]
    command: tuple[str, ...] = ("score",)
    told: tuple[str, ...]


def _gzip_cut_off(project: UsersProject) -> None:
    path = project.folder / "leads.csv"
    random_enough = path.read_bytes() + b"".join(f"X{i},{i * i},,,,,,\n".encode() for i in range(20_000))
    path.write_bytes(gzip.compress(random_enough)[:-2_000])
    (project.folder / "events.csv").unlink()


def _score_table_damaged(project: UsersProject) -> None:
    assert project.leadq("score").code == 0
    (table,) = (project.folder / "store/scores").rglob("*.parquet")
    table.write_bytes(table.read_bytes()[:500])


def _folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.acceptance
def test_utf_16_that_nobody_declared_is_read(project: UsersProject) -> None:
    """A night reads the same leads out of it, and scores them alike."""
    night = project.scores(project.leadq("score"))
    (project.folder / "leads.csv").write_bytes("\n".join(project.lines("leads.csv")).encode("utf-16"))
    answer = project.leadq("score")
    assert answer.code == 0, answer.text
    again = project.scores(answer)
    assert {lead: row["probability"] for lead, row in again.items()} == {
        lead: row["probability"] for lead, row in night.items()
    }


BROKEN = (
    Broken(
        kind="a folder in place of a file",
        spoil=lambda project: _folder_instead(project.folder / "leads.csv"),
        told=("leads.csv: must be a file, got a folder", "Name the file in it"),
    ),
    Broken(
        kind="one line in another encoding",
        spoil=lambda project: (project.folder / "leads.csv").write_bytes(
            (project.folder / "leads.csv").read_bytes().replace(b",fair,", b",fa\xefr,", 1)
        ),
        told=(
            "leads.csv: must be in an encoding that ",
            "'faïr' (cp1252)",
            "Set encoding: cp1252 for it in leadq.yaml",
        ),
    ),
    Broken(
        kind="gzip cut off, and the other files are looked at all the same",
        spoil=_gzip_cut_off,
        told=("leads.csv: must be readable", "it is damaged", "events.csv: must exist", "(2 problems)"),
    ),
    Broken(
        kind="a quote that swallows the last rows",
        spoil=lambda project: project.write(
            "events.csv",
            [*project.lines("events.csv")[:-20], 'L0001,2025-02-01,"visit', *project.lines("events.csv")[-20:]],
        ),
        told=("events.csv: every quote must be closed", "'L0001,2025-02-01,\"visit'"),
    ),
    Broken(
        kind="a separator of two characters",
        spoil=lambda project: project.edit("leadq.yaml", "{path: leads.csv}", "{path: leads.csv, separator: ';;'}"),
        told=("leadq.yaml line 4", "must be one character", "got ';;'"),
    ),
    Broken(
        kind="a time format that is none",
        spoil=lambda project: project.edit("leadq.yaml", "{path: leads.csv}", "{path: leads.csv, time_format: '%Q'}"),
        told=("leadq.yaml line 4", "must be a strptime format", "got '%Q'"),
    ),
    Broken(
        kind="a word that is won and lost",
        spoil=lambda project: project.edit("leadq.yaml", "lost: [lost]", "lost: [lost, won]"),
        told=("leadq.yaml line 7", "a word must appear in only one of won, lost and open, but won appears in two"),
    ),
    Broken(
        kind="a store that is a file",
        spoil=lambda project: project.edit("leadq.yaml", "store: store", "store: leads.csv"),
        told=("leads.csv: must be a folder, got a file",),
    ),
    Broken(
        kind="a lead that is not open",
        spoil=lambda project: None,
        command=("score", "--lead", "L0001"),
        told=("--lead: must be a lead that is open, got L0001", "Closed leads"),
    ),
    Broken(
        kind="a damaged score table",
        spoil=_score_table_damaged,
        command=("explain", "L0399"),
        told=("store/scores/2026-01-05/", "a committed run's table must be complete", "Restore the file from a backup"),
    ),
)


@pytest.mark.acceptance
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.kind)
def test_a_project_that_somebody_broke(project: UsersProject, broken: Broken) -> None:
    broken.spoil(project)
    before = project.kept()
    answer = project.leadq(*broken.command)
    assert answer.code == 1, answer.text
    for part in broken.told:
        assert part in answer.err
    assert project.unfinished() == []
    after = project.kept()
    tonight = "store/work/"
    assert {k: v for k, v in after.items() if tonight not in k} == {k: v for k, v in before.items() if tonight not in k}
