"""The performance page: parts that are there, commands for those that are not, the same bytes twice."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from benchmarks.nightly_tables import nightly_part, whole_night_part
from benchmarks.performance import PARTS, page

DAY = date(2026, 11, 22)
FOUND = [
    {"key": "float64", "name": "leadq, float64", "refused": "", "rows_per_cpu_second": 100_000.0},
    {"key": "pred_contrib", "name": "LightGBM pred_contrib", "refused": "", "rows_per_cpu_second": 900.0},
    {"key": "woodelf", "name": "woodelf", "refused": "ValueError: categories", "rows_per_cpu_second": 0.0},
]
NIGHTS = [
    {
        "model": model,
        "leads": float(leads),
        "wall_seconds": seconds,
        "scoring_seconds": seconds / 2,
        "cpu_seconds": 2 * seconds,
        "rows_per_second": leads / seconds,
        "peak_mb": peak,
        "bytes_per_row": 250.0,
        "rounds": 3,
    }
    for leads, model, seconds, peak in (
        (10_000_000, "champion", 110.0, 900.0),
        (1_000_000, "champion", 10.0, 850.0),
        (1_000_000, "31 leaves", 10.0, 850.0),
        (10_000_000, "31 leaves", 200.0, 2_100.0),
    )
]


def test_missing_parts_name_their_command(tmp_path: Path) -> None:
    text = page(tmp_path, tmp_path / "pictures", day=DAY)
    assert all(command in text for command in PARTS.values())
    assert "2026-11-22" in text
    assert not (tmp_path / "pictures").exists()


def test_page_with_parts_is_the_same_twice(tmp_path: Path) -> None:
    (tmp_path / "explainers.md").write_text("## Explainers\n", encoding="utf-8")
    figures = [{"model": "with categories", "found": FOUND}, {"model": "numbers", "found": FOUND[:2]}]
    (tmp_path / "explainers.json").write_text(json.dumps(figures), encoding="utf-8")
    (tmp_path / "nightly.json").write_text(json.dumps(NIGHTS), encoding="utf-8")
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    text = page(tmp_path, first, day=DAY)
    assert text == page(tmp_path, second, day=DAY)
    assert PARTS["explainers"] not in text
    assert PARTS["feature_rivals"] in text
    for name in ("explainers.png", "nightly.png"):
        assert f"(pictures/{name})" in text
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_nightly_claims_hold_or_do_not(tmp_path: Path) -> None:
    figures = tmp_path / "nightly.json"
    figures.write_text(json.dumps(NIGHTS), encoding="utf-8")
    text = nightly_part(figures, command="python -m benchmarks.nightly", picture="")
    assert "| champion | 1,000,000 | 100,000 | 10 | 5 | 20 | 850 | 250 |" in text
    assert (
        text.index("| champion | 1,000,000") < text.index("| champion | 10,000,000") < text.index("| 31 leaves | 1,0")
    )
    verdicts = {line.split(" | ")[0].removeprefix("| "): line.split(" | ")[1:] for line in text.splitlines()}
    expected = {
        "champion: 70,000 leads a second, codes and values": ["90,909", "yes |"],
        "champion: peak memory under 2 GB": ["900 MB", "yes |"],
        "champion: memory within 20 % of that at 1,000,000": ["1.06 times", "yes |"],
        "champion: a lead's cost within 25 % of that at 1,000,000": ["1.10 times", "yes |"],
        "31 leaves: 70,000 leads a second, codes and values": ["50,000", "**no** |"],
        "31 leaves: 40,000 leads a second, sentences too": ["50,000", "yes |"],
        "31 leaves: peak memory under 2 GB": ["2,100 MB", "**no** |"],
        "31 leaves: memory within 20 % of that at 1,000,000": ["2.47 times", "**no** |"],
        "31 leaves: a lead's cost within 25 % of that at 1,000,000": ["2.00 times", "**no** |"],
    }
    assert {claim: verdicts[claim] for claim in expected} == expected


def test_a_whole_night_takes_under_four_minutes_or_does_not(tmp_path: Path) -> None:
    figures = tmp_path / "whole_night.json"
    night = {"leads": 1e6, "scored": 9e5, "events": 5e7, "cpu_seconds": 300.0, "peak_mb": 1_800.0, "rounds": 3}
    nights = [{**night, "night": 1.0, "wall_seconds": 200.0}, {**night, "night": 2.0, "wall_seconds": 250.0}]
    figures.write_text(json.dumps(nights), encoding="utf-8")
    text = whole_night_part(figures, command="python -m benchmarks.whole_night")
    assert "| 1 | 1,000,000 | 900,000 | 50,000,000 | 200 | 300 | 1,800 | yes |" in text
    assert "| 2 | 1,000,000 | 900,000 | 50,000,000 | 250 | 300 | 1,800 | **no** |" in text
