"""Nights whose export is not what the model learnt from: named or stopped, and what is offered, pasted, puts it right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from leadq.foundation.problems import GateStopped
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from tests.pipelines.night.mutated_nights.export import TRAINED, Company, company
from tests.pipelines.night.mutated_nights.mutations import every_mutation
from tests.pipelines.night.mutated_nights.nights import MOVES, Companies, clean_nights, mutated_nights
from tests.pipelines.night.mutated_nights.project import CSV, Night, night, opened_at, trained
from tests.pipelines.night.mutated_nights.writing import PLAIN
from tests.shared_company import MadeOnce

TONIGHT = TRAINED + timedelta(days=40)
NEEDLESS = ["Seats", "Current Tool", "Contract Ends", "Annual Revenue"]
WAYS = {way.name: way for way in every_mutation()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """A project at the moment of the night, the model that is live, and the company's export as it should be."""

    project: Project
    bundle: Bundle
    export: pd.DataFrame

    def seen(self, way: str = "") -> Night:
        """Read the export in one of the ways in which it can be changed."""
        return night(self.project, self.bundle, self.table(way), separator=",")

    def table(self, way: str = "") -> pd.DataFrame:
        """Return the texts of the export."""
        return WAYS[way].apply(self.export, PLAIN) if way else PLAIN.table(self.export)

    def with_line(self, line: str) -> Tonight:
        """Add a line to the source of leads in leadq.yaml."""
        path = self.project.folder / "leadq.yaml"
        path.write_text(path.read_text().replace(f"    path: {CSV}\n", f"    path: {CSV}\n    {line}\n"))
        return replace(self, project=open_project(self.project.folder, environment={}, now=TONIGHT))


def small_company() -> Company:
    """A company with fewer leads and fields: a night of it takes a second."""
    return Company(leads=company(1, a_day=2.6).leads.drop(columns=NEEDLESS))


@pytest.fixture(scope="module")
def learnt(once_a_run: MadeOnce) -> Path:
    return once_a_run("exporting-company", lambda folder: trained(folder, small_company(), PLAIN))


@pytest.fixture
def tonight(learnt: Path, tmp_path: Path) -> Tonight:
    project, bundle = opened_at(learnt, tmp_path / "night", TONIGHT)
    return Tonight(project=project, bundle=bundle, export=small_company().export(TONIGHT))


def line_of(words: str) -> str:
    """Return the line that a problem offers for the source of leads."""
    (line,) = re.findall(r"add to leadq.yaml: (values: .*\}\}) \(in sources, leads\)", words)
    return str(line)


def test_a_night_of_new_words_stops_with_nothing_written_and_the_line_it_offers_puts_it_right(tonight: Tonight) -> None:
    as_ever = tonight.seen()
    assert (as_ever.stopped, as_ever.said) == ((), ())
    tonight.table("Plan as codes").to_csv(tonight.project.folder / CSV, index=False)
    with pytest.raises(
        GateStopped, match=r"leads\.Plan: must have the words known from training, got 100% of"
    ) as stopped:
        score(tonight.project, silent)
    words = str(stopped.value)
    assert stopped.value.exit_code == 3
    assert re.search(r"such as 'PL0\d'; \d+ of tonight's \d+ scored leads would be in another tier by it", words)
    assert not {path.name for path in tonight.project.store.folder.iterdir()} & {"runs", "scores", "snapshots", "moves"}
    assert not (tonight.project.store.work / "as_trained").exists()
    mended = tonight.with_line(line_of(words)).seen("Plan as codes")
    assert (mended.stopped, mended.said) == ((), ())
    assert mended.tiers is not None
    assert as_ever.moved_to(mended.tiers.as_read()) == 0


def test_a_number_written_for_what_is_not_known_is_told_and_the_key_it_names_puts_it_right(tonight: Tonight) -> None:
    as_ever = tonight.seen()
    (said,) = tonight.seen("Employees 0 where unknown").said
    assert re.search(r"Employees: must be .*say which under missing: of the column in leadq.yaml", said)
    mended = tonight.with_line('missing: {Employees: ["0"]}').seen("Employees 0 where unknown")
    assert (mended.stopped, mended.said) == ((), ())
    assert mended.tiers is not None
    assert as_ever.moved_to(mended.tiers.as_read()) == 0


@pytest.mark.parametrize(
    ("way", "outcome"),
    [
        ("Customer translated", "stopped"),
        ("Employees with the other thousands", "stopped"),
        ("Created Date as %Y-%m-%d %I:%M:%S %p", "stopped"),
        ("Created Date with day and month swapped", "named"),
        ("Created Date twelve hours on", "named"),
        ("the first 98% of the rows", "named"),
        ("every second row", "named"),
        ("every row twice, the second under an id of its own", "named"),
        ("Industry with trailing blanks", "silent"),
    ],
)
def test_each_way_in_which_an_export_changes_is_named_or_stopped(tonight: Tonight, way: str, outcome: str) -> None:
    seen = tonight.seen(way)
    assert ("stopped" if seen.stopped else "named" if seen.said else "silent") == outcome


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Companies:
    return Companies(tmp_path_factory.mktemp("companies"))


@pytest.mark.acceptance
def test_of_200_changed_nights_none_that_moves_leads_is_silent(
    companies: Companies, record_property: Callable[[str, object], None]
) -> None:
    seen = list(mutated_nights(companies, range(200)))
    silent_ones = [one.line() for one in seen if one.too_silent]
    record_property(
        "figure", f"{len(seen)} changed nights: {len(silent_ones)} moved more than {MOVES:.0%} of leads in silence"
    )
    assert silent_ones == []


@pytest.mark.acceptance
def test_of_200_nights_as_ever_at_most_two_in_a_hundred_are_told_anything(
    companies: Companies, record_property: Callable[[str, object], None]
) -> None:
    said = [one.line() for one in clean_nights(companies, range(200)) if one.said]
    record_property("figure", f"200 nights as ever: something said on {len(said)}")
    assert len(said) <= 4, said
