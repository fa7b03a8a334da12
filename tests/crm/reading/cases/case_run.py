"""The commands of a shared case, run in this process, and what comes of them."""

from __future__ import annotations

import csv
import io
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from typer.testing import CliRunner

from leadq.crm.reading.ingest import read_notes
from leadq.pipelines.cli.main import app
from tests.crm.reading.cases.expectations import Case
from tests.crm.reading.generator.comparison import folded


@dataclass(frozen=True, slots=True)
class Said:
    """Exit code and all words of a command."""

    code: int
    words: str


def leadq(*arguments: str) -> Said:
    """Run ``leadq`` with these arguments; a refusal's words are those of the error."""
    result = CliRunner().invoke(app, list(arguments))
    failed = result.exception if not isinstance(result.exception, SystemExit | None) else None
    code = getattr(failed, "exit_code", 1) if failed else result.exit_code
    assert failed is None or hasattr(failed, "problems"), f"{arguments}: {failed!r}"
    return Said(code, result.output + (f"\n{failed}" if failed else ""))


def notes(project: Path) -> str:
    """Return what reading noted."""
    return "\n".join(read_notes(project / "work" / "history"))


def verified(folder: Path, *arguments: str) -> Said:
    """Run the case's verify.py on project ``p``."""
    heard = io.StringIO()
    with _arguments("verify.py", *arguments), redirect_stdout(heard):
        try:
            runpy.run_path(str(folder / "verify.py"), run_name="__main__")
        except SystemExit as done:
            return Said(int(done.code or 0), heard.getvalue())
    raise AssertionError("verify.py ends with an exit code")


@contextmanager
def _arguments(*arguments: str) -> Iterator[None]:
    before, sys.argv = sys.argv, list(arguments)
    try:
        yield
    finally:
        sys.argv = before


def leads_of(project: Path) -> dict[str, dict[str, Any]]:
    """Return the leads of a history by id."""
    return {row["lead_id"]: row for row in pq.read_table(project / "work/history/leads.parquet").to_pylist()}


def cells(folder: Path, case: Case) -> dict[str, dict[str, str]]:
    """Return the cells of the case's input by id; ids as the truth has them."""
    raw = (folder / case.source).read_bytes().decode(case.encoding)
    held = io.StringIO(raw, newline="")
    for _ in range(case.skipped):
        held.readline()
    options = {"escapechar": "\\", "doublequote": False} if case.backslash else {}
    rows = csv.DictReader(held, delimiter=case.delimiter, **options)  # type: ignore[arg-type]
    found = {}
    for row in rows:
        key = str(row[case.key]).strip()
        found[key.removeprefix('="').removesuffix('"')] = {
            " ".join(head.split()): str(cell) for head, cell in row.items() if head
        }
    return found


def column_of(row: dict[str, Any], heading: str) -> str | None:
    """Return the name under which a heading was taken: its own, or leadq's column source."""
    alike = [column for column in row if folded(column) == folded(heading)]
    return alike[0] if alike else "source" if row.get("source") is not None else None
