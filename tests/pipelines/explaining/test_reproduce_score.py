"""Past scores come out again to the last bit, or it is said what is damaged; ``leadq explain`` says where its score comes from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.read import parse_agreement
from leadq.foundation.problems import StoreError, UsageError
from leadq.models.bundle.bundle import Bundle, keep_bundle, read_bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.bundle.past_leads import past_leads_path
from leadq.models.live.live_models import bundle_folder, models_folder
from leadq.pipelines.cli import main as cli
from leadq.pipelines.console.progress import silent
from leadq.pipelines.explaining.explain import AFRESH, explain
from leadq.pipelines.explaining.explanation import Files
from leadq.pipelines.explaining.reproduce_score import PastScores, agreement_then, told_then
from leadq.pipelines.night.score import score
from leadq.pipelines.night.scoring_context import scoring_run
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run
from leadq.pipelines.store.snapshots import snapshot_of
from leadq.pipelines.store.store import Store
from leadq.serving.scoring.reasons.reason_choice import PER_SIDE
from leadq.serving.scoring.score_batches import score_coded
from leadq.serving.scoring.scoring_run import ScoringKit
from leadq.serving.scoring.table.dictionary_columns import plain
from tests.shared_company import CompanyCopy, read_once

pytestmark = pytest.mark.integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A project with two nights a day apart and a run over one lead an hour after the second."""

    project: Project
    nights: tuple[Run, Run]
    single: Run
    lead_id: str


def committed(project: Project, **scope: Any) -> Run:
    run = project.store.committed(score(project, silent, **scope).facts["run_id"])
    assert run is not None
    return run


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, company_copy: CompanyCopy) -> Iterator[Scored]:
    folder = tmp_path_factory.mktemp("past") / "company"
    project = company_copy(folder)
    with read_once():
        first, second = (committed(project, as_of=project.read_at - timedelta(hours=hours)) for hours in (25, 1))
        lead_id = next(row["lead_id"] for row in table(project.store, second) if row["reasons_for"] and row["changed"])
        single = committed(project, lead_id=lead_id)
        yield Scored(project=project, nights=(first, second), single=single, lead_id=lead_id)
    shutil.rmtree(folder)


def table(store: Store, run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(store.table(run.scores)).to_pylist()
    return rows


def damaged(project: Project, folder: Path) -> Project:
    """Copy the store, so that it can be damaged."""
    shutil.copytree(project.store.folder, folder / "store")
    return replace(project, config=project.config.model_copy(update={"store": folder / "store"}))


def test_every_lead_of_every_run_comes_out_again(done: Scored) -> None:
    project, store = done.project, done.project.store
    bundle = read_bundle(bundle_folder(store.folder, done.single.inputs.bundle_version))
    compared = 0
    for run in (*done.nights, done.single):
        kit = ScoringKit.of(scoring_run(project, bundle, run.inputs, run.scored_at, changed_only=False))
        rows = table(store, run)
        for row in [*rows[::40], *[one for one in rows if one["status"] == "scored"][::8]]:
            known = snapshot_of(store, row["lead_id"], run.run_id)
            (again,) = plain(score_coded(known, kit).rows).to_pylist()
            assert {**again, "percentile": row["percentile"]} == row  # it ranks among all leads of the night
            compared += bool(row["changed"])
    assert compared > 0


def test_a_card_has_room_for_more_reasons_than_the_table(done: Scored) -> None:
    past = PastScores(done.project)
    more = 0
    for row in [one for one in table(done.project.store, done.nights[1]) if one["status"] == "scored"][::8]:
        card = past.row(done.nights[1], row["lead_id"])
        for side in ("reasons_for", "reasons_against"):
            assert card[side][:PER_SIDE] == row[side]
            more += len(card[side]) > PER_SIDE
    assert more > 0


def test_more_reasons_are_smaller_ones_of_other_families(done: Scored) -> None:
    past = PastScores(done.project)
    leads = [
        row["lead_id"] for row in table(done.project.store, done.nights[1]) if len(row["reasons_for"] or ()) == PER_SIDE
    ]
    found = [past.row(done.nights[1], lead_id)["reasons_for"] for lead_id in leads]
    assert max(map(len, found)) > PER_SIDE
    for reasons in found:
        amounts = [reason["contribution"] for reason in reasons]
        assert len(reasons) <= 5
        assert amounts == sorted(amounts, reverse=True)
        assert min(amounts) >= 0.15
        assert len({reason["family"] for reason in reasons}) == len(reasons)


def test_several_threads_get_the_same_rows(done: Scored) -> None:
    asked = [(run, row["lead_id"]) for run in done.nights for row in table(done.project.store, run)[::50]]
    alone = PastScores(done.project)
    together = PastScores(done.project)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: together.row(*one), asked))
    assert found == [alone.row(*one) for one in asked]


def test_a_tampered_snapshot_is_named_with_what_it_changes(done: Scored, tmp_path: Path) -> None:
    project, run = damaged(done.project, tmp_path), done.nights[1]
    path = project.store.folder / run.snapshot
    bundle, known = read_bundle(bundle_folder(project.store.folder, run.inputs.bundle_version)), pq.read_table(path)
    weights = zip(bundle.reference.mean_absolute, bundle.catalogue.features, strict=True)
    _, strongest = max((weight, one.name) for weight, one in weights if one.kind == "number")
    place = known.schema.get_field_index(strongest)
    nothing = pa.nulls(known.num_rows, known.schema.field(place).type)
    pq.write_table(known.set_column(place, known.schema.field(place), nothing), path)
    past, refused = PastScores(project), []
    for row in [row for row in table(project.store, run) if row["status"] == "scored"][:20]:
        try:
            past.row(run, row["lead_id"])
        except StoreError as error:
            refused.append(error.problems[0])
    assert refused
    assert run.snapshot in refused[0].remedy
    assert any(example.startswith("probability: 0.") for problem in refused for example in problem.examples)


def test_a_tampered_score_is_told_from_the_real_one(done: Scored, tmp_path: Path) -> None:
    project, run = damaged(done.project, tmp_path), done.nights[0]
    path = project.store.folder / run.scores
    rows = pq.read_table(path)
    tiers = pa.array(["T1" if tier is not None else None for tier in rows["tier"].to_pylist()])
    changed = rows["tier"].to_pylist()
    pq.write_table(rows.set_column(rows.schema.get_field_index("tier"), "tier", tiers), path)
    lead_id = next(row["lead_id"] for row, tier in zip(rows.to_pylist(), changed, strict=True) if tier == "T3")
    with pytest.raises(StoreError, match="1 column differs") as refused:
        PastScores(project).row(run, lead_id)
    assert refused.value.problems[0].examples == ("tier: 'T1' then, 'T3' now",)
    assert run.scores in refused.value.problems[0].remedy


@pytest.mark.parametrize("content", ["other figures", "nothing"])
def test_a_tampered_night_before_is_named_by_the_night_that_compares_with_it(
    done: Scored, tmp_path: Path, content: str
) -> None:
    project, (before, run) = damaged(done.project, tmp_path), done.nights
    path = project.store.folder / before.scores
    rows = pq.read_table(path)
    halves = pa.array([half / 2 if half is not None else None for half in rows["probability"].to_pylist()])
    if content == "nothing":
        path.write_bytes(b"nothing")
    else:
        pq.write_table(rows.set_column(rows.schema.get_field_index("probability"), "probability", halves), path)
    with pytest.raises(StoreError, match=before.run_id if content == "nothing" else "columns differ") as refused:
        PastScores(project).row(run, done.lead_id)
    (problem,) = refused.value.problems
    assert content == "nothing" or f"Restore {before.scores} in the store from a backup." == problem.remedy
    assert content == "nothing" or any(example.startswith("previous_probability: ") for example in problem.examples)


def test_at_most_four_models_are_kept(done: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, night = damaged(done.project, tmp_path), done.nights[0]
    store = project.store
    bundle = read_bundle(bundle_folder(store.folder, night.inputs.bundle_version))
    runs, made = [], []
    for number in range(5):  # alike but for their name
        alike = replace(bundle, trained={**bundle.trained, "number": number}, version="")
        version, _ = keep_bundle(alike, models_folder(store.folder))
        runs.append(replace(night, inputs=replace(night.inputs, bundle_version=version)))
        store.commit(runs[-1])

    def counted(one: Bundle, **how: Any) -> MatrixScorer:
        made.append(one.trained["number"])
        return MatrixScorer(one, **how)

    monkeypatch.setattr("leadq.pipelines.explaining.reproduce_score.MatrixScorer", counted)
    past = PastScores(project)
    for number in (
        0,
        1,
        2,
        3,
        4,
        1,
        2,
        3,
        4,
        0,
        4,
        1,
    ):  # the first goes for the fifth, and the second for the first again
        past.row(runs[number], done.lead_id)
    assert made == [0, 1, 2, 3, 4, 0, 1]


def test_explain_takes_what_existed_then_before_what_was_made_for_then_later(done: Scored, tmp_path: Path) -> None:
    project, first = damaged(done.project, tmp_path), done.nights[0]
    months = done.project.now + timedelta(days=90)
    later, store = replace(project, now=months), project.store
    store.commit(replace(first, scored_at=first.inputs.as_of))  # the fixture's clock stands still
    backfill = committed(later, as_of=first.inputs.as_of + timedelta(minutes=30))
    asked = first.inputs.as_of + timedelta(hours=1)
    assert explain(later, silent, lead_id=done.lead_id, as_of=asked).facts["run_id"] == first.run_id
    store.commit(replace(first, scored_at=months))
    told = explain(later, silent, lead_id=done.lead_id, as_of=asked)
    assert told.facts["run_id"] == backfill.run_id
    assert f"UTC, scored on {months:%Y-%m-%d})" in told.words


def test_a_run_over_another_lead_alone_is_not_opened(done: Scored, tmp_path: Path) -> None:
    project = damaged(done.project, tmp_path)
    (project.store.folder / done.single.scores).write_bytes(b"gone")
    rows = table(project.store, done.nights[1])
    other = next(row["lead_id"] for row in rows if row["lead_id"] != done.lead_id and row["tier"])
    assert explain(project, silent, lead_id=other).facts["run_id"] == done.nights[1].run_id


def test_a_cut_off_snapshot_is_refused_in_words(done: Scored, tmp_path: Path) -> None:
    project, run = damaged(done.project, tmp_path), done.nights[1]
    path = project.store.folder / run.snapshot
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], bytes(len(whole) // 2) + whole[len(whole) // 2 :]):
        path.write_bytes(content)
        with pytest.raises(StoreError, match="snapshots/"):
            explain(project, silent, lead_id=done.lead_id, as_of=run.inputs.as_of)


def test_the_agreement_of_then_is_found_in_the_bundle_or_asked_for(done: Scored) -> None:
    text = done.project.agreement.text
    changed = parse_agreement(text.replace("label: Nurture", "label: Later"), where="changed")
    assert changed.sha256 != done.project.agreement.sha256
    run = done.nights[1]
    today = replace(done.project, agreement=changed)
    assert PastScores(today).row(run, done.lead_id) == PastScores(done.project).row(run, done.lead_id)
    unknown = replace(run, inputs=replace(run.inputs, agreement_sha256="0" * 64))
    bundle = read_bundle(bundle_folder(done.project.store.folder, run.inputs.bundle_version))
    with pytest.raises(StoreError, match="needs the agreement that was in force then"):
        agreement_then(today, unknown, bundle)


def test_explain_takes_the_newest_score_at_or_before_a_moment(done: Scored) -> None:
    first, second = done.nights
    for as_of, run in (
        (None, done.single),
        (second.inputs.as_of, second),
        (second.inputs.as_of - timedelta(seconds=1), first),
        (first.inputs.as_of, first),
    ):
        told = explain(done.project, silent, lead_id=done.lead_id, as_of=as_of)
        row = told_then(done.project.store, run, done.lead_id)
        assert row is not None
        assert (told.facts["run_id"], told.facts["probability"]) == (run.run_id, row["probability"])
        assert told.facts["reproduced"] is True
        assert f"Reproduced exactly from the snapshot of run {run.run_id}" in told.words


def test_before_the_first_run_and_when_asked_the_sources_are_looked_at_afresh(done: Scored) -> None:
    created = told_then(done.project.store, done.nights[0], done.lead_id)
    assert created is not None
    long_ago = created["created_at"] + timedelta(hours=1)
    told = explain(done.project, silent, lead_id=done.lead_id, as_of=long_ago)
    assert "No run had scored this lead by then. Scored now with the live model" in told.words
    assert (told.facts["run_id"], told.facts["reproduced"], told.facts["as_of"]) == (
        AFRESH,
        False,
        long_ago.isoformat(),
    )
    again = explain(done.project, silent, lead_id=done.lead_id, as_of=done.nights[1].inputs.as_of, afresh=True)
    by_run = explain(done.project, silent, lead_id=done.lead_id, as_of=done.nights[1].inputs.as_of)
    assert again.facts["run_id"] == AFRESH
    assert again.facts["probability"] == by_run.facts["probability"]


def test_the_newest_score_is_told_though_it_cannot_be_made_again(done: Scored, tmp_path: Path) -> None:
    project = damaged(done.project, tmp_path)
    (project.store.folder / done.single.snapshot).write_bytes(b"gone")
    told = explain(project, silent, lead_id=done.lead_id)
    row = told_then(project.store, done.single, done.lead_id)
    assert row is not None
    assert (told.facts["probability"], told.facts["reproduced"]) == (row["probability"], False)
    assert f"As stored by run {done.single.run_id} (" in told.words
    assert "UTC); it could not be reproduced" in told.words


def test_the_document_is_complete(done: Scored) -> None:
    facts = json.loads(json.dumps(explain(done.project, silent, lead_id=done.lead_id).facts))
    assert {"reasons_for", "reasons_against", "points", "similar", "reproduced", "origin"} <= set(facts)
    assert sum(facts["points"].values()) == pytest.approx(100 * (facts["probability"] - facts["base_probability"]))
    assert [lead["outcome"] in {"won", "lost", "open"} for lead in facts["similar"]] == [True] * 3
    assert facts["similar"] == sorted(facts["similar"], key=lambda lead: lead["distance"])
    named = {name for lead in facts["similar"] for name in lead}
    assert named == {"outcome", "days", "came_in", "age_days", "source", "distance", "alike"}


def test_without_past_leads_nothing_is_alike_and_the_rest_is_said(done: Scored, tmp_path: Path) -> None:
    project = damaged(done.project, tmp_path)
    past_leads_path(models_folder(project.store.folder), done.single.inputs.bundle_version).unlink()
    told = explain(project, silent, lead_id=done.lead_id)
    assert told.facts["similar"] == []
    assert told.facts["reproduced"]


def test_wrong_use_is_told_with_its_remedy(done: Scored, tmp_path: Path) -> None:
    project, soon = done.project, done.project.now + timedelta(seconds=1)
    with pytest.raises(UsageError, match="must not be in the future"):
        explain(project, silent, lead_id=done.lead_id, as_of=soon)
    with pytest.raises(UsageError, match="must name a lead that was scored, got nobody"):
        explain(project, silent, lead_id="nobody")
    with pytest.raises(UsageError, match=r"must be a \.png or \.svg"):
        Files(picture=tmp_path / "why.jpeg")
    with pytest.raises(UsageError, match=r"--html: must be a \.html file"):
        Files(page=tmp_path / "why.pdf")
    unscored = next(row["lead_id"] for row in table(project.store, done.nights[1]) if row["status"] != "scored")
    with pytest.raises(UsageError, match="needs a lead with a score and reasons from a model"):
        explain(project, silent, lead_id=unscored, files=Files(picture=tmp_path / "why.png"))


def test_the_command_draws_the_picture(
    done: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    day: datetime = done.nights[1].inputs.as_of
    picture = tmp_path / "why.png"
    arguments = [done.lead_id, "--as-of", day.isoformat(), "--picture", str(picture), "--json"]
    monkeypatch.setattr("sys.argv", ["leadq", "explain", *arguments, "--project", str(done.project.folder)])
    monkeypatch.setenv("LEADQ_NOW", done.project.now.isoformat())
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert not left.value.code
    facts = json.loads(capsys.readouterr().out)
    assert (facts["run_id"], facts["picture"]) == (done.nights[1].run_id, str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
