"""A model that learnt before there were two readings: its nights are, byte for byte, what the leadq of that time would have made of them.

The company's files are hard on a reader (``exports_by_hand.py``), and the first reading made mistakes with them; a model that learnt from
those mistakes must go on seeing them. What the present leadq adds is said, and the way out that it names is followed. The former commit
is taken out of git's history; skipped where it is not there.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from tests.compatibility.code_versions import (
    Said,
    Step,
    must_have_worked,
    present_version,
    version_before_the_readings,
)
from tests.compatibility.exports_by_hand import LEADS, write_exports
from tests.compatibility.former_commit import BEFORE_THE_READINGS, ITS_ROOMS, ROOT, former_tree
from tests.compatibility.former_company import FIRST_NIGHT, SCRIPTS, SECOND_MORNING, SECOND_NIGHT, THIRD_NIGHT, params
from tests.compatibility.store_contents import differing, files_of, ledger_of

pytestmark = pytest.mark.acceptance

LEAD = "L02590"
COMPARED = {"store/scores/": 3, "store/snapshots/": 3, "store/runs/": 3, "store/work/history/": 9, "delivered/": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """The project before its second night, as either version left it afterwards, and what their commands said."""

    before: Path
    former: Path
    present: Path
    said_then: dict[str, Said]
    said_now: dict[str, Said]


def weeks(folder: Path) -> list[Step]:
    """From the exports to a first night, by the former commit's commands."""
    at = ("--project", str(folder))

    def script(name: str) -> Step:
        return Step(script=str(SCRIPTS / name), words=(str(folder),), now=FIRST_NIGHT)

    return [
        Step(
            words=("init", str(folder)),
            now=FIRST_NIGHT,
            writes={str(folder / "params.yaml"): params(7).replace("max_rounds: 50", "max_rounds: 20")},
        ),
        Step(words=("stage", "ingest", *at), now=FIRST_NIGHT),
        script("learn_quickly.py"),
        Step(words=("stage", "train", *at), now=FIRST_NIGHT),
        script("put_live.py"),
        Step(words=("score", *at), now=FIRST_NIGHT),
    ]


def nights(folder: Path) -> dict[str, Step]:
    """What both versions do afterwards."""
    at = ("--project", str(folder))
    return {
        "explain the first night": Step(
            words=("explain", LEAD, "--as-of", "2026-10-01T12:00:00Z", "--json", *at), now=SECOND_MORNING
        ),
        "score": Step(words=("score", *at), now=SECOND_NIGHT),
        "explain": Step(words=("explain", LEAD, *at), now=SECOND_MORNING),
        "deliver": Step(words=("deliver", *at), now=SECOND_MORNING),
        "score as data": Step(words=("score", "--json", *at), now=THIRD_NIGHT),
        "explain afresh": Step(words=("explain", LEAD, "--as-of", "2026-09-29T00:00:00Z", *at), now=THIRD_NIGHT),
    }


@pytest.fixture(scope="module")
def went_on(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    folder, tree = tmp_path_factory.mktemp("first-reading"), former_tree(BEFORE_THE_READINGS, ITS_ROOMS)
    company, begun = folder / "company", folder / "begun"
    write_exports(company)
    then, now = version_before_the_readings(tree), present_version(folder / "empty")
    said, homes = then.in_one_process(weeks(company), folder / "weeks.json")
    must_have_worked(weeks(company), said)
    assert Path(homes["leadq"]).parents[1] == tree
    shutil.copytree(company, begun)
    steps = nights(company)
    said_then, homes = then.in_one_process(list(steps.values()), folder / "then.json")
    must_have_worked(list(steps.values()), said_then)
    assert Path(homes["leadq"]).parents[1] == tree
    company.rename(folder / "as the former left it")
    shutil.copytree(begun, company)
    said_now, homes = now.in_one_process(list(steps.values()), folder / "now.json")
    must_have_worked(list(steps.values()), said_now)
    assert Path(homes["leadq"]).parents[1] == ROOT
    return Nights(
        before=begun,
        former=folder / "as the former left it",
        present=company,
        said_then=dict(zip(steps, said_then, strict=True)),
        said_now=dict(zip(steps, said_now, strict=True)),
    )


def test_every_file_of_its_nights_is_the_same(went_on: Nights) -> None:
    former, present, before = (files_of(one) for one in (went_on.former, went_on.present, went_on.before))
    for folder, least in COMPARED.items():
        assert sum(name.startswith(folder) for name in former) >= least, folder
    assert differing(former, present) == []
    assert sum(name.startswith("store/scores/") for name in differing(before, present)) == 2
    assert ledger_of(went_on.present) == ledger_of(went_on.former)


def test_its_model_did_learn_something_and_from_what_the_first_reading_made_wrong(went_on: Nights) -> None:
    (bundle,) = (one.parent for one in (went_on.present / "store" / "models").glob("*/bundle.json"))
    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    assert (manifest["kind"], manifest["bundle_version"]) == ("booster", 1)
    features = json.loads((bundle / "catalogue.json").read_text(encoding="utf-8"))["features"]
    words = {one["name"]: one["vocabulary"] for one in features}
    assert {"Messe", "Köln-Aktion"} <= set(words["source_name"])
    reference = json.loads((bundle / "reference.json").read_text(encoding="utf-8"))
    weights = dict(zip(words, reference["mean_absolute"], strict=True))
    assert weights["company_employees"] > 0.05  # thousands of them are read as fewer than ten


def test_explanations_and_deliveries_say_the_same(went_on: Nights) -> None:
    for name in ("explain the first night", "explain", "deliver", "explain afresh"):
        said = went_on.said_then[name]
        # the company records no touches, so that nobody knows which leads sales worked
        then = replace(said, said=said.said.replace('"worked": true', '"worked": null'))
        assert went_on.said_now[name] == then, name


def test_the_night_says_where_the_first_reading_was_wrong_and_what_to_do(went_on: Nights) -> None:
    then, now = went_on.said_then["score"].said.splitlines(), went_on.said_now["score"].said
    assert [line for line in then if not line.startswith("Own fields:")] == [
        line for line in now.splitlines() if line in then and not line.startswith("Own fields:")
    ]
    assert "Reading: this model learnt from reading 1" in now
    assert "leadq train" in now
    assert "leadq promote" in now
    document = json.loads(went_on.said_now["score as data"].said)["reading"]
    assert (document["reading"], document["newest"]) == (1, 2)
    found = {one["column"]: one for one in document["differs"]}
    employees = found["accounts.employees"]
    assert 2000 < employees["rows"] <= employees["of"] == LEADS
    assert float(employees["now"]) == round(1000 * float(employees["then"]))
    assert "accounts.industry" in found  # N/A is no industry
    assert "leads.Vorname" in found
    assert not any(name in found["leads.Vorname"]["then"] for name in ("Änne", "Jürgen", "Søren", "Zoë"))


def test_after_the_next_training_there_is_nothing_left_to_say(went_on: Nights, tmp_path: Path) -> None:
    company = tmp_path / "company"
    shutil.copytree(went_on.present, company)
    now = present_version(tmp_path / "empty")
    at = ("--project", str(company))
    steps = [
        Step(words=("stage", "ingest", *at), now=THIRD_NIGHT),
        Step(script=str(SCRIPTS / "learn_quickly.py"), words=(str(company),), now=THIRD_NIGHT),
        Step(words=("stage", "train", *at), now=THIRD_NIGHT),
        Step(script=str(SCRIPTS / "put_live.py"), words=(str(company),), now=THIRD_NIGHT),
        Step(words=("score", "--json", *at), now="2026-10-04T00:00:00+00:00"),
        Step(words=("models", *at), now="2026-10-04T00:00:00+00:00"),
    ]
    said, _ = now.in_one_process(steps, tmp_path / "said.json")
    must_have_worked(steps, said)
    document = json.loads(said[4].said)["reading"]
    assert (document["reading"], document["differs"], document["refused"]) == (2, [], [])
    live = json.loads((company / "store" / "models" / "live.json").read_text(encoding="utf-8"))["champion"]["version"]
    bundle = company / "store" / "models" / live
    assert (
        json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))["bundle_version"] == 3
    )  # with lists of what means the same, too
    columns = json.loads((bundle / "reading.json").read_text(encoding="utf-8"))["columns"]
    assert columns["raw_accounts"]["Mitarbeiter"]["forms"] == ["1.234,5"]
    assert "Änne" not in (bundle / "reading.json").read_text(encoding="utf-8")
    assert yaml.safe_load((company / "leadq.yaml").read_text(encoding="utf-8")).get("reading") is None
