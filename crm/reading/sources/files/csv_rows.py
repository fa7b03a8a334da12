"""A CSV file into a staged table: by the engine where it is plainly written, line by line where it is not."""

from __future__ import annotations

import codecs
import io
from dataclasses import replace
from pathlib import Path

from leadq.crm.reading.sources.column_headings import common_width, name_columns
from leadq.crm.reading.sources.files.byte_facts import ByteFacts, facts_of
from leadq.crm.reading.sources.files.cell_texts import clean
from leadq.crm.reading.sources.files.csv_lines import open_lines, parse
from leadq.crm.reading.sources.files.csv_shape import CsvShape, find_shape
from leadq.crm.reading.sources.files.encodings import (
    FoundEncoding,
    error_handler,
    is_plain_utf8,
    look_for_encoding,
    undecodable,
    write_as_utf8,
)
from leadq.crm.reading.sources.files.footers import MOST_LINES, has_plain_first, without_footers
from leadq.crm.reading.sources.files.lines_to_table import LinesToTable, finished
from leadq.crm.reading.sources.files.opened_bytes import blocks, is_gzip, open_bytes
from leadq.crm.reading.sources.loaded_file import Loaded, Written, refused
from leadq.crm.storage.engine_paths import engine_path
from leadq.crm.storage.scratch_database import ROW, Connection, Relation, name, plan_for_columns, texts
from leadq.crm.storage.source_locations import FileFormat

_NO_REJECTS = 10_000_000
_SWALLOWING = ("UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM")
"""The engine's words for a cell that never ends: all lines after it are in it."""
_TAIL = 32_768
_FEW_MALFORMED = 1_000
_MOST_COLUMNS = 2_000


def stage_csv(
    connection: Connection, file: FileFormat, table: str, scratch: Path, *, take_likeliest: bool = False
) -> Loaded:
    """Stage a CSV file, plain or gzip, in any encoding and dialect.

    Raises
    ------
    FileProblem
        It is empty, its encoding is doubtful or wrong, or a quote is not closed.
    """
    encoding, notes, doubt = _encoding(file, take_likeliest=take_likeliest)
    path = file.path
    if not is_plain_utf8(encoding):
        path = scratch / f"{table}.csv"
        try:
            write_as_utf8(file.path, encoding, path)
        except UnicodeDecodeError as error:
            raise _not_text(file.path, encoding) from error
    try:
        loaded = _stage(connection, file, path, table, scratch, encoding)
    except UnicodeDecodeError as error:
        raise _not_text(file.path, encoding) from error
    finally:
        if path != file.path:
            path.unlink()
    return replace(loaded, notes=(*notes, *loaded.notes), written=replace(loaded.written, doubt=doubt))


def _stage(connection: Connection, file: FileFormat, path: Path, table: str, scratch: Path, encoding: str) -> Loaded:
    facts = facts_of(path)
    shape = find_shape(path, file, facts)
    if len(shape.headings) > _MOST_COLUMNS:
        remedy = "Export fewer columns, or name the right separator with separator in leadq.yaml."
        raise refused(file.path, f"must have at most {_MOST_COLUMNS:,} columns", f"{len(shape.headings):,}", remedy)
    loaded = _by_engine(connection, file.path, path, table, shape, facts) if _is_plain(path, shape, facts) else None
    if loaded is None:
        staging = LinesToTable(where=file.path, table=table, rows=shape.rows, heading=shape.heading)
        with open_lines(path, shape.dialect) as lines:
            loaded = staging.stage(connection, parse(lines, shape.dialect), scratch)
    dialect = shape.dialect
    written = Written(
        encoding=encoding,
        separator=dialect.separator,
        quote=dialect.quote if dialect.quote != '"' else None,
        quote_escape="\\" if dialect.backslash else None,
        header_line=shape.heading + 1 if shape.heading else None,
    )
    return replace(loaded, separator=dialect.separator, written=written, notes=(*_on_letters(facts), *loaded.notes))


def _encoding(file: FileFormat, *, take_likeliest: bool) -> tuple[str, list[str], str]:
    """Return the file's encoding, said or found, a note where it was inferred from the letters, and what is doubtful about it."""
    if file.encoding is not None:
        _must_not_be_utf8(file.path, file.encoding)
        return file.encoding, [], ""
    found = look_for_encoding(file.path)
    if take_likeliest and found.doubt:
        return found.codec, [], found.doubt
    if found.broken:
        remedy = (
            f"Fix that line, or set encoding: {found.codec} for it in leadq.yaml, which reads each broken byte as a sign for an "
            "unknown letter."
        )
        raise refused(file.path, "must be text in UTF-8 as most of it is", found.broken, remedy)
    if found.doubt:
        raise refused(file.path, "must be in an encoding that can be told", found.readings, _choices(found))
    if found.example:
        note = f"read in the encoding {found.codec}, found by its letters, such as {found.example[:60]!r}"
        return found.codec, [note], ""
    return found.codec, [], ""


def _must_not_be_utf8(path: Path, encoding: str) -> None:
    """Refuse UTF-8 that is to be read as another encoding: every letter beyond ASCII would become two wrong ones."""
    codec = codecs.lookup(error_handler(encoding)[0]).name
    if codec.startswith("utf") or all(block.isascii() for block in blocks(path)) or undecodable(path, "utf-8"):
        return
    remedy = "Set encoding: utf-8 for it in leadq.yaml, or leave encoding out."
    raise refused(path, f"must be text in {encoding}", "UTF-8", remedy)


def _choices(found: FoundEncoding) -> str:
    others = " or ".join(f"encoding: {codec}" for codec in found.others)
    return f"Set encoding: {found.codec} for it in leadq.yaml{f' (or {others})' if others else ', or the right one'}."


def _not_text(path: Path, encoding: str) -> Exception:
    found = look_for_encoding(path)
    remedy = f"Set encoding: {found.codec} for it in leadq.yaml, or leave encoding out."
    return refused(path, f"must be text in {encoding}", undecodable(path, encoding), remedy)


def _on_letters(facts: ByteFacts) -> list[str]:
    """Say which letters were spoilt before the file was written."""
    notes = []
    if facts.twice:
        notes.append(f"letters were spoilt before the export: {facts.twice}; export it again as UTF-8")
    if facts.lost:
        notes.append("some letters were lost before the export: the file has the sign \ufffd in their place")
    if facts.nuls:
        notes.append("zero bytes inside of values were left out")
    return notes


def _is_plain(path: Path, shape: CsvShape, facts: ByteFacts) -> bool:
    """Whether the engine reads the file as it is meant."""
    dialect = shape.dialect
    simple = dialect.quote == '"' and not (dialect.backslash or dialect.blank_before_quote)
    one_line = not any("\n" in cell or "\r" in cell for cell in shape.headings)
    as_wide = len(shape.headings) == (common_width(shape.body) or len(shape.headings))
    return (
        simple and one_line and as_wide and shape.heading == 0 and facts.plain_lines and not facts.nuls
        and not _has_footers(path, shape, facts)
    )  # fmt: skip


def _has_footers(path: Path, shape: CsvShape, facts: ByteFacts) -> bool:
    with open_bytes(path) as handle:
        handle.seek(max(facts.size - _TAIL, 0))
        lines = list(io.StringIO(handle.read().decode("utf-8", "ignore"), newline=""))
    width = len(shape.headings)
    whole = lines[1:] if facts.size > _TAIL else lines
    rows = [line.seen(width) for line in parse(whole, shape.dialect)][-MOST_LINES:]
    plain = has_plain_first(shape.body, width)
    kept = without_footers(rows, width=width, plain_first=plain)
    return any(any(row) for row in rows[kept:])


def _by_engine(
    connection: Connection, where: Path, path: Path, table: str, shape: CsvShape, facts: ByteFacts
) -> Loaded | None:
    """Stage a plainly written file; nothing where lines are shorter than the headings, which takes a look at each of them."""
    headings = name_columns(shape.headings)
    plan_for_columns(connection, len(headings.names))
    places = [f"c{place}" for place in range(len(headings.names))]
    rows = connection.read_csv(
        engine_path(path),
        header=True,
        sep=shape.dialect.separator,
        quotechar='"',
        escapechar='"',
        auto_detect=False,
        hive_partitioning=False,
        columns=dict.fromkeys(places, "VARCHAR"),
        compression="gzip" if is_gzip(path) else "none",
        store_rejects=True,
        rejects_table=f"malformed_{table}",
        rejects_scan=f"scans_{table}",
        rejects_limit=_NO_REJECTS,
    )
    cells = [f"{clean(place, facts)} AS {name(column)}" for place, column in zip(places, headings.names, strict=True)]
    rows.project(", ".join([f"1 + row_number() OVER () AS {ROW}", *cells])).create(table)
    bad = connection.table(f"malformed_{table}")
    if bad.filter("error_type = 'INVALID ENCODING'").limit(1).fetchall():
        raise _not_text(where, "utf-8")
    _must_end_its_cells(where, bad)
    if bad.filter("error_type = 'MISSING COLUMNS'").limit(1).fetchall():
        connection.execute(f"DROP TABLE {name(table)}")
        return None
    lines = bad.aggregate("line, min(error_message) AS why").order("line").fetchall()
    _count_malformed_rows(connection, table, [line for line, _ in lines])
    notes = finished(connection, table, headings.names, guarded=facts.guarded)
    return Loaded(
        table=table,
        columns=headings.names,
        malformed=tuple((line, why) for line, why in lines),
        notes=(*headings.notes, *notes),
    )


def _must_end_its_cells(path: Path, bad: Relation) -> None:
    """Refuse a file of which one cell holds the lines after it: they would be lost, and look like one bad row."""
    endless = bad.filter(
        f"error_type IN {texts(_SWALLOWING)} AND contains(trim(csv_line, chr(10) || chr(13)), chr(10))"
    )
    if found := endless.order("line").project("line, left(csv_line, 60)").limit(1).fetchall():
        line, start = found[0]
        remedy = 'Close the quote in that line (a quote inside a text is written ""); the lines after it are part of the cell.'
        shown = f"line {line}: {str(start).splitlines()[0]!r}"
        raise refused(path, "every quote must be closed", shown, remedy)


def _count_malformed_rows(connection: Connection, table: str, lines: list[int]) -> None:
    """Let row numbers count the malformed rows above them (while they are few; else the file is refused anyway)."""
    if not lines or len(lines) > _FEW_MALFORMED:
        return
    before = ", ".join(str(line - place) for place, line in enumerate(lines))  # rows above each, among the well-formed
    shift = f"len(list_filter([{before}], lambda above: above <= {ROW}))"
    connection.execute(f"UPDATE {name(table)} SET {ROW} = {ROW} + {shift}")  # noqa: S608 - numbers and a quoted name
