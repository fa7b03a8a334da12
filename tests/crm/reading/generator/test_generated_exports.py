"""Generated exports are read right, or refused with a remedy that works; none is wrong in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crm.reading.generator.cells import table
from tests.crm.reading.generator.judge import REFUSED, RIGHT, SILENT, Judgement, judge
from tests.crm.reading.generator.plan import draw
from tests.crm.reading.generator.remedies import offers
from tests.crm.reading.generator.run import judged
from tests.crm.reading.generator.written import write

MIXED = (0, 15, 9, 47, 20, 13, 22, 17, 50, 10, 32, 36, 39, 2, 11, 26, 1, 21, 27, 44)
"""Of the first sixty, those that have the most kinds of files, headings, numbers and times among them."""


def _held_to_its_promise(found: list[Judgement]) -> None:
    right = sum(one.verdict == RIGHT for one in found)
    wrong = [one for one in found if one.verdict not in (RIGHT, REFUSED)]
    assert not wrong, f"{len(wrong)} of {len(found)}:\n" + "\n".join(str(one) for one in wrong[:5])
    assert right >= 0.95 * len(found), f"right without editing: {right} of {len(found)}"
    asked = [one for one in found if one.verdict == REFUSED and not one.plan.doubts]
    assert not asked, f"the file says enough, and was refused:\n{asked[0]}"


def test_twenty_generated_exports_are_read_right_or_refused_with_a_remedy_that_works() -> None:
    _held_to_its_promise(list(judged(MIXED)))


@pytest.mark.acceptance
def test_more_generated_exports_are_read_right_or_refused_with_a_remedy_that_works() -> None:
    _held_to_its_promise(list(judged([*range(60), *range(10_000, 10_500)])))


def test_the_same_seed_writes_the_same_file(tmp_path: Path) -> None:
    texts = []
    for at in ("a", "b"):
        (tmp_path / at).mkdir()
        plan = draw(3)
        write(plan, table(plan), tmp_path / at)
        texts.append({path.name: path.read_bytes() for path in (tmp_path / at).iterdir() if path.suffix != ".zip"})
    assert texts[0] == texts[1]


def test_the_judge_sees_a_value_that_is_not_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge can fail: one amount of the truth is another than the file says."""

    def another(plan: object) -> object:
        found = table(plan)  # type: ignore[arg-type]
        lead = next(lead for lead in found.truth if lead.own["employees"] is not None)
        lead.own["employees"] = float(str(lead.own["employees"])) + 1
        return found

    seed = next(seed for seed in range(50) if judge(seed, _folder(tmp_path, seed)).verdict == RIGHT)
    monkeypatch.setattr("tests.crm.reading.generator.judge.table", another)
    judgement = judge(seed, _folder(tmp_path, 1000))
    assert judgement.verdict == SILENT
    assert [one.about for one in judgement.wrong] == ["employees"]


def _folder(tmp_path: Path, seed: int) -> Path:
    folder = tmp_path / str(seed)
    folder.mkdir()
    return folder


def test_offers_are_found_in_the_words_of_a_refusal() -> None:
    days = 'Write read: {Created: "%d/%m/%Y"} (day first) or read: {Created: "%m/%d/%Y"}'
    words = f'{days}; or encoding: cp1251. Then zone_names: {{IST: "+05:30"}}'
    assert offers(words) == [
        ("read", {"Created": "%d/%m/%Y"}),
        ("read", {"Created": "%m/%d/%Y"}),
        ("encoding", "cp1251"),
        ("zone_names", {"IST": "+05:30"}),
    ]
