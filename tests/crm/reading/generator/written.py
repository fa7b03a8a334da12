"""Cells as a file: text in every encoding, line end and quoting, and the formats that are no text."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.crm.reading.generator.cells import Table
from tests.crm.reading.generator.plan import Plan
from tests.crm.reading.generator.workbook import write_workbook


def write(plan: Plan, found: Table, folder: Path) -> Path:
    """Write the file (or its parts) of a plan into ``folder`` and return what ``leadq init --from`` is given."""
    if plan.structure in ("json", "jsonl", "json_nested"):
        return _json(plan, found, folder)
    if plan.structure == "parquet":
        path = folder / "export.parquet"
        columns = [pa.array([row[i] or None for row in found.rows], pa.string()) for i in range(len(found.headings))]
        pq.write_table(pa.table(dict(zip(found.headings, columns, strict=True))), path)
        return path
    if plan.structure == "xlsx":
        path = folder / "export.xlsx"
        numbers = all(form.thousands != "." for form in plan.numbers.values())
        write_workbook(path, [found.headings, *found.rows], numbers=numbers)
        return path
    half = len(found.rows) // 2
    if plan.structure in ("zip", "zip_of_parts", "overlapping_parts"):
        parts = [found.rows] if plan.structure == "zip" else [found.rows[:half], found.rows[half:]]
        if plan.structure == "overlapping_parts":
            parts[1] = found.rows[half - 40 :]
        path = folder / "export.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for place, rows in enumerate(parts):
                packed.writestr(f"deals-{place + 1}.csv", encoded(plan, text_of(plan, found.headings, rows)))
        return path
    if plan.structure == "glob":
        for place, rows in enumerate((found.rows[:half], found.rows[half:])):
            (folder / f"deals-{place + 1}.csv").write_bytes(encoded(plan, text_of(plan, found.headings, rows)))
        return folder / "deals-*.csv"
    path = folder / ("export.tsv" if plan.separator == "\t" and plan.seed % 2 else "export.csv")
    path.write_bytes(encoded(plan, text_of(plan, found.headings, found.rows)))
    return path


def text_of(plan: Plan, headings: list[str], rows: list[list[str]]) -> list[str]:
    """Return the records of the file without their line ends."""
    records = [_record(plan, cells) for cells in [headings, *rows]]
    sep = plan.separator
    if plan.structure == "title_lines":
        records = [_record(plan, ["Deals 2024-2026"]), _record(plan, ["As of 01.07.2026; filter: all"]), "", *records]
    if plan.structure == "footer":
        records += [
            "",
            _record(plan, [f"Total records: {len(rows)}"]),
            _record(plan, ["Confidential Information - Do Not Distribute"]),
        ]
    if plan.structure == "total_row":
        place = 1 + (len(headings) > 4)
        records.append(sep.join(["Total", *["" for _ in headings[place:]], "1234567"][: len(headings)]))
    return [f"sep={sep}", *records] if plan.sep_line else records


def _record(plan: Plan, cells: list[str]) -> str:
    held = io.StringIO()
    style = csv.QUOTE_ALL if plan.quoting == "all" else csv.QUOTE_MINIMAL
    if plan.quoting == "backslash":
        writer = csv.writer(
            held, delimiter=plan.separator, quoting=style, doublequote=False, escapechar="\\", lineterminator="\r\n"
        )
    else:
        writer = csv.writer(held, delimiter=plan.separator, quoting=style, lineterminator="\r\n")
    writer.writerow(cells)
    return held.getvalue().removesuffix("\r\n")


def encoded(plan: Plan, records: list[str]) -> bytes:
    """Return the records as the bytes of a file; what an encoding cannot write makes the whole file UTF-8."""
    half = len(records) // 2
    ends = (
        ["\r\n" if place < half else "\n" for place in range(len(records))]
        if plan.line_end == "mixed"
        else [plan.line_end] * len(records)
    )
    text = "".join(record + end for record, end in zip(records, ends, strict=True))
    try:
        return text.encode(plan.encoding)
    except UnicodeEncodeError:
        plan.encoding = plan.kinds["encoding"] = "utf-8"
        plan.doubts.discard("encoding")
        return text.encode("utf-8")


def _json(plan: Plan, found: Table, folder: Path) -> Path:
    rows: list[dict[str, object]] = []
    for row in found.rows:
        cells: dict[str, object] = {heading: cell or None for heading, cell in zip(found.headings, row, strict=True)}
        if plan.structure == "json_nested":
            first, *rest = list(cells.items())
            cells = {first[0]: first[1], "properties": dict(rest), "archived": False}
        rows.append(cells)
    path = folder / ("export.jsonl" if plan.structure == "jsonl" or plan.seed % 2 else "export.json")
    if path.suffix == ".jsonl":
        path.write_text(
            "".join(json.dumps(row, ensure_ascii=plan.seed % 3 == 0) + "\n" for row in rows), encoding="utf-8"
        )
    else:
        whole = {"results": rows, "paging": None} if plan.structure == "json_nested" else rows
        path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    return path
