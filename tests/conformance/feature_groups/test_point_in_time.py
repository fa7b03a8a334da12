"""Promise 1 as a law, for every group, leadq's own and others: nothing later than as-of, by either clock, changes a feature.

Groups that installed packages bring are held to it as well: install yours beside leadq and run this folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.build_training_data import build_training_data
from leadq.features.catalogue import Catalogue
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.groups.plug_ins import installed_groups
from leadq.features.tonight import OpenLeads, tonight
from tests.conformance.feature_groups.plug_in_packages import on_the_path, write_package
from tests.conformance.feature_groups.small_company import (
    AS_OF,
    MANY,
    company,
    later_facts,
    manifest,
    side_by_side,
    trained_with,
    with_facts,
)

pytestmark = pytest.mark.integration

DISPLAY = {"owner", "source", "campaign"}
"""Shown as they stand now; no feature reads them."""
PEEKS = """
from dataclasses import replace
from leadq_replies import REPLIES, RepliesGroup

class Peeks(RepliesGroup):
    name = "peeks"

    def declare(self, context):
        return (replace(super().declare(context)[1], name="peek_count"),)

    def compute(self, context):
        events = context.tables.events
        replies = events.filter(events.kind.isin(REPLIES)).select("lead_id")
        seen = context.points.select("point_id", "lead_id").inner_join(replies, "lead_id")
        return seen.group_by("point_id").agg(peek_count=seen.count())

GROUP = Peeks()
"""
WriteHistory = Callable[..., History]


@pytest.fixture(scope="module")
def catalogue(
    replies_installed: Path, tmp_path_factory: pytest.TempPathFactory, write_history: WriteHistory, agreement: Agreement
) -> Catalogue:
    """Frozen at training, with every group there is; scoring any company with it obeys the law."""
    assert "replies" in installed_groups()
    return frozen(write_history(tmp_path_factory.mktemp("frozen"), company(1), **manifest()), agreement)


def frozen(history: History, agreement: Agreement) -> Catalogue:
    with open_engine() as backend:
        return build_training_data(backend, history, agreement, trained_with(*installed_groups())).catalogue


def known_at_as_of(backend: Any, history: History, agreement: Agreement, catalogue: Catalogue) -> pa.Table:
    """Everything that scoring would see at AS_OF, without what is only shown."""
    leads = OpenLeads(history=history, agreement=agreement, catalogue=catalogue, as_of=AS_OF)
    return pa.Table.from_batches(list(tonight(backend, leads))).drop_columns(sorted(DISPLAY))


def changed(one: pa.Table, two: pa.Table) -> list[str]:
    """Columns that differ in a bit, NaN being equal to NaN."""
    before, after = one.to_pandas(), two.to_pandas()
    assert list(before.columns) == list(after.columns)
    return [name for name in before.columns if not before[name].equals(after[name])]


@pytest.mark.law
@MANY
@given(companies=st.lists(st.tuples(st.integers(0, 10_000), later_facts()), min_size=8, max_size=8))
def test_nothing_later_than_as_of_changes_a_feature(
    tmp_path_factory: pytest.TempPathFactory,
    write_history: WriteHistory,
    agreement: Agreement,
    catalogue: Catalogue,
    companies: list[tuple[int, list[tuple[str, dict[str, Any]]]]],
) -> None:
    folder = tmp_path_factory.mktemp("law")
    rows = side_by_side([company(seed) for seed, _ in companies])
    before = write_history(folder / "before", rows, **manifest())
    rows = side_by_side([with_facts(company(seed), facts) for seed, facts in companies])
    after = write_history(folder / "after", rows, **manifest())
    with open_engine() as backend:
        one, two = (known_at_as_of(backend, history, agreement, catalogue) for history in (before, after))
    assert one.num_rows > 30
    assert changed(one, two) == []


def test_a_fact_before_as_of_does_change_features(
    tmp_path: Path, write_history: WriteHistory, agreement: Agreement, catalogue: Catalogue
) -> None:
    """The law is not blind: each group of events sees what was known in time."""
    fact = {"occurred_at": AS_OF - timedelta(hours=1), "known_at": AS_OF}
    found = _changed_by(tmp_path, write_history, agreement, catalogue, fact)
    assert {"reply_count_30d", "engagement_count_7d"} <= set(found)


@pytest.fixture
def catalogue_of_a_leaking_group(
    tmp_path: Path, replies_installed: Path, write_history: WriteHistory, agreement: Agreement
) -> Iterator[Catalogue]:
    write_package(tmp_path / "site", "leadq-peeks", "leadq_peeks", PEEKS, {"peeks": "leadq_peeks:GROUP"})
    with on_the_path(tmp_path / "site"):
        yield frozen(write_history(tmp_path / "frozen", company(1), **manifest()), agreement)


def test_a_group_that_looks_ahead_is_caught(
    tmp_path: Path, write_history: WriteHistory, agreement: Agreement, catalogue_of_a_leaking_group: Catalogue
) -> None:
    fact = {"occurred_at": AS_OF + timedelta(hours=1)}
    assert _changed_by(tmp_path, write_history, agreement, catalogue_of_a_leaking_group, fact) == ["peek_count"]


def _changed_by(
    folder: Path, write_history: WriteHistory, agreement: Agreement, catalogue: Catalogue, fact: dict[str, Any]
) -> list[str]:
    """Columns that differ once an open lead has replied."""
    rows = company(3)
    lead = next(row["lead_id"] for row in rows["leads"][4:] if row["created_at"] < AS_OF - timedelta(days=1))
    reply = {"lead_id": lead, "kind": "email_click", **fact}
    before = write_history(folder / "before", rows, **manifest())
    after = write_history(folder / "after", with_facts(rows, [("events", reply)]), **manifest())
    with open_engine() as backend:
        return changed(*(known_at_as_of(backend, history, agreement, catalogue) for history in (before, after)))
