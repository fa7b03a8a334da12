"""The explainers' benchmark on a model of five trees: it runs, it compares answers, and a rival that refuses is a row."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks.explainer_contest import Found, measure, without_paths
from benchmarks.explainer_start import Seconds, Start
from benchmarks.explainer_tables import claims, model_table, ratio
from benchmarks.explainers import page
from benchmarks.reference_model import ReferenceModel, make_rows
from benchmarks.rivals import CONTENDERS, CONTRIB, OURS, PREDICT, Contender, python_of, rival_versions

TINY = ReferenceModel(name="tiny", trees=5, leaves=6, train_rows=1_500, asked=1e9, asked_of_predict=1e-9)
HERE = [one for one in CONTENDERS if one.key in (OURS, CONTRIB)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def found(cache: Path) -> list[Found]:
    absent = Contender(key="woodelf", name="woodelf")  # in our environment, where it is not installed
    return measure(TINY, [*HERE, absent], cache, rounds=2, seconds=0.001, most_rows=1_024)


def test_contenders_are_timed_and_compared(found: list[Found]) -> None:
    ours, contrib, _ = found
    assert (ours.key, contrib.key) == (OURS, CONTRIB)
    assert all(one.rows_per_cpu_second > 0 and one.peak_mb > 20 and 256 <= one.rows <= 1_024 for one in found[:2])
    assert ours.difference is not None
    assert 0 <= ours.difference < 1e-12
    assert contrib.difference is None
    assert ratio(found, CONTRIB, CONTRIB) == 1


def test_a_rival_that_is_not_there_is_a_row_with_its_reason(found: list[Found]) -> None:
    assert found[-1].refused == "ModuleNotFoundError: No module named 'woodelf'"
    assert ratio(found, "woodelf", CONTRIB) is None
    assert "| woodelf | refuses: ModuleNotFoundError" in model_table(found)


def test_claims_hold_or_do_not(found: list[Found]) -> None:
    slow = Seconds(clock=4.0, cpu=3.5, compile_cpu=2.0)
    predict = replace(found[1], key=PREDICT)
    text = claims(
        {TINY: [*found, predict]}, [Start(model="tiny", cold=replace(slow, clock=19.0), warm=slow)]
    ).splitlines()
    verdicts = {line.split(" | ")[0].removeprefix("| "): line.split(" | ")[2].removesuffix(" |") for line in text}
    assert verdicts["tiny: at least 1e+09 times `pred_contrib`, float64"] == "**no**"
    assert verdicts["tiny: at least 1e-09 times LightGBM's `predict`, float64"] == "yes"
    assert verdicts["the same answers within 1e-9, float64"] == "yes"
    assert verdicts["warm start in under 3 s"] == "**no**"
    assert verdicts["cold start in under 20 s"] == "yes"
    assert verdicts["tables made in under 3 s of processor"] == "yes"


def test_a_wrong_rival_is_shown_as_wrong(found: list[Found]) -> None:
    assert "**3.3e+00, wrong**" in model_table([replace(found[0], difference=3.3)])


def test_page_and_figures_name_no_folder(found: list[Found], cache: Path) -> None:
    text = page({TINY: found}, [], versions=rival_versions(cache), command="python -m benchmarks.explainers CACHE")
    assert "woodelf-explainer (not installed)" in text
    assert str(cache) not in text + json.dumps([asdict(one) for one in found])
    assert without_paths("No such file: '/home/someone/x' (https://where.example/y)") == "No such file: ... ..."


def test_a_rival_that_cannot_be_installed_says_so(tmp_path: Path) -> None:
    nobody = Contender(key="woodelf", name="nobody", environment="nobody", packages=("./not-there.whl",))
    with pytest.raises(OSError, match="cannot be installed here"):
        python_of(nobody, tmp_path)
    assert not (tmp_path / "nobody" / "installed").exists()


def test_rows_are_as_described() -> None:
    rows = make_rows(TINY, 4_000, seed=3)
    unknown = (rows != rows).mean(axis=0)
    assert rows.flags.f_contiguous
    assert unknown[:45] == pytest.approx(0.15, abs=0.03)
    assert not unknown[45:].any()
    assert len({value for value in rows[:, 0] if value == value}) == 12
    assert (make_rows(TINY, 4_000, seed=3)[:, 10:].tobytes()) == rows[:, 10:].tobytes()
