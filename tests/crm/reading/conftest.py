"""A folder with source files and a leadq.yaml, read for real."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History, open_history
from leadq.crm.reading.ingest import read_history
from leadq.foundation.problems import LeadqError, Problem

READ_AT = datetime(2024, 7, 1, tzinfo=UTC)
LEADS = "lead_id,created_at,closed_at,status\n"
SIMPLE = """
sources:
  leads: {path: leads.csv}
outcome: {from: lead_columns, won: [won], lost: [lost]}
"""


def lead_rows(count: int) -> str:
    """A leads.csv of ``count`` good rows: won, lost and open in turn."""
    rows = []
    for place in range(count):
        status = ("won", "lost", "open")[place % 3]
        closed = "2024-03-05T09:00:00Z" if status != "open" else ""
        rows.append(f"L{place:04d},2024-01-{1 + place % 28:02d}T10:00:00Z,{closed},{status}")
    return LEADS + "\n".join(rows) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFolder:
    """Where a test puts its files."""

    path: Path

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def read(self, config: str, *, read_at: datetime = READ_AT, **options: Any) -> History:
        self.write("leadq.yaml", config)
        parsed = read_config(self.path / "leadq.yaml", environment=options.pop("environment", {}))
        read_history(parsed, folder=self.path / "history", read_at=read_at, **options)
        return open_history(self.path / "history")

    def problems(self, config: str, **options: Any) -> tuple[Problem, ...]:
        """Problems of a reading that must fail and leave nothing behind."""
        shutil.rmtree(self.path / "history", ignore_errors=True)
        with pytest.raises(LeadqError) as stopped:
            self.read(config, **options)
        assert sorted(path.name for path in self.path.iterdir() if "history" in path.name and path.is_dir()) == []
        for problem in stopped.value.problems:
            assert problem.where
            assert problem.rule
            assert problem.remedy
            assert len(problem.examples) <= 5
        return stopped.value.problems


@pytest.fixture
def sources(tmp_path: Path) -> SourceFolder:
    """An empty folder for source files."""
    return SourceFolder(path=tmp_path)


@pytest.fixture
def rows_of() -> Callable[[History, str], list[dict[str, Any]]]:
    """Rows of a table of a history as dicts."""

    def rows(history: History, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(history.path(table)).to_pylist()
        return found

    return rows
