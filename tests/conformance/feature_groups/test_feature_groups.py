"""What every feature group keeps, leadq's own and those of other packages: what it declares it computes, and always the same.

That nothing later than as-of changes a value stands in ``test_point_in_time.py``. Groups of installed packages are looked at as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.assemble import assemble, declare_all, look_at
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.engine.duckdb_engine import Tables, open_engine, open_tables
from leadq.features.groups.intent import find_kinds
from leadq.features.groups.plug_ins import LoadedGroup, installed_groups, load_named
from leadq.features.groups.protocol import FeatureContext, FeatureGroup
from leadq.features.groups.registry import BUILT_IN
from leadq.features.landmarks import training_points
from leadq.features.tonight import OpenLeads, tonight
from tests.conformance.feature_groups.plug_in_packages import on_the_path, write_package
from tests.conformance.feature_groups.small_company import AS_OF, EASY, company, manifest

pytestmark = pytest.mark.integration

EVERY_GROUP = pytest.mark.parametrize(
    "name", list(dict.fromkeys([*(one.name for one in BUILT_IN), "replies", *installed_groups()]))
)
PART_LEADS = 6
NEIGHBOURS = """
from dataclasses import replace
from leadq_replies import RepliesGroup

class Neighbours(RepliesGroup):
    name = "neighbours"

    def declare(self, context):
        return (replace(super().declare(context)[1], name="events_of_anybody"),)

    def compute(self, context):
        return context.points.select("point_id", events_of_anybody=context.tables.events.count().as_scalar())

GROUP = Neighbours()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A company looked at at its landmarks and tonight.

    Parameters
    ----------
    groups : dict of str to FeatureGroup
    declared : dict of str to tuple of Feature
        By group.
    computed : dict of str to DataFrame
        What each group computed at the landmarks, as it is.
    points : DataFrame
    assembled : DataFrame
        All groups at the landmarks, by lead and moment.
    shuffled, on_one_thread : DataFrame
        The same with points numbered in another order, and on one thread.
    whole, in_parts : DataFrame
        Tonight's leads at once and a few at a time.
    """

    groups: dict[str, FeatureGroup]
    declared: dict[str, tuple[Feature, ...]]
    computed: dict[str, pd.DataFrame]
    points: pd.DataFrame
    assembled: pd.DataFrame
    shuffled: pd.DataFrame
    on_one_thread: pd.DataFrame
    whole: pd.DataFrame
    in_parts: pd.DataFrame

    def columns(self, name: str) -> list[str]:
        return [one.name for one in self.declared[name]]


@pytest.fixture(scope="module")
def looked(
    replies_installed: Path,
    tmp_path_factory: pytest.TempPathFactory,
    write_history: Callable[..., History],
    agreement: Agreement,
) -> Looked:
    history = write_history(
        tmp_path_factory.mktemp("company"), with_a_lead_of_whom_nothing_is_known(company(2)), **manifest()
    )
    plug_ins = load_named(installed_groups())
    groups = {one.name: one for one in (*BUILT_IN, *(loaded.group for loaded in plug_ins))}
    with open_engine(threads=2) as backend:
        tables = open_tables(backend, history)
        catalogue = every_feature(tables, agreement, plug_ins)
        points = training_points(tables, EASY.ages_days)
        context = look_at(tables, points, agreement, catalogue)
        computed = {name: group.compute(context).to_pandas() for name, group in groups.items()}
        assembled = at_landmarks(context, catalogue)
        frame = points.to_pandas()
        order = np.random.default_rng(4).permutation(len(frame)) + 1000
        numbers = ibis.memtable({"old": frame["point_id"].to_numpy(), "point_id": order})
        renumbered = points.rename(old="point_id").inner_join(numbers, "old").drop("old")
        again = backend.create_table("renumbered", renumbered, temp=True)
        shuffled = at_landmarks(look_at(tables, again, agreement, catalogue), catalogue)
        whole = seen_tonight(backend, history, agreement, catalogue)
        in_parts = seen_in_parts(backend, history, agreement, catalogue)
    with open_engine(threads=1) as backend:
        tables = open_tables(backend, history)
        on_one_thread = at_landmarks(
            look_at(tables, training_points(tables, EASY.ages_days), agreement, catalogue), catalogue
        )
    return Looked(
        groups=groups,
        declared={name: group.declare(context.declaration) for name, group in groups.items()},
        computed=computed,
        points=frame,
        assembled=assembled,
        shuffled=shuffled,
        on_one_thread=on_one_thread,
        whole=whole,
        in_parts=in_parts,
    )


def with_a_lead_of_whom_nothing_is_known(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {**rows, "leads": [*rows["leads"], {"lead_id": NOBODY, "created_at": rows["leads"][0]["created_at"]}]}


NOBODY = "L98"


def every_feature(tables: Tables, agreement: Agreement, plug_ins: tuple[LoadedGroup, ...]) -> Catalogue:
    """Every feature that this history can give, also those that training leaves out because they never differ here."""
    history = tables.history
    catalogue = Catalogue(
        features=(),
        horizon_days=agreement.outcome.horizon_days,
        ages_days=EASY.ages_days,
        event_kinds=find_kinds(tables, EASY),
        tracked_since={name: since.isoformat() for name, since in history.tracked_since.items()},
        quarantined={},
        plug_ins=tuple(one.plug_in for one in plug_ins),
    )
    declaration = look_at(tables, tables.leads, agreement, catalogue).declaration
    return replace(catalogue, features=declare_all(declaration, plug_ins))


def at_landmarks(context: FeatureContext, catalogue: Catalogue) -> pd.DataFrame:
    table = assemble(context, catalogue)
    joined = context.points.select("point_id", "lead_id", "landmark").inner_join(table, "point_id").drop("point_id")
    frame: pd.DataFrame = joined.to_pandas()
    return frame.sort_values(["lead_id", "landmark"], ignore_index=True)


def seen_tonight(backend: Any, history: History, agreement: Agreement, catalogue: Catalogue) -> pd.DataFrame:
    leads = OpenLeads(history=history, agreement=agreement, catalogue=catalogue, as_of=AS_OF)
    frame: pd.DataFrame = pa.Table.from_batches(list(tonight(backend, leads))).to_pandas()
    return frame


def seen_in_parts(backend: Any, history: History, agreement: Agreement, catalogue: Catalogue) -> pd.DataFrame:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("leadq.features.tonight.PART_LEADS", PART_LEADS)
        return seen_tonight(backend, history, agreement, catalogue)


@EVERY_GROUP
def test_it_computes_what_it_declares_and_nothing_else(looked: Looked, name: str) -> None:
    declared = looked.columns(name)
    assert declared
    assert sorted(looked.computed[name].columns) == sorted(["point_id", *declared])
    assert len(set(declared)) == len(declared)


@EVERY_GROUP
def test_types_and_words_are_as_declared(looked: Looked, name: str) -> None:
    for feature in looked.declared[name]:
        values = looked.computed[name][feature.name]
        texts = [isinstance(value, str) for value in values.dropna()]
        assert all(texts) if feature.kind == "category" else not any(texts), feature.name
        assert feature.family
        assert feature.meaning.strip()
        assert feature.known_because.strip()
        assert feature.kind == "number" or feature.absent == "missing", feature.name


@EVERY_GROUP
def test_a_point_has_one_row_at_most(looked: Looked, name: str) -> None:
    points = looked.computed[name]["point_id"]
    assert points.is_unique
    assert set(points) <= set(looked.points["point_id"])
    assert len(points)


@EVERY_GROUP
def test_what_is_absent_is_zero_or_missing_as_the_feature_says(looked: Looked, name: str) -> None:
    computed = looked.points[["point_id", "lead_id", "landmark"]].merge(
        looked.computed[name], on="point_id", how="left"
    )
    computed = computed.sort_values(["lead_id", "landmark"], ignore_index=True)
    for feature in looked.declared[name]:
        absent = computed[feature.name].isna()
        assembled = looked.assembled[feature.name]
        if feature.absent == "zero":
            assert absent.any(), f"{feature.name}: nobody without a value"
            assert (assembled[absent] == 0).all(), feature.name
        else:
            assert assembled[absent].isna().all(), feature.name
        assert assembled[~absent].notna().all(), feature.name


@EVERY_GROUP
def test_neither_order_nor_threads_nor_parts_change_a_bit(looked: Looked, name: str) -> None:
    columns = looked.columns(name)
    assert looked.shuffled[columns].equals(looked.assembled[columns])
    assert looked.on_one_thread[columns].equals(looked.assembled[columns])
    assert len(looked.whole) > PART_LEADS, "one part holds all leads"
    assert looked.in_parts[columns].equals(looked.whole[columns])


def test_no_two_groups_have_a_feature_in_common(looked: Looked) -> None:
    names = [feature for name in looked.groups for feature in looked.columns(name)]
    assert len(set(names)) == len(names)


def test_durations_and_counts_of_one_source_differ_in_what_absence_means(looked: Looked) -> None:
    """What was guessed from a name before: hours are missing and a count is 0, both of events that never were."""
    (row,) = looked.whole[looked.whole["lead_id"] == NOBODY].to_dict("records")
    assert np.isnan(row["reply_hours"])
    assert row["reply_count_30d"] == 0
    assert not isinstance(row["reply_speed"], str)
    assert np.isnan(row["engagement_days_since"])
    assert row["engagement_count_7d"] == row["engagement_trend"] == 0


def test_a_catalogue_from_before_absence_was_said_means_what_it_meant(looked: Looked) -> None:
    """By source, family and name, as all code before decided it, for every feature of leadq's own groups."""
    own = tuple(feature for group in BUILT_IN for feature in looked.declared[group.name])
    catalogue = Catalogue(features=own, horizon_days=30, ages_days=(0,), tracked_since={}, quarantined={})
    document = json.loads(catalogue.to_json())
    for row in document["features"]:
        del row["absent"]
    assert {feature.absent for feature in own} == {"zero", "missing"}
    assert Catalogue.from_json(json.dumps(document)) == catalogue


@pytest.fixture
def neighbours(tmp_path: Path, replies_installed: Path) -> Iterator[None]:
    write_package(
        tmp_path / "site", "leadq-neighbours", "leadq_neighbours", NEIGHBOURS, {"neighbours": "leadq_neighbours:GROUP"}
    )
    with on_the_path(tmp_path / "site"):
        yield


def test_a_group_that_does_not_say_it_looks_across_leads_is_caught(
    tmp_path: Path, neighbours: None, write_history: Callable[..., History], agreement: Agreement
) -> None:
    history = write_history(tmp_path / "company", company(2), **manifest())
    with open_engine() as backend:
        catalogue = every_feature(open_tables(backend, history), agreement, load_named(("neighbours",)))
        catalogue = replace(catalogue, features=catalogue.features[-1:])
        whole = seen_tonight(backend, history, agreement, catalogue)
        in_parts = seen_in_parts(backend, history, agreement, catalogue)
    assert not in_parts["events_of_anybody"].equals(whole["events_of_anybody"])
