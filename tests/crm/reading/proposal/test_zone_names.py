"""A zone's name that means several offsets is asked, and the line that is pasted makes a file with such times right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crm.reading.generator.judge import REFUSED, judge
from tests.crm.reading.generator.plan import draw


@pytest.mark.parametrize("zone", ["zone_ist"])
def test_the_offset_that_is_pasted_is_used_and_leads_keep_their_dates(tmp_path: Path, zone: str) -> None:
    seed = next(seed for seed in range(2_000) if [form.name for form in draw(seed).times["closed_at"]] == [zone])
    judgement = judge(seed, tmp_path)
    assert judgement.verdict == REFUSED, str(judgement)
    assert any("zone_names" in line for line in judgement.pasted)
