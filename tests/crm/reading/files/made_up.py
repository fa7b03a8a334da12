"""A made-up export as rows, and the same as a workbook's bytes, written by hand: no library of the project writes one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

HEADINGS = ["lead_id", "created_at", "status", "source", "employees"]


def table(rows: int = 40) -> list[list[str]]:
    """Rows of an export: ids, times, two words, places, numbers."""
    words, places = ("won", "lost", "open"), ("Cold call", "Webinar", "Trade show, fair")
    return [
        [f"L{n:04d}", f"2024-01-{1 + n % 28:02d}T16:36:05+00:00", words[n % 3], places[n % 2], str(3 * n + 1)]
        for n in range(rows)
    ]


def as_csv(rows: Iterable[Sequence[str]], *, separator: str = ",", end: str = "\n", quote: bool = False) -> str:
    """Lines of cells, quoted where they must be or all of them."""

    def cell(text: str) -> str:
        wanted = quote or separator in text or '"' in text or "\n" in text or "\r" in text
        return '"' + text.replace('"', '""') + '"' if wanted else text

    return "".join(separator.join(map(cell, row)) + end for row in rows)


def expected(rows: Iterable[Sequence[str]], headings: Sequence[str] = HEADINGS) -> list[dict[str, str | None]]:
    """Rows as they must be read."""
    return [{heading: cell or None for heading, cell in zip(headings, row, strict=True)} for row in rows]


def workbook(sheets: dict[str, list[list[Any]]], *, merged: str = "", hidden: Sequence[str] = ()) -> bytes:
    """Return an .xlsx: texts, numbers, booleans; ``("date", serial)`` is a date, ``("formula", value)`` a formula's value."""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/_rels/workbook.xml.rels": _relations(
            [*(("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)), ("styles", "styles.xml")]
        ),
        "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" state="{"hidden" if name in hidden else "visible"}" r:id="rId{n}"/>'
            for n, name in enumerate(sheets, start=1)
        )
        + "</sheets></workbook>",
    }
    for number, rows in enumerate(sheets.values(), start=1):
        cells = "".join(
            f'<row r="{n}">' + "".join(_cell(value, f"{_letters(c)}{n}") for c, value in enumerate(row)) + "</row>"
            for n, row in enumerate(rows, start=1)
        )
        ranges = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f"<sheetData>{cells}</sheetData>{ranges}</worksheet>"
        )
    return zipped({name: text.encode() for name, text in parts.items()})


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a ZIP file of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def _relations(targets: list[tuple[str, str]]) -> str:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    inner = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}{of}" Target="{target}"/>'
        for n, (of, target) in enumerate(targets, start=1)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'
    )


def _letters(column: int) -> str:
    return chr(65 + column) if column < 26 else _letters(column // 26 - 1) + chr(65 + column % 26)


def _cell(value: Any, at: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, tuple) and value[0] == "date":
        return f'<c r="{at}" s="1"><v>{value[1]!r}</v></c>'
    if isinstance(value, tuple):
        return f'<c r="{at}" t="str"><f>A1&amp;"x"</f><v>{escape(value[1])}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{at}"><v>{value!r}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
