"""After a clone an example has no data: it says which ones they are, who published them when, and what to set; that then works."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.foundation.problems import ConfigError
from tests.examples.conftest import ROOT

SOURCES = {
    "bank_calls": ("Bank Marketing", "UCI Machine Learning Repository, 2014"),
    "crm_opportunities": ("CRM Sales Opportunities", "Maven Analytics, deals of 2016 and 2017"),
    "loan_leads_2012": ("BPI Challenge 2012", "4TU.ResearchData, 2012"),
}


def test_there_is_a_source_for_each_example() -> None:
    assert {path.parent.name for path in (ROOT / "examples").glob("*/leadq.yaml")} == set(SOURCES)
    page = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert all(title in page for title, _ in SOURCES.values())


@pytest.mark.parametrize("example", SOURCES)
def test_the_error_names_the_source_and_the_remedy_works(example: str, tmp_path: Path) -> None:
    config = ROOT / "examples" / example / "leadq.yaml"
    with pytest.raises(ConfigError) as refused:
        read_config(config, environment={})
    first = str(refused.value.problems[0])
    assert "needs the variable LEADQ_SHARED_DATA, which is not set. Set it to a folder" in first
    for said in (*SOURCES[example], f"{example}/", "examples/README.md"):
        assert said in first
    assert "${" not in first
    places = [place for _, place in read_config(config, environment={"LEADQ_SHARED_DATA": str(tmp_path)}).places()]
    assert places
    assert all(place.path is not None and place.path.is_relative_to(tmp_path / example) for place in places)
