"""A smallest .xlsx file, as a spreadsheet writes one: texts, shared texts and numbers in one or more sheets."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


def write_workbook(
    path: Path, rows: list[list[str]], *, numbers: bool = True, more: Mapping[str, list[list[str]]] | None = None
) -> None:
    """Write ``rows`` as the sheet Deals, and further sheets after it; ``numbers`` of under 12 digits become number cells."""
    sheets = {"Deals": rows, **(more or {})}
    texts: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        names = "".join(
            f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1)
        )
        packed.writestr(
            "xl/workbook.xml",
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="rId{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(sheets) + 1)
        )
        links += f'<Relationship Id="rId90" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        packed.writestr(
            "xl/_rels/workbook.xml.rels", f'{_HEAD}<Relationships xmlns="{_RELATIONS}">{links}</Relationships>'
        )
        top = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        packed.writestr("_rels/.rels", f'{_HEAD}<Relationships xmlns="{_RELATIONS}">{top}</Relationships>')
        for i, sheet in enumerate(sheets.values(), 1):
            packed.writestr(f"xl/worksheets/sheet{i}.xml", _sheet(sheet, texts, numbers=numbers))
        shared = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
        packed.writestr("xl/sharedStrings.xml", f'{_HEAD}<sst xmlns="{_MAIN}" count="{len(texts)}">{shared}</sst>')
        packed.writestr("[Content_Types].xml", _types(len(sheets)))


def _types(sheets: int) -> str:
    parts = [("xl/workbook.xml", "sheet.main"), ("xl/sharedStrings.xml", "sharedStrings")]
    parts += [(f"xl/worksheets/sheet{i}.xml", "worksheet") for i in range(1, sheets + 1)]
    named = "".join(f'<Override PartName="/{part}" ContentType="{_KIND}.{kind}+xml"/>' for part, kind in parts)
    usual = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return (
        f'{_HEAD}<Types xmlns="{_TYPES}">{usual}<Default Extension="xml" ContentType="application/xml"/>{named}</Types>'
    )


def _sheet(rows: list[list[str]], texts: dict[str, int], *, numbers: bool) -> str:
    lines = []
    for y, row in enumerate(rows, 1):
        cells = []
        for x, cell in enumerate(row):
            at = f"{_column(x)}{y}"
            if cell == "":
                continue
            if numbers and len(cell) < 12 and _NUMBER.fullmatch(cell) and y > 1:
                cells.append(f'<c r="{at}"><v>{cell}</v></c>')
            else:
                cells.append(f'<c r="{at}" t="s"><v>{texts.setdefault(cell, len(texts))}</v></c>')
        lines.append(f'<row r="{y}">{"".join(cells)}</row>')
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _column(place: int) -> str:
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name
