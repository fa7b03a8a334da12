"""Who changes tier, counted whole: every lead stands in one cell."""

import json

import numpy as np
import pytest

from leadq.models.tiers.tier_migration import migrate, movements

ORDER = ["T1", "T2", "T3", "disqualified"]


def tiers(*names: str | None) -> np.ndarray:
    return np.array(names, dtype=object)


def test_every_lead_is_counted_once_and_the_words_say_where_they_went() -> None:
    before = tiers("T1", "T1", "T2", "T2", "T3", None)
    after = tiers("T1", "T2", "T2", "T3", "T2", "T3")
    found = migrate(before, after, ORDER)
    assert found.leads == 6
    assert found.moved == 4
    assert found.churn == pytest.approx(4 / 6)
    assert found.tiers == (*ORDER, "no tier")
    assert found.counts[0].tolist() == [1, 1, 0, 0, 0]
    assert found.shares[0].tolist() == [0.5, 0.5, 0.0, 0.0, 0.0]
    assert not found.shares[3].any()
    words = found.in_words()
    assert words[0] == "4 of 6 leads (66.7 %) change tier."
    assert "1 from T3 to T2." in words
    assert "1 from no tier to T3." in words
    assert json.loads(json.dumps(found.to_document()))["counts"]["T1"]["T2"] == 1


def test_the_same_tiers_and_no_leads_move_nobody() -> None:
    same = tiers("T1", "T3")
    assert migrate(same, same, ORDER).in_words() == ("None of 2 leads changes tier.",)
    assert migrate(tiers(), tiers(), ORDER).churn == 0.0


def test_tiers_of_another_agreement_come_after() -> None:
    found = migrate(tiers("A", "T1"), tiers("T1", "T1"), ORDER)
    assert found.tiers == (*ORDER, "A")
    assert found.moved == 1


def test_other_leads_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="same leads"):
        migrate(tiers("T1"), tiers("T1", "T2"), ORDER)


def test_model_rules_and_total_apart() -> None:
    model_before, model_after = tiers("T1", "T3", "T3", "T2"), tiers("T1", "T3", "T2", "T2")
    total_before, total_after = tiers("disqualified", "T3", "T3", "T2"), tiers("T1", "T2", "T2", "T2")
    found = movements(model=(model_before, model_after), total=(total_before, total_after), order=ORDER)
    assert found.model.moved == 1  # only the third lead's score
    assert (found.overrides.leads, found.overrides.moved) == (2, 2)  # one no longer struck, one newly lifted
    assert found.total.moved == 3
