"""A column that is read as a model's training read it, and whose values tonight are of another type."""

from __future__ import annotations

import json

import pytest

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from leadq.crm.reading.values.kept_readings import readings_from_document
from tests.crm.reading.conftest import SIMPLE, SourceFolder

_TRAINED = {
    "number": ("seats", ["12", "1400", "7", "30.5"]),
    "date": ("signed", ["31.01.2023", "14.02.2023", "15.03.2023"]),
    "flag": ("keen", ["Yes", "No", "No"]),
}
ROWS = 200


def _write(sources: SourceFolder, column: str, values: list[str]) -> None:
    leads = [f"L{i:03d},2024-01-{1 + i % 28:02d}T10:00:00Z,open,{values[i % len(values)]}" for i in range(ROWS)]
    sources.write("leads.csv", "\n".join([f"lead_id,created_at,status,{column}", *leads]) + "\n")


def _night(sources: SourceFolder, column: str, trained: list[str], tonight: list[str], config: str = SIMPLE) -> History:
    config += "time_zone: UTC\n"
    _write(sources, column, trained)
    manifest = json.loads((sources.read(config).folder / "history.json").read_text(encoding="utf-8"))
    _write(sources, column, tonight)
    return sources.read(config, reading=2, readings=readings_from_document(manifest["readings"]))


def _type(history: History, column: str) -> str:
    return str(next(field.type for field in history.own_fields if field.name == column))


@pytest.mark.parametrize(("kind", "column", "trained"), [(kind, *rest) for kind, rest in _TRAINED.items()])
def test_words_where_training_had_another_type_are_a_type_that_the_gate_sees(
    sources: SourceFolder, kind: str, column: str, trained: list[str]
) -> None:
    words = ["a dozen", "a hundred", "a few"]
    assert _type(_night(sources, column, trained, words), column) == "category"
    half = [*trained, *words]
    assert _type(_night(sources, column, trained, half), column) == "category"
    said = SIMPLE.replace("leads.csv}", f"leads.csv, own_fields: {{types: {{{column}: {kind}}}}}}}")
    assert _type(_night(sources, column, trained, words, said), column) == kind  # the remedy that the gate names


@pytest.mark.parametrize(("kind", "column", "trained"), [(kind, *rest) for kind, rest in _TRAINED.items()])
def test_a_stray_word_leaves_a_column_its_type_and_is_counted(
    sources: SourceFolder, kind: str, column: str, trained: list[str]
) -> None:
    values = [*(trained * ROWS)[: ROWS - 2], "a dozen", "a few"]
    history = _night(sources, column, trained, values)
    assert _type(history, column) == kind
    assert any(
        f"leads.{column}: 2 of 200 values are not {kind}s and count as unknown" in one
        for one in read_notes(history.folder)
    )
