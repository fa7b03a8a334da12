"""Check 13: every planted leak is caught, a check that has gone blind is noticed, and what is learnt from is not touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.leak_checks import canaries
from leadq.features.leak_checks.canaries import missed, plant_account, plant_column, plant_event, plant_feature
from leadq.features.leak_checks.closed_leads import read_closed_leads
from leadq.features.leak_checks.moments import Late, sample_looks
from leadq.features.leak_checks.run_checks import check_leaks, raise_if_leaking
from leadq.features.training_data import TrainingData
from leadq.foundation.problems import GateStopped

LookedAt = Callable[[History], TrainingData]


def test_every_canary_is_caught_and_the_data_is_as_it_was(
    plain_world: tuple[History, TrainingData], leak_agreement: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, data = plain_world
    features, meta = data.features.copy(), data.meta.copy()
    checked = check_leaks(data, history, seed=1, agreement=leak_agreement)
    assert [canary.caught_by for canary in checked.canaries] == [(4,), (4,), (1,), (8,)]
    assert np.array_equal(data.features, features, equal_nan=True)
    assert data.meta.equals(meta)
    rows = {row.check: row for row in checked.rows(passed="the same", not_run="")}
    assert list(rows) == [*range(1, 15), 0]
    assert rows[13].verdict == "passed"
    assert "caught by check 8" in rows[13].words
    assert (rows[12].verdict, rows[12].words) == ("passed", "the same")
    assert {rows[check].words for check in (9, 10, 11, 14)} == {"run by leadq train"}
    monkeypatch.setattr(canaries, "late_facts", lambda *_, **__: Late(occurred={}, known={}))
    with open_engine(threads=1) as backend:
        blind = plant_event(open_tables(backend, history), data, sample_looks(data, seed=1), leak_agreement)
    assert [found.consequence for found in missed([blind])] == ["stop"]


@pytest.mark.parametrize("blind", ["check_rows", "check_field", "check_features"])
def test_a_check_that_has_gone_blind_stops(
    leak_world: Any, looked_at: LookedAt, monkeypatch: pytest.MonkeyPatch, blind: str
) -> None:
    where = canaries if blind == "check_rows" else canaries.alone
    monkeypatch.setattr(where, blind, lambda *_, **__: iter(()))
    history = leak_world(n_leads=400).write()
    findings = check_leaks(looked_at(history), history, seed=1).findings
    (found,) = [found for found in findings if found.check == 13]
    assert found.consequence == "stop"
    with pytest.raises(GateStopped, match="planted leak was missed"):
        raise_if_leaking(findings)


def test_too_few_wins_to_try_is_said_and_does_not_stop(leak_world: Any, looked_at: LookedAt) -> None:
    history = leak_world(n_leads=60, base_rate=0.05).write()
    data = looked_at(history)
    with open_engine(threads=1) as backend:
        tried = [plant_column(read_closed_leads(backend, history), seed=1), plant_feature(data, seed=1)]
    assert all(canary.why_not for canary in tried)
    assert not list(missed(tried))
    assert plant_account(data).caught_by == (8,)
