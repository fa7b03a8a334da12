"""A name is only a name: features, leak checks and the gate give under hostile headings what they give under plain ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.contract.crm_tables import ACCOUNTS, LEADS
from leadq.crm.contract.history import History, OwnField
from leadq.crm.gate.judge import check_rules
from leadq.crm.gate.profile_fields import profile_fields
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.feature_settings import FeatureSettings
from leadq.features.leak_checks.closed_leads import read_closed_leads, read_fields
from leadq.features.leak_checks.filled_when_closed import _presence
from leadq.features.leak_checks.moments import late_facts, sample_looks
from leadq.features.tonight import OpenLeads, tonight
from leadq.pipelines.report.segment_fields import values_of
from tests.pipelines.names.hostile_names import ALL

pytestmark = pytest.mark.acceptance

READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = 130
TYPES = {"category": pa.string(), "number": pa.float64(), "date": pa.timestamp("us", tz="UTC"), "flag": pa.bool_()}
SETTINGS = FeatureSettings(ages_days=(0, 7), min_wins_at_age=1, min_rows_of_value=1)
Write = Callable[..., History]


def company(write_history: Write, folder: Path, names: list[str]) -> History:
    """Write leads and accounts with an own column a name, every kind in turn; some are changed later, which is recorded."""
    draw = np.random.default_rng(3)
    kinds = dict(zip(names, tuple(TYPES) * len(names), strict=False))

    def value(kind: str) -> Any:
        number = float(draw.random())
        return {
            "category": "abc"[int(number * 3)],
            "number": round(number, 3),
            "date": READ_AT - timedelta(days=900 * number),
            "flag": number > 0.5,
        }[kind]

    def own(kept: float) -> dict[str, Any]:
        values = {name: value(kind) for name, kind in kinds.items()}
        return {name: one if draw.random() < kept else None for name, one in values.items()}

    accounts = [{"account_id": f"A{place}", "industry": "x", **own(0.9)} for place in range(20)]
    leads, outcomes, changes = [], [], []
    for place in range(COUNT):
        created = READ_AT - timedelta(days=200 - place)
        leads.append({"lead_id": f"L{place:03d}", "created_at": created, "account_id": f"A{place % 20}", **own(0.8)})
        if place < 100:
            outcome = "won" if draw.random() < 0.5 else "lost"
            outcomes.append(
                {"lead_id": f"L{place:03d}", "occurred_at": created + timedelta(days=10), "outcome": outcome}
            )
        changed = names[place % len(names)]
        changes.append(
            {
                "entity": "lead", "entity_id": f"L{place:03d}", "field": changed, "changed_at": created + timedelta(days=3),
                "old_value": {"category": "a", "number": "0.5", "date": "2024-05-01T00:00:00Z", "flag": "true"}[kinds[changed]],
            }
        )  # fmt: skip
    fields = tuple(
        OwnField(entity=entity, name=name, type=kind)  # type: ignore[arg-type]
        for entity in ("lead", "account")
        for name, kind in kinds.items()
    )
    typed = {name: TYPES[kind] for name, kind in kinds.items()}
    since = {f"lead.{name}": READ_AT - timedelta(days=300) for name in names[::2]}
    rows = {"leads": leads, "accounts": accounts, "outcomes": outcomes, "field_history": changes}
    return write_history(
        folder, rows, own_fields=fields, own_types={"leads": typed, "accounts": typed}, tracked_since=since, read_at=READ_AT
    )  # fmt: skip


def everything(history: History, agreement: Agreement, names: list[str]) -> list[Any]:
    """What every reader of own columns makes of them, without their names."""
    with open_engine(threads=1) as backend:
        data = build_training_data(backend, history, agreement, SETTINGS)
        leads = OpenLeads(history=history, agreement=agreement, catalogue=data.catalogue, as_of=READ_AT)
        shown = pa.Table.from_batches(list(tonight(backend, leads)))
        closed = read_closed_leads(backend, history)
        fields = [values.to_list() for _, values in read_fields(backend, history, closed)]
        presence = _presence(backend, history, frozenset())
        looks = sample_looks(data, seed=1, rows=20)
        late = late_facts(open_tables(backend, history), data, looks, agreement)
    counted = profile_fields(history)
    return [
        data.features.tobytes(),
        [column.to_pylist() for column in shown.columns],
        repr(fields),
        sorted(presence.values()),
        (late.occurred, late.known),
        [(one.missing, one.shares, one.known, one.up_to) for one in counted],
        [(one.rows, one.violations, one.kept) for one in check_rules(history).results],
        [values_of(history, f"{table}.{name}", ["L001", "L002", "L129"]) for table in ("leads", "accounts") for name in names],
    ]  # fmt: skip


def plain(names: list[str]) -> list[str]:
    """As many names of letters and digits that are in the same order."""
    order = {name: place for place, name in enumerate(sorted(names))}
    return [f"Field{order[name]:03d}" for name in names]


def headings() -> list[str]:
    """The list, and words of any signs, in any order.

    What no reader lets through is left out: names of the contract's, and of two that differ by the case of letters only the first.
    """
    draw = random.Random(7)
    signs = [chr(code) for code in (*range(32, 127), *range(0xA1, 0x600), *range(0x3040, 0x30FF), 0x1F600)]
    drawn = ["".join(draw.choices(signs, k=draw.randrange(1, 12))) for _ in range(40)]
    contract = {*LEADS.names, *ACCOUNTS.names}
    names = [name for name in {name.lower(): name for name in (*ALL, *drawn)}.values() if name.lower() not in contract]
    return draw.sample(names, len(names))


def same_under_plain_names(write_history: Write, folder: Path, agreement: Agreement, names: list[str]) -> None:
    hostile = everything(company(write_history, folder / "source=a" / "b*[c]?", names), agreement, names)
    called = everything(company(write_history, folder / "plain", plain(names)), agreement, plain(names))
    for one, other in zip(hostile, called, strict=True):
        assert one == other


def test_a_name_is_only_a_name(tmp_path: Path, write_history: Write, agreement: Agreement) -> None:
    worst = [
        "Employees\n(FTE)",
        "renewal_at",
        "created_us",
        "key",
        "position",
        "is_closed",
        "a|b",
        "a.b",
        "signed",
        "signed_us",
    ]
    same_under_plain_names(write_history, tmp_path, agreement, worst)


@pytest.mark.parametrize("part", range(6))
def test_every_name_is_only_a_name(tmp_path: Path, write_history: Write, agreement: Agreement, part: int) -> None:
    same_under_plain_names(write_history, tmp_path, agreement, headings()[part::6])
