"""A project and a store made by the last commit before the move go on: the present leadq does, byte for byte, what that commit would have.

Both take the same steps at the same moments, one after the other at the same path, the first in the code of that time, which is taken
out of git's history (``former_commit.py``; skipped where it is not there). In ``make test`` each takes its steps in one process and
training leaves out its checks and reports; in ``make acceptance`` each command is a process of its own and all stages run.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from leadq.crm.gate.field_drift import FieldDrift
from leadq.pipelines.training.stages import STAGES
from tests.compatibility import former_commit
from tests.compatibility.changed_words import in_todays_words, said_today
from tests.compatibility.code_versions import Said, former_version, must_have_worked, present_version
from tests.compatibility.former_commit import FORMER_ROOMS, ROOT, former_tree
from tests.compatibility.former_company import LEAD, first_weeks, nights_after
from tests.compatibility.store_contents import (
    aliases_of,
    artifacts_of,
    differing,
    files_of,
    ledger_of,
    live_of,
    registered_in,
    runs_of,
)

pytestmark = pytest.mark.integration

COMPARED = {
    "store/scores/": 3,
    "store/moves/": 3,
    "store/snapshots/": 3,
    "store/runs/": 3,
    "store/models/": 20,
    "store/delivery/": 6,
    "delivered/": 6,
    "work/": 5,
}
"""Folders that must be among what is compared, and how many files each holds at least."""
ALSO_COMPARED = {"store/models/live.json", "card.html", "why.svg"}
WRITTEN_BY_USERS = ("leadq.yaml", "agreement.yaml", "params.yaml", "playbook.yaml", "sentences.yaml", "dvc.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class WentOn:
    """The project at the move, as either version left it afterwards, and what their commands said, by what each does."""

    before: Path
    former: Path
    present: Path
    said_then: dict[str, Said]
    said_now: dict[str, Said]
    homes_then: dict[str, str]
    homes_now: dict[str, str]
    tree: Path


@pytest.fixture(
    scope="module",
    params=[True, pytest.param(False, marks=pytest.mark.acceptance)],
    ids=["in one process", "each command a process"],
)
def went_on(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> WentOn:
    quickly: bool = request.param
    folder, tree = tmp_path_factory.mktemp("former"), former_tree()
    company, begun = folder / "company", folder / "begun"
    then, now = former_version(tree), present_version(folder / "empty")
    weeks, nights = first_weeks(company, begun, quickly=quickly), nights_after(company)
    steps = [*weeks, *nights.values()]
    said_then, homes_then = (
        then.in_one_process(steps, folder / "then.json") if quickly else (then.in_processes(steps), {})
    )
    must_have_worked(steps, said_then)
    company.rename(folder / "as the former left it")
    shutil.copytree(begun, company)
    steps = list(nights.values())
    said_now, homes_now = now.in_one_process(steps, folder / "now.json") if quickly else (now.in_processes(steps), {})
    must_have_worked(steps, said_now)
    return WentOn(
        before=begun,
        former=folder / "as the former left it",
        present=company,
        said_then=dict(zip(nights, said_then[len(weeks) :], strict=True)),
        said_now=dict(zip(nights, said_now, strict=True)),
        homes_then=homes_then,
        homes_now=homes_now,
        tree=tree,
    )


def test_each_version_ran_out_of_its_own_packages_alone(went_on: WentOn) -> None:
    assert went_on.homes_then.keys() <= set(FORMER_ROOMS)
    assert {Path(home).parents[1] for home in went_on.homes_then.values()} <= {went_on.tree}
    assert {name: Path(home).parents[1] for name, home in went_on.homes_now.items()} in ({}, {"leadq": ROOT})


def test_scores_snapshots_moves_manifests_deliveries_and_cards_are_the_same_bytes(went_on: WentOn) -> None:
    former, present = _in_todays_words(went_on.former), _in_todays_words(went_on.present)
    for folder, least in COMPARED.items():
        assert sum(name.startswith(folder) for name in former) >= least, folder
    assert ALSO_COMPARED.issubset(former)
    assert differing(former, present) == []
    new = differing(_in_todays_words(went_on.before), present)
    for folder, runs in (("store/scores/", 2), ("store/snapshots/", 2), ("store/runs/", 2), ("delivered/", 4)):
        assert sum(name.startswith(folder) for name in new) >= runs, f"{folder}: nothing new was compared"


def _as_models_are_listed_today(said: str) -> str:
    """Return what ``leadq models --json`` said: a base rate took the verdict of the model that was tried; no reading had a number."""
    document = json.loads(said)
    for row in document["models"]:
        row["reading"] = 1
        if row["kind"] == "base_rate":
            row.update(beats_base_rate=False, beats_points=None)
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _in_todays_words(folder: Path) -> dict[str, bytes]:
    """Read what is compared; what the records show of leads, and what followed rejections, are files that a night did not have then."""
    later = ("store/records/", "store/followed/")
    files = {name: content for name, content in files_of(folder).items() if not name.startswith(later)}
    return {name: in_todays_words(name, content) for name, content in files.items()}


def test_a_difference_of_one_byte_or_one_file_is_found(went_on: WentOn) -> None:
    former = files_of(went_on.former)
    score = next(name for name in former if name.startswith("store/scores/"))
    changed = {**former, score: former[score][:-1] + bytes([former[score][-1] ^ 1]), "store/runs/more.json": b"{}"}
    assert differing(former, changed) == ["store/runs/more.json", score]


def test_every_command_says_the_same(went_on: WentOn) -> None:
    now = {name: _without_own_fields(one) for name, one in went_on.said_now.items()}
    assert {name for name in now if now[name] != went_on.said_now[name]} == {"score", "score after the rollback"}
    then = {name: replace(one, said=said_today(one.said)) for name, one in went_on.said_then.items()}
    then["models"] = replace(then["models"], said=_as_models_are_listed_today(then["models"].said))
    assert "Reproduced exactly" in now["explain the first night"].said
    assert LEAD in now["explain the first night"].said
    assert [name for name in then if name != "rollback" and now[name] != then[name]] == []
    assert now["rollback"].said.startswith(then["rollback"].said.rstrip())


def _without_own_fields(one: Said) -> Said:
    """Take out what a night says since: of fields there is nothing to compare with, what the newest reading would make of it, its best."""
    words, document = FieldDrift(recorded=False).in_words() + "\n", FieldDrift(recorded=False).to_document()
    if not one.said.startswith("{"):
        said = re.sub(
            r"^Reading: this model learnt.*leadq promote\.\n", "", one.said, count=1, flags=re.DOTALL | re.MULTILINE
        )
        said = re.sub(r"\n\nThe best \d+ leads\n(.+\n)+\n", "\n", said, count=1)
        said = re.sub(r"^All leads: leadq scores.*\n", "", said, count=1, flags=re.MULTILINE)
        return replace(one, said=said.replace(words, "", 1))
    facts = json.loads(one.said)
    for since in ("reading", "best_leads", "advice", "closed_looking", "stale_sources"):
        facts.pop(since, None)
    if facts.pop("own_fields", None) != document:
        return one
    return replace(one, said=json.dumps(facts, indent=1, sort_keys=True) + "\n")


def test_the_ledger_holds_the_same_deliveries(went_on: WentOn) -> None:
    former, present = ledger_of(went_on.former), ledger_of(went_on.present)
    assert len(present["run"]) == 3
    assert len(present["acknowledged"]) > 300
    assert present == former


def test_what_must_be_registered_again_is_said_and_mlflow_keeps_what_it_had(went_on: WentOn) -> None:
    before, present = registered_in(went_on.before), registered_in(went_on.present)
    again = [bundle for version, bundle in present.items() if version not in before]
    assert sorted(again) == sorted({*live_of(went_on.present).values()})
    said = went_on.said_now["rollback"].said
    assert "registered in MLflow" in said
    assert all(bundle in said for bundle in again)
    assert before.items() <= present.items()
    kept = artifacts_of(went_on.before)
    assert kept
    assert kept.items() <= artifacts_of(went_on.present).items()
    assert runs_of(went_on.before).items() <= runs_of(went_on.present).items()


def test_mlflow_shows_who_is_live(went_on: WentOn) -> None:
    live = live_of(went_on.present)
    assert live.keys() == {"champion", "challenger"}
    assert aliases_of(went_on.present) == aliases_of(went_on.former) == live
    assert live["champion"] != live_of(went_on.before)["champion"]


def test_files_of_the_project_are_read_as_they_are_and_its_stages_have_their_names(went_on: WentOn) -> None:
    for name in WRITTEN_BY_USERS:
        assert (went_on.present / name).read_bytes() == (went_on.before / name).read_bytes(), name
    stages = yaml.safe_load((went_on.before / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert [one["cmd"] for one in stages.values()] == [f"leadq stage {name}" for name in STAGES if name != "simulate"]


def test_without_the_history_it_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(former_commit, "FORMER_COMMIT", "0" * 40)
    with pytest.raises(pytest.skip.Exception, match="needs the history down to commit 000000000000"):
        former_tree()
