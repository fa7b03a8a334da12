"""Broken files and settings end in a LeadqError or a history; no traceback, no hang, no memory beyond a gigabyte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crm.reading.fuzz import reader
from tests.crm.reading.fuzz.mutations import broken_file
from tests.crm.reading.fuzz.run import Fuzzed, fuzz


def test_five_seconds_of_broken_files_are_read_or_refused() -> None:
    found = fuzz(first_seed=1, seconds=5, processes=1)
    assert not found.faults, "\n".join(found.faults)
    assert found.counts["refused"] > 0


@pytest.mark.acceptance
def test_ten_minutes_of_broken_files_are_read_or_refused() -> None:
    found = fuzz(first_seed=50_000_000, seconds=600, processes=2)
    assert not found.faults, "\n".join(found.faults)


def test_another_error_than_ours_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(path: Path) -> str:
        raise IndexError(path)

    monkeypatch.setattr(reader, "propose_mapping", crash)
    found = Fuzzed()
    assert found.add(reader.one(1, tmp_path), 0.0) or found.most_memory_mb > reader.MOST_MEMORY_MB
    assert "IndexError" in found.faults[0]


def test_the_same_seed_breaks_the_same_file(tmp_path: Path) -> None:
    written = []
    for at in ("a", "b"):
        (tmp_path / at).mkdir()
        path, how = broken_file(4, tmp_path / at)
        written.append((path.name, how, path.read_bytes() if path.suffix not in (".zip", ".xlsx") else b""))
    assert written[0] == written[1]
