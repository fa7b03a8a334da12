"""A JSON file into a staged table: objects within an object become columns such as ``properties.closedate``, lists JSON texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.reading.sources.column_headings import name_columns
from leadq.crm.reading.sources.files.cell_texts import clean
from leadq.crm.reading.sources.files.encodings import look_for_encoding
from leadq.crm.reading.sources.files.json_objects import Object, objects_of_document, objects_of_lines
from leadq.crm.reading.sources.files.lines_to_table import finished
from leadq.crm.reading.sources.files.opened_bytes import private_file
from leadq.crm.reading.sources.loaded_file import Loaded, refused
from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path
from leadq.crm.storage.scratch_database import MAX_SHOWN, ROW, Connection, name
from leadq.crm.storage.source_locations import FileFormat

_BATCH = 20_000
_MOST_CELLS = 1_000_000
_MOST_COLUMNS = 2_000
_DEEPEST = 20
_PathTo = tuple[str, ...]


def stage_json(connection: Connection, file: FileFormat, table: str, scratch: Path, *, lines: bool) -> Loaded:
    """Stage JSON lines, or a JSON file with a list of objects.

    Raises
    ------
    FileProblem
        It is empty, damaged, holds no objects or several lists of them, or has more columns than a table.
    """
    encoding = file.encoding or look_for_encoding(file.path).codec
    rows = objects_of_lines(file.path, encoding) if lines else objects_of_document(file.path, encoding, file.sheet)
    staging = _Staging(where=file.path, stem=scratch / table)
    staging.write(rows)
    if not staging.files:
        if staging.malformed:
            remedy = "Write one object per line, or a list of objects; jq -c '.[]' makes the one of the other."
            raise refused(file.path, "must have JSON objects", f"row {staging.malformed[0][0]}: no object", remedy)
        raise refused(file.path, "must not be empty", "", "Export it again.")
    paths = [path for path in staging.columns if not staging.has_parts(path)]
    headings = name_columns([".".join(path) for path in paths])
    staged = connection.read_parquet(
        [engine_path(path) for path in staging.files], **(AS_IT_STANDS | {"union_by_name": True})
    )
    written = set(staged.columns)
    cells = []
    for path, column in zip(paths, headings.names, strict=True):
        staged_as = f"c{staging.columns[path]}"
        cells.append(f"{clean(staged_as) if staged_as in written else 'CAST(NULL AS VARCHAR)'} AS {name(column)}")
    staged.project(", ".join([name(ROW), *cells])).create(table)
    for path_written in staging.files:
        path_written.unlink()
    lists = [column for path, column in zip(paths, headings.names, strict=True) if path in staging.lists]
    notes = [*headings.notes, *finished(connection, table, headings.names)]
    if lists:
        notes.append(
            f"lists are read as texts: {', '.join(lists[:MAX_SHOWN])}{' ...' if len(lists) > MAX_SHOWN else ''}"
        )
    return Loaded(table=table, columns=headings.names, malformed=tuple(staging.malformed), notes=tuple(notes))


@dataclass(slots=True, kw_only=True)
class _Staging:
    """Objects on their way into Parquet files; a new file begins where a new column appears."""

    where: Path
    stem: Path
    columns: dict[_PathTo, int] = field(default_factory=dict)
    parents: set[_PathTo] = field(default_factory=set)
    filled: set[_PathTo] = field(default_factory=set)
    lists: set[_PathTo] = field(default_factory=set)
    malformed: list[tuple[int, str]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def has_parts(self, path: _PathTo) -> bool:
        """Whether the path is an object in some rows, and has no value of its own in any."""
        return path in self.parents and path not in self.filled

    def write(self, rows: Iterable[tuple[int, Object | None]]) -> None:
        """Write all objects, a batch after the other."""
        writer: pq.ParquetWriter | None = None
        written = 0
        try:
            for numbers, batch in self._batches(rows):
                if writer is None or len(self.columns) != written:
                    if writer is not None:
                        writer.close()
                    written = len(self.columns)
                    writer = self._open(written)
                arrays = [_array([row.get(path) for row in batch]) for path in self.columns]
                writer.write_batch(pa.record_batch([pa.array(numbers, pa.int64()), *arrays], schema=_schema(written)))
        finally:
            if writer is not None:
                writer.close()

    def _open(self, columns: int) -> pq.ParquetWriter:
        path = self.stem.with_name(f"{self.stem.name}.{len(self.files)}.parquet")
        private_file(path).close()
        self.files.append(path)
        return pq.ParquetWriter(path, _schema(columns), compression="snappy")

    def _batches(
        self, rows: Iterable[tuple[int, Object | None]]
    ) -> Iterator[tuple[list[int], list[dict[_PathTo, str | None]]]]:
        numbers: list[int] = []
        batch: list[dict[_PathTo, str | None]] = []
        for number, found in rows:
            if found is None:
                self.malformed.append((number, "no JSON object"))
                continue
            row: dict[_PathTo, str | None] = {}
            self._flatten(found, (), row)
            numbers.append(number)
            batch.append(row)
            if len(batch) >= max(min(_BATCH, _MOST_CELLS // max(len(self.columns), 1)), 1):
                yield numbers, batch
                numbers, batch = [], []
        if batch:
            yield numbers, batch

    def _flatten(self, found: Object, above: _PathTo, row: dict[_PathTo, str | None]) -> None:
        for key, value in found.items():
            path = (*above, key)
            if isinstance(value, dict) and value and len(path) < _DEEPEST:
                self.parents.add(path)
                self._flatten(value, path, row)
                continue
            if path not in self.columns:
                if len(self.columns) >= _MOST_COLUMNS:
                    remedy = "Write it as a list with one object per row ([{...}, {...}]); a key must mean the same in every row."
                    raise refused(
                        self.where, f"must have at most {_MOST_COLUMNS:,} columns", ".".join(path)[:60], remedy
                    )
                self.columns[path] = len(self.columns)
            if value is None or value in ("", {}):
                continue
            self.filled.add(path)
            row[path] = self._text(value, path)

    def _text(self, value: object, path: _PathTo) -> str:
        if isinstance(value, str):
            return value.replace("\0", "") if "\0" in value else value
        if isinstance(value, bool):
            return "true" if value else "false"
        self.lists.add(path)
        return json.dumps(value, ensure_ascii=False)


def _schema(columns: int) -> pa.Schema:
    return pa.schema([(ROW, pa.int64()), *((f"c{place}", pa.string()) for place in range(columns))])


def _array(values: list[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:  # half of a surrogate pair
        return pa.array([value and value.encode("utf-8", "replace").decode() for value in values], pa.string())
