"""What is said of who comes is what the data know: without touches nobody knows whom sales worked."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadq.pipelines.training.feasibility.tier_shares import supply_of
from tests.shared_company import CompanyCopy


@pytest.mark.parametrize(("recorded", "whose"), [(True, "leads that sales worked"), (False, "all leads")])
def test_worked_by_sales_is_said_only_where_touches_are_recorded(
    company_copy: CompanyCopy, tmp_path: Path, recorded: bool, whose: str
) -> None:
    found = supply_of(company_copy(tmp_path / "company"), None, touches_recorded=recorded)
    assert found.tiers
    assert found.source == f"{whose}, by tested forecasts of the live model"
