"""params.yaml: every wrong thing is told at once, and a missing file means the defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from leadq.foundation.problems import ConfigError, UsageError
from leadq.pipelines.console.moment_text import now_of, read_moment
from leadq.pipelines.getting_started.init import params_text
from leadq.pipelines.project.params import Settings, read_settings


def _settings(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def test_a_missing_or_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert _settings(tmp_path, "") == read_settings(tmp_path / "absent.yaml")


def test_values_are_read_with_their_types(tmp_path: Path) -> None:
    settings = _settings(
        tmp_path, "seed: 3\nread_at: 2026-10-01\nfeatures: {ages_days: [0, 1, 7.5]}\nengine: {threads: 1}\n"
    )
    assert settings.features.ages_days == (0.0, 1.0, 7.5)
    assert settings.read_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert (settings.fit.seed, settings.fit.threads) == (3, 1)


def test_titles_of_a_company_are_read_by_their_labels(tmp_path: Path) -> None:
    settings = _settings(
        tmp_path, "features:\n  titles: {vice president: [Bereichsvorstand], it: [Schrauber, '*-admin']}\n"
    )
    assert settings.features.titles == {"vice president": ("Bereichsvorstand",), "it": ("Schrauber", "*-admin")}


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = "sed: 3\nread_at: 2026-10-01 06:00:00\nfeatures: {ages_days: 7, worked: 1}\nengine: {threads: two}\n"
    with pytest.raises(ConfigError) as told:
        _settings(tmp_path, text)
    report = str(told.value)
    assert len(told.value.problems) == 5
    assert "got sed. Did you mean seed?" in report
    assert "params.yaml line 2 read_at: must be a time with its zone, got 2026-10-01 06:00:00." in report
    assert "params.yaml line 3 features.ages_days: must be a list, got 7" in report
    assert "params.yaml line 4 engine.threads: must be a whole number, got two" in report


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: -1", "at least 0"),
        ("seed: true", "a whole number"),
        ("features: {ages_days: [1, 2]}", "must ascend from 0"),
        ("features: {ages_days: [0, 3, 3]}", "must ascend from 0"),
        ("features: {ages_days: []}", "must ascend from 0"),
        ("engine: {memory_limit: 2}", "line 1 engine.memory_limit: must be a size with its unit"),
        ("engine: 2", "a group of keys"),
        ("features: {titles: [director]}", "line 1 features.titles: must be a group of keys"),
        ("features:\n  titles:\n    directer: [a b]", r"line 3 features.titles.directer: .*Did you mean director\?"),
        ("features:\n  titles: {director: ['[ab]']}", r"features.titles.director: must be words .* got \[ab\]"),
        ("features:\n  titles: {director: Gebietsleiter}", "line 2 features.titles.director: must be a list"),
        ("- 1", "line 1: must be a group of keys, got a list"),
        ("a: [", "line 2: must be readable YAML"),
        (
            "seed: 3\nfit: {n_folds: 2}\nseed: 4",
            r"params.yaml line 3: must not be given twice \(first on line 1\), got seed. Keep one of the two.",
        ),
        ("fit: {n_folds: 2,\n  n_folds: 3}", r"line 2: must not be given twice \(first on line 1\), got fit.n_folds"),
    ],
)
def test_each_rule_can_fail(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _settings(tmp_path, text + "\n")


def test_moments_need_their_zone() -> None:
    assert read_moment("2026-10-01T02:00:00+02:00", where="--as-of") == datetime(2026, 10, 1, tzinfo=UTC)
    with pytest.raises(UsageError, match="carry its zone"):
        read_moment("2026-10-01T02:00:00", where="--as-of")
    with pytest.raises(UsageError, match="--as-of: must be a date or a time, got yesterday"):
        read_moment("yesterday", where="--as-of")


def test_the_clock_can_be_fixed_from_outside() -> None:
    clock = datetime(2026, 11, 1, tzinfo=UTC)
    assert now_of({}, clock) == clock
    assert now_of({"LEADQ_NOW": "2026-10-01"}, clock) == datetime(2026, 10, 1, tzinfo=UTC)


TEMPLATES = Path(__file__).parents[3] / "pipelines" / "getting_started" / "templates"


def test_the_template_states_the_defaults() -> None:
    assert read_settings(TEMPLATES / "params.yaml") == read_settings(TEMPLATES / "absent.yaml")


def test_dvc_finds_every_parameter_it_watches() -> None:
    stages = yaml.safe_load((TEMPLATES / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    watched = {name for stage in stages.values() for name in stage.get("params", ())}
    assert watched <= set(yaml.safe_load((TEMPLATES / "params.yaml").read_text(encoding="utf-8")))


def test_an_extract_has_its_own_clock_as_text(tmp_path: Path) -> None:
    text = params_text(seed=3, read_at=datetime(2026, 10, 1, tzinfo=UTC))
    assert isinstance(yaml.safe_load(text)["read_at"], str)  # DVC takes no times
    settings = _settings(tmp_path, text)
    assert settings.read_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert settings.seed == settings.fit.seed == 3
