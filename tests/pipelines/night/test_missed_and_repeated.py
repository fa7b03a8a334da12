"""What changed since the night before stays right when a night is missed or repeated, a lead asked for, a model promoted or taken back."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.score_table import MOVES
from leadq.foundation.problems import StoreError
from leadq.models.bundle.bundle import Bundle, keep_bundle
from leadq.models.fit.anchor import Anchor
from leadq.models.live.live_models import models_folder, promote, put_challenger, rollback
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.earlier_runs import previous_facts, previous_scores
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project
from leadq.pipelines.quarter.anchor import reanchored
from leadq.pipelines.store.run_manifest import Run
from leadq.pipelines.store.snapshots import rests_on, snapshot_of
from tests.shared_company import CompanyCopy, live_bundle, read_once

pytestmark = pytest.mark.integration

Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """Runs by when they were: ``thursday``, nothing on Friday, ``saturday``, on Sunday one lead and twice all, and Monday.

    From Monday on another model scores: on Tuesday with another anchor, on Wednesday with a third, on Thursday with its own again.
    """

    project: Project
    bundle: Bundle
    runs: dict[str, Run]

    def rows(self, name: str) -> Rows:
        table = pq.read_table(self.project.store.table(self.runs[name].scores))
        return {row["lead_id"]: row for row in table.to_pylist()}

    def moves(self, name: str) -> Rows:
        table = pq.read_table(self.project.store.table(self.runs[name].moves))
        assert table.schema.equals(MOVES)
        return {row["lead_id"]: row for row in table.to_pylist()}


def anchored(bundle: Bundle, shift: float) -> Bundle:
    """The bundle as ``leadq anchor`` would leave it, with its base moved by ``shift``."""
    found = Anchor(shift=bundle.calibrator.anchor + shift, window=182.0, leads=400, wins=60, expected=80.0)
    return reanchored(bundle, found, read_at="2026-10-01")


def go_live(project: Project, bundle: Bundle) -> str:
    folder = project.store.folder
    version, _ = keep_bundle(bundle, models_folder(folder))
    put_challenger(version, store=folder, now=project.now, why="a test")
    promote(version, store=folder, now=project.now, because="a test", by="head of sales")
    return version


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory, company_copy: CompanyCopy) -> Iterator[Nights]:
    folder = tmp_path_factory.mktemp("nights") / "company"
    with read_once():
        yield make_nights(company_copy(folder))
    shutil.rmtree(folder)


def make_nights(project: Project) -> Nights:
    bundle = live_bundle(project)
    assert bundle.kind == "booster"
    monday = project.now.replace(hour=2, minute=0, second=0, microsecond=0) - timedelta(days=4)
    runs: dict[str, Run] = {}

    def night(name: str, as_of: datetime, lead_id: str = "") -> None:
        told = score(project, silent, as_of=as_of, lead_id=lead_id)
        run = project.store.committed(told.facts["run_id"])
        assert run is not None
        runs[name] = run

    night("thursday", monday - timedelta(days=4))
    night("saturday", monday - timedelta(days=2))
    thursday, saturday = (
        pq.read_table(project.store.table(runs[name].scores), filters=[("status", "=", "scored")])
        for name in ("thursday", "saturday")
    )
    known = saturday.filter(pc.is_in(saturday["lead_id"], thursday["lead_id"])).sort_by("age_days")
    young = known["lead_id"][5].as_py()  # open in every night, and not too old on Sunday
    sunday = monday - timedelta(days=1)
    night("asked", sunday - timedelta(hours=1), lead_id=young)
    night("sunday", sunday)
    night("again", sunday + timedelta(hours=2))
    other = replace(bundle, calibrator=replace(bundle.calibrator, slope=bundle.calibrator.slope * 1.2), version="")
    other = replace(other, version=go_live(project, other))
    night("monday", monday)
    first, second = (anchored(other, shift) for shift in (-0.4, 0.4))
    go_live(project, first)
    night("anchored", monday + timedelta(days=1))
    go_live(project, second)
    night("anchored otherwise", monday + timedelta(days=2))
    for _ in (second, first):
        rollback(store=project.store.folder, now=project.now, why="a test", by="head of sales")
    night("taken back", monday + timedelta(days=3))
    return Nights(project=project, bundle=other, runs=runs)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("saturday", "thursday"),
        ("asked", "saturday"),
        ("sunday", "saturday"),
        ("again", "saturday"),
        ("monday", "again"),
        ("anchored", "monday"),
        ("anchored otherwise", "anchored"),
        ("taken back", "anchored otherwise"),
    ],
)
def test_a_night_compares_with_the_night_before(nights: Nights, name: str, before: str) -> None:
    now, then = nights.rows(name), nights.rows(before)
    compared = 0
    for lead_id, row in now.items():
        if row["status"] != "scored":
            continue
        earlier = then.get(lead_id)
        assert row["previous_probability"] == (earlier and earlier["probability"]), lead_id
        if row["previous_probability"] is None:
            assert row["changed"] is None
            continue
        parts = math.fsum(part[cause] for part in row["changed"] for cause in ("lead", "model", "anchor"))
        odds = [math.log(one["probability"] / (1 - one["probability"])) for one in (row, earlier)]
        assert parts == pytest.approx(odds[0] - odds[1], abs=1e-9)
        compared += 1
    assert compared == 1 if name == "asked" else compared > 20


@pytest.mark.parametrize(("name", "before"), [("saturday", "thursday"), ("again", "saturday"), ("monday", "again")])
def test_moves_are_the_leads_in_another_tier_than_the_night_before(nights: Nights, name: str, before: str) -> None:
    now, then = nights.rows(name), nights.rows(before)
    tiers = {lead: (then[lead]["tier"], row["tier"]) for lead, row in now.items() if lead in then}
    expected = {lead: pair for lead, pair in tiers.items() if None not in pair and pair[0] != pair[1]}
    moves = nights.moves(name)
    assert {lead: (move["from_tier"], move["to_tier"]) for lead, move in moves.items()} == expected
    run = nights.runs[name]
    assert run.counts["moves"]["rows"] == len(expected)
    assert {move["previous_as_of"] for move in moves.values()} <= {nights.runs[before].inputs.as_of}
    assert all(len(move["sentence"]) <= 100 for move in moves.values())


def test_on_the_night_after_a_promotion_lead_and_model_are_told_apart(nights: Nights) -> None:
    rows, run = nights.rows("monday"), nights.runs["monday"]
    assert run.counts["lead_and_model_not_split"] == 0
    parts = [part for row in rows.values() for part in row["changed"] or []]
    assert sum(part["model"] != 0 for part in parts) > 100
    assert sum(part["lead"] != 0 for part in parts) > 100, "leads were two days older, and some did something"
    assert {part["lead"] for part in parts if part["family"] == "base"} <= {0.0}
    causes = {move["cause"] for move in nights.moves("monday").values()}
    assert "model" in causes
    assert causes <= {"lead", "model", "rule"}


@pytest.mark.parametrize(("name", "shift"), [("anchored", -0.4), ("anchored otherwise", 0.8), ("taken back", -0.4)])
def test_another_anchor_of_the_same_model_is_no_new_model(nights: Nights, name: str, shift: float) -> None:
    """Whichever comes after which: anchored, anchored otherwise, rolled back to the root of both."""
    run = nights.runs[name]
    parts = [part for row in nights.rows(name).values() for part in row["changed"] or []]
    assert {part["model"] for part in parts} == {0.0}
    bases = [part["anchor"] for part in parts if part["family"] == "base"]
    assert len(bases) > 20
    assert bases == pytest.approx([shift] * len(bases))
    assert run.counts["lead_and_model_not_split"] == 0
    causes = {move["cause"] for move in nights.moves(name).values()}
    assert "anchor" in causes
    assert causes <= {"anchor", "lead", "rule"}


def test_a_former_bundle_that_is_gone_keeps_no_night_from_being_scored(nights: Nights) -> None:
    run, store = nights.runs["taken back"], nights.project.store
    former = models_folder(store.folder) / nights.runs["anchored otherwise"].inputs.bundle_version
    known = previous_scores(nights.project, run.inputs, nights.bundle)
    assert known is not None
    assert known.reanchored == {former.name}
    assert previous_facts(nights.project, run.inputs, nights.bundle) is None, "nothing is scored twice"
    former.rename(former.with_suffix(".away"))
    try:
        unknown = previous_scores(nights.project, run.inputs, nights.bundle)
    finally:
        former.with_suffix(".away").rename(former)
    assert unknown == replace(known, reanchored=frozenset())


def test_a_run_that_is_named_and_gone_is_said(nights: Nights) -> None:
    run, store = nights.runs["taken back"], nights.project.store
    manifest = store.manifest_path(nights.runs["anchored otherwise"].run_id)
    text = manifest.read_bytes()
    manifest.unlink()
    try:
        with pytest.raises(StoreError, match="a run that other runs depend on must be kept"):
            previous_scores(nights.project, run.inputs, nights.bundle)
    finally:
        manifest.write_bytes(text)


def test_runs_know_how_far_to_look_back(nights: Nights) -> None:
    runs = nights.runs
    named = {run.run_id: name for name, run in runs.items()}
    back = {name: [named[one] for one in run.inputs.previous_runs] for name, run in runs.items()}
    assert back == {
        "thursday": [],
        "saturday": ["thursday"],
        "asked": ["saturday"],
        "sunday": ["asked", "saturday"],
        "again": ["sunday", "asked", "saturday"],
        "monday": ["again"],
        "anchored": ["monday"],
        "anchored otherwise": ["anchored"],
        "taken back": ["anchored otherwise"],
    }
    chain = [named[run.run_id] for run in rests_on(nights.project.store, runs["monday"].run_id)]
    assert chain == ["monday", "again", "sunday", "asked", "saturday", "thursday"]


def test_what_was_known_is_given_back_for_every_run(nights: Nights) -> None:
    store = nights.project.store
    ages = {}
    for name, run in nights.runs.items():
        lead = next(iter(nights.rows("asked")))
        ages[name] = snapshot_of(store, lead, run.run_id).column("age_days")[0].as_py()
        assert ages[name] == nights.rows(name)[lead]["age_days"]
    assert len(set(ages.values())) == len(ages)


def test_the_same_run_again_writes_the_same_bytes(nights: Nights) -> None:
    store, run = nights.project.store, nights.runs["taken back"]
    files = [
        store.table(run.scores),
        store.table(run.moves),
        store.table(run.snapshot),
        store.manifest_path(run.run_id),
    ]
    before = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    told = score(nights.project, silent, as_of=run.inputs.as_of)
    assert told.facts["moves"] == run.counts["moves"]
    assert ("Changed tier since the last score" in told.words) == (run.counts["moves"]["rows"] > 0)
    assert [path.read_bytes() for path in files] == before


def test_unchanged_leads_keep_their_sentences(nights: Nights) -> None:
    """Between two looks of one night little changes: what does not, is said alike."""
    first, second = nights.rows("sunday"), nights.rows("again")
    alike = 0
    for lead_id, row in second.items():
        before = first.get(lead_id)
        if row["status"] == "scored" and before and before["contributions"] == row["contributions"]:
            for side in ("reasons_for", "reasons_against"):
                old = [(one["family"], one["driving_values"]) for one in before[side]]
                new = [(one["family"], one["driving_values"]) for one in row[side]]
                if old == new:
                    assert [one["sentence"] for one in before[side]] == [one["sentence"] for one in row[side]]
                    alike += 1
    assert alike > 20
