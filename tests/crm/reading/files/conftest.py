"""Files of a made-up export, and their reading by the present loader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadq.crm.reading.sources.loaded_file import FileProblem, Loaded
from leadq.crm.reading.sources.source_files import load
from leadq.crm.storage.scratch_database import open_engine
from leadq.crm.storage.source_locations import Place
from leadq.foundation.problems import Problem

Rows = list[dict[str, Any]]
Read = Callable[..., tuple[Loaded, Rows]]
Refused = Callable[..., Problem]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a file with the settings of leadq.yaml: how it was loaded, and its rows without their numbers."""

    def reading(path: Path | list[Path], **settings: Any) -> tuple[Loaded, Rows]:
        written = [str(one) for one in path] if isinstance(path, list) else str(path)
        place = Place.model_validate({"path": written, **settings})
        assert place.path is not None
        scratch = tmp_path / "scratch"
        with open_engine(scratch) as connection:
            loaded = load(connection, place.as_file(place.path), "raw_leads", scratch=scratch)
            staged = connection.table("raw_leads").order("_leadq_row")
            left = {one.name for one in scratch.iterdir()} - {"reading.duckdb", "reading.duckdb.wal", "spill"}
            assert not left, "nothing that was written on the way stays"
            rows = [dict(zip(staged.columns, row, strict=True)) for row in staged.fetchall()]
        return loaded, rows

    return reading


@pytest.fixture
def refused(read: Read) -> Refused:
    """Read a file that must be refused: the Problem."""

    def reading(path: Path | list[Path], **settings: Any) -> Problem:
        with pytest.raises(FileProblem) as stopped:
            read(path, **settings)
        return stopped.value.problem

    return reading
