"""Scores into a folder: what changed, as Parquet and as CSV that no spreadsheet takes for formulas.

Each chunk is a folder of its own, ``000001-<run>-00000/scores.parquet`` and ``scores.csv``, there whole or not at all; a later one
holds the newer values of a lead. Numbers only grow, also where parts were taken on. A lead's id is written as it is or not at all:
one that a spreadsheet would run is refused by name, never changed. Leaves out who takes the parts on from there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.connectors.protocol import Chunk, RowOutcome, Step, TargetField, TargetRow, Value
from leadq.crm.storage.spreadsheet_cells import begins_a_formula, may_run
from leadq.foundation.atomic_files import new_folder, write_text
from leadq.foundation.problems import LeadqError, Problem

KEY = "lead_id"
HIGHEST = ".leadq-highest"
"""A file with the highest number that a part ever had."""
_PART = re.compile(r"(\d{6,})-(.+)-(\d{5,})")


@dataclass(slots=True, kw_only=True)
class FileTarget:
    """A folder that takes scores.

    Parameters
    ----------
    name : str
        As in ``leadq.yaml``.
    folder : Path
        Made where there is none.
    """

    name: str
    folder: Path
    chunk_rows: int = 50_000
    fields: tuple[TargetField, ...] = ()

    def check(self, fields: Sequence[TargetField]) -> None:
        """Make the folder.

        Raises
        ------
        LeadqError
            It cannot be made, or is a file.
        """
        self.fields = tuple(fields)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            remedy = "Under deliver in leadq.yaml, name a folder that leadq can write to."
            problem = Problem(
                where=str(self.folder), rule="must be a folder", value=error.strerror or "", remedy=remedy
            )
            raise LeadqError(problem) from error

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - a folder refuses no lead
        """Return nothing."""
        return {}

    def step(self, chunk: Chunk, remote: Mapping[str, str | int | float | None] | None) -> Step:  # noqa: ARG002
        """Write the chunk; the same chunk again takes its own place."""
        taken = [row for row in chunk.rows if not may_run(row.key)]
        if taken:
            self._write(chunk, taken)
        return Step(outcomes=tuple(_outcome(row.key) for row in chunk.rows))

    def _write(self, chunk: Chunk, rows: Sequence[TargetRow]) -> None:
        place = self._place(chunk)
        write_text(self.folder / HIGHEST, place.name.partition("-")[0] + "\n")
        with new_folder(place) as folder:
            pq.write_table(self._table(rows), folder / "scores.parquet")
            with (folder / "scores.csv").open("w", encoding="utf-8", newline="") as handle:
                writer = csv.writer(handle, lineterminator="\n")
                writer.writerow([KEY, *(field.name for field in self.fields)])
                for row in rows:
                    writer.writerow([row.key, *(_cell(row.values.get(field.name)) for field in self.fields)])

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """Return the newest values of each lead; a part that is damaged, or half taken on, holds nothing."""
        wanted = set(keys)
        found: dict[str, Mapping[str, Value]] = {}
        for _, path in sorted(self._parts(), reverse=True):
            if not wanted:
                break
            try:
                rows = pq.read_table(
                    path / "scores.parquet",
                    columns=[KEY, *names],
                    filters=pc.field(KEY).isin(pa.array(sorted(wanted), pa.string())),
                    partitioning=None,
                )
            except (OSError, pa.ArrowException):
                continue
            for row in rows.to_pylist():
                key = row.pop(KEY)
                found[key] = row
                wanted.discard(key)
        return found

    def _parts(self) -> list[tuple[int, Path]]:
        matches = ((_PART.fullmatch(path.name), path) for path in self.folder.iterdir())
        return [(int(match[1]), path) for match, path in matches if match is not None]

    def _place(self, chunk: Chunk) -> Path:
        """Return the chunk's folder: the one it has, else the next."""
        ending = f"-{chunk.run_id}-{chunk.number:05d}"
        parts = self._parts()
        own = next((path for _, path in parts if path.name.endswith(ending)), None)
        highest = max((number for number, _ in parts), default=0)
        return own or self.folder / f"{max(highest, self._highest()) + 1:06d}{ending}"

    def _highest(self) -> int:
        try:
            return int((self.folder / HIGHEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or somebody wrote in it: the parts say it
            return 0

    def _table(self, rows: Sequence[TargetRow]) -> pa.Table:
        schema = pa.schema(
            [
                (KEY, pa.string()),
                *((field.name, pa.float64() if field.kind == "number" else pa.string()) for field in self.fields),
            ]
        )
        return pa.Table.from_pylist([{KEY: row.key, **row.values} for row in rows], schema=schema)


def _cell(value: Value) -> str:
    """Return a cell; a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return f"'{value}" if begins_a_formula(value) else value


def _outcome(key: str) -> RowOutcome:
    if not may_run(key):
        return RowOutcome(key=key, state="ok")
    return RowOutcome(
        key=key,
        state="rejected",
        code="FORMULA",
        text="a spreadsheet would run this id as a formula, and an id is never changed; give the lead another id",
    )
