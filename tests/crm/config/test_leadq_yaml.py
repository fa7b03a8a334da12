from __future__ import annotations

import re
from pathlib import Path

import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.crm_tables import TABLES
from leadq.foundation.problems import ConfigError

TEMPLATE = Path(__file__).parents[3] / "crm" / "config" / "templates" / "leadq.yaml"


def _problems(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "leadq.yaml").write_text(text)
    with pytest.raises(ConfigError) as stopped:
        read_config(tmp_path / "leadq.yaml", environment={})
    return [str(problem) for problem in stopped.value.problems]


def test_the_template_is_a_valid_configuration() -> None:
    config = read_config(TEMPLATE)
    assert config.sources is not None
    assert config.sources.leads.columns["lead_id"] == ("Id",)
    assert config.sources.leads.path == TEMPLATE.parent / "leads.csv"


def test_every_commented_key_of_the_template_is_valid(tmp_path: Path) -> None:
    sources, outcome = TEMPLATE.read_text().split("\noutcome:")
    shown = re.sub(r"(?m)^(\s*)# (\s*(?:\w+:|- \{)[^`\n]*)$", r"\1\2", sources)
    (tmp_path / "leadq.yaml").write_text(shown + "\noutcome:" + outcome)
    config = read_config(tmp_path / "leadq.yaml")
    assert config.sources is not None
    assert [table for table, _ in config.sources.items()] == list(TABLES)
    assert config.sources.leads.own_fields.refuse == {"AccountRating": "set by hand after the deal"}


def test_words_stay_words(tmp_path: Path) -> None:
    (tmp_path / "leadq.yaml").write_text("flat: {path: a.csv, outcome: y, won: [yes], lost: no}\n")
    config = read_config(tmp_path / "leadq.yaml")
    assert config.flat is not None
    assert (config.flat.won, config.flat.lost) == (("yes",), ("no",))


def test_environment_in_paths_is_a_parameter(tmp_path: Path) -> None:
    (tmp_path / "leadq.yaml").write_text("flat: {path: '${DATA:-there}/a.csv', outcome: y, won: a, lost: b}\n")
    flat = read_config(tmp_path / "leadq.yaml", environment={}).flat
    elsewhere = read_config(tmp_path / "leadq.yaml", environment={"DATA": "/elsewhere"}).flat
    assert flat is not None
    assert elsewhere is not None
    assert flat.path == tmp_path / "there" / "a.csv"
    assert elsewhere.path == Path("/elsewhere/a.csv")


def test_all_problems_at_once_with_lines_and_hints(tmp_path: Path) -> None:
    text = """store: store
time_zone: Europe/Amsterdm
sources:
  leads:
    path: ${NOWHERE}/leads.csv
    columms: {lead_id: id}
  evnts: {path: e.csv}
outcome: {from: lead_columns, won: [won], lost: [lost]}
rejected_share: 2
"""
    problems = _problems(tmp_path, text)
    assert any("line 2" in problem and "Did you mean Europe/Amsterdam" in problem for problem in problems)
    assert any("line 5" in problem and "NOWHERE" in problem for problem in problems)
    assert any("line 6" in problem and "Did you mean columns?" in problem for problem in problems)
    assert any("line 7" in problem and "Did you mean events?" in problem for problem in problems)
    assert any("line 9" in problem and "rejected_share" in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("store: s\n", "either sources or flat"),
        ("sources: {leads: {path: a}}\n", "where the outcome is"),
        (
            "sources: {leads: {path: a}}\noutcome: {from: opportunities, won: a, lost: b}\n",
            "sources must have opportunities",
        ),
        ("sources: {leads: {path: a}}\noutcome: {from: stars, won: a, lost: b}\n", "outcome"),
        ("- a\n", "must be a group of keys, got a list"),
        ("a: [\n", "readable YAML"),
        (
            "store: a\nstore: b\nflat: {path: a, outcome: y, won: a, lost: b}\n",
            "line 2: must not be given twice (first on line 1)",
        ),
        (
            "sources: {leads: {path: a, columns: {created: x}}}\noutcome: {from: lead_columns, won: a, lost: b}\n",
            "Did you mean created_at?",
        ),
        (
            "tracked_since: {authority: 2024-01-01}\nflat: {path: a, outcome: y, won: a, lost: b}\n",
            "lead.<field> or account.<field>",
        ),
    ],
)
def test_bad_configurations(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in problem for problem in _problems(tmp_path, text))


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leadq init"):
        read_config(tmp_path / "none.yaml")
