"""Readiness says what is there and what is missing, with figures that are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import beta

from leadq.agreement.schema import Agreement, Outcome
from leadq.crm.contract.history import History, TableCount
from leadq.crm.gate.judge import check_rules
from leadq.features.leak_checks.run_checks import check_leaks, find_leaks
from leadq.features.readiness.check_page import render_check_report
from leadq.features.readiness.promise_evidence import detectable_error, leads_that_prove, rate_that_proves
from leadq.features.readiness.readiness import readiness
from leadq.features.readiness.statements import Readiness
from leadq.features.training_data import TrainingData

LookedAt = Callable[[History], TrainingData]


@pytest.fixture
def looked_at(looked_at: LookedAt) -> LookedAt:
    """With the moment of each win within the horizon, of immature rows too."""

    def look(history: History) -> TrainingData:
        data = looked_at(history)
        outcomes = pq.read_table(history.path("outcomes")).to_pandas().set_index("lead_id")
        closed = data.meta["lead_id"].map(outcomes["occurred_at"])
        days = (closed - data.meta["as_of"]).dt.total_seconds() / 86_400
        data.meta["days_to_win"] = days.where(data.meta["label"] == 1)
        return data

    return look


def topics(told: Readiness, kind: str) -> set[str]:
    return {statement.topic for statement in told.statements if statement.kind == kind}


def test_a_whole_history(leak_world: Any, looked_at: LookedAt, leak_agreement: Agreement) -> None:
    world = leak_world()
    history = world.write()
    told = readiness(history, looked_at(history), leak_agreement)
    figures = told.figures
    assert figures["size.leads"] == world.n
    assert figures["size.won"] == sum(world.won & np.array([closed <= history.read_at for closed in world.closed]))
    delays = world.delay[world.won]
    assert figures["horizon.covered"] == pytest.approx((delays <= 60).mean(), abs=0.02)
    assert figures["horizon.delay_95_days"] == pytest.approx(np.quantile(delays, 0.95), rel=0.1)
    assert "horizon" in topics(told, "can")
    assert {"known_at", "worked", "dispositions", "unproven_fields"} <= topics(told, "cannot")
    assert "left_truncation" not in topics(told, "cannot")
    assert "What it cannot show" in told.in_words()


def test_a_horizon_that_is_too_short(leak_world: Any, looked_at: LookedAt, leak_agreement: Agreement) -> None:
    history = leak_world().write()
    short = replace(leak_agreement, outcome=Outcome(event="won", horizon_days=14))
    told = readiness(history, None, short)
    assert "horizon" in topics(told, "cannot")
    assert told.figures["round_horizon.days"] == 60


def test_left_truncation_is_found(leak_world: Any, leak_agreement: Agreement) -> None:
    """Closings are recorded from a day on only; the leads closed before then look open."""
    world = leak_world()
    cut = world.created[0] + timedelta(days=120)
    late = datetime.max.replace(tzinfo=cut.tzinfo)
    expected = sum(closed < cut for closed in world.closed)
    world.closed = [closed if closed >= cut else late for closed in world.closed]
    told = readiness(world.write(), None, leak_agreement)
    assert "left_truncation" in topics(told, "cannot")
    assert told.figures["left_truncation.expected_closings"] == pytest.approx(expected, rel=0.15)


def without_leads_closed_before(world: Any, cut: datetime, *, strays: int = 0) -> None:
    """Cut rows of leads closed before ``cut``, as an export of a CRM that was introduced then would; keep ``strays`` of them."""
    early = [i for i, closed in enumerate(world.closed) if closed < cut]
    gone = set(early[strays:])
    kept = [i for i in range(world.n) if i not in gone]
    world.created = [world.created[i] for i in kept]
    world.closed = [world.closed[i] for i in kept]
    world.won = world.won[kept]
    world.lead_fields = {name: (kind, [values[i] for i in kept]) for name, (kind, values) in world.lead_fields.items()}
    world.n = len(kept)


@pytest.mark.parametrize("strays", [0, 3])
def test_leads_that_are_missing_because_they_were_closed_early_are_noticed(
    leak_world: Any, leak_agreement: Agreement, strays: int
) -> None:
    world = leak_world(n_leads=4000)
    cut = world.created[0] + timedelta(days=100)
    without_leads_closed_before(world, cut, strays=strays)
    told = readiness(world.write(), None, leak_agreement)
    assert "left_truncation" in topics(told, "cannot")
    first_close = datetime.fromtimestamp(told.figures["left_truncation.first_close_us"] / 1e6, tz=cut.tzinfo)
    assert abs((first_close - cut).days) <= 3
    # the survivors' slow wins do not make the horizon longer than it is
    assert told.figures["horizon.delay_95_days"] == pytest.approx(np.exp(3.0 + 0.6 * 1.645), rel=0.1)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_history_from_its_first_day_on_is_not_called_truncated(
    leak_world: Any, leak_agreement: Agreement, seed: int
) -> None:
    told = readiness(leak_world(n_leads=4000, seed=seed).write(), None, leak_agreement)
    assert not told.sentences("left_truncation")


def test_too_few_wins(leak_world: Any, looked_at: LookedAt, leak_agreement: Agreement) -> None:
    history = leak_world(n_leads=200).write()
    told = readiness(history, looked_at(history), leak_agreement)
    assert {"size", "mature", "promise_T1"} <= topics(told, "cannot")
    assert told.figures["wins.wins"] == 60 - told.figures["mature.wins"]
    (advice,) = told.sentences("wins")
    assert "more wins are needed (in about" in advice


def test_what_more_data_would_buy(leak_world: Any, looked_at: LookedAt, leak_agreement: Agreement) -> None:
    """Some 400 wins in 500 days: a thousand are about two years away, and an error of 9 % is noticed then."""
    history = leak_world().write()
    told = readiness(history, looked_at(history), leak_agreement)
    figures = told.figures
    assert figures["error.chance_error"] == pytest.approx(1 / np.sqrt(figures["mature.wins"]))
    assert figures["more_wins_0.wins"] == 1000
    assert figures["more_wins_0.detectable_error"] == pytest.approx(2.8 / np.sqrt(1000))
    a_month = figures["mature.wins"] / (500 / 30.44)
    assert figures["more_wins_0.months"] == pytest.approx((1000 - figures["mature.wins"]) / a_month, rel=0.15)


def test_late_wins_are_counted(leak_world: Any, leak_agreement: Agreement) -> None:
    world = leak_world()
    history = world.write()
    told = readiness(history, None, leak_agreement)
    late = sum(
        won and days > 60 and closed <= history.read_at
        for won, days, closed in zip(world.won, world.delay, world.closed, strict=True)
    )
    assert told.figures["late_wins.wins"] == late > 0
    assert told.figures["late_wins.share"] == pytest.approx(late / told.figures["size.won"])


def test_delays_are_counted_from_the_hand_off_where_there_is_one(leak_world: Any, leak_agreement: Agreement) -> None:
    world = leak_world()
    world.tables["touches"] = [
        {"lead_id": f"L{i:05d}", "occurred_at": created + timedelta(days=days / 2), "kind": "call"}
        for i, (created, days) in enumerate(zip(world.created, world.delay, strict=True))
    ]
    told = readiness(world.write(has_touches=True), None, leak_agreement)
    assert told.figures["horizon.delay_95_days"] == pytest.approx(np.exp(3.0 + 0.6 * 1.645) / 2, rel=0.1)
    assert told.figures["horizon.covered_from_creation"] < told.figures["horizon.covered"]
    assert told.figures["round_horizon.days"] == 30


def test_a_flat_source(leak_world: Any, leak_agreement: Agreement) -> None:
    history = leak_world().write(dated=False)
    told = readiness(history, None, leak_agreement)
    assert "dates" in topics(told, "cannot")
    assert not {"horizon", "length", "events"} & (topics(told, "can") | topics(told, "cannot"))
    assert "The order of the rows is used as time" in _of_dates(told)


def test_a_flat_source_in_no_known_order(
    leak_world: Any, leak_agreement: Agreement, built: Callable[[History], TrainingData]
) -> None:
    """Its newest rows look different, and are any rows: check says that nothing is said of time, and looks for no drift."""
    history = replace(leak_world(n_leads=250).write(dated=False), order_is_time=False)
    assert "leads are tested at random, the model has no anchor" in _of_dates(readiness(history, None, leak_agreement))
    data = built(history)
    assert not data.order_is_time
    assert 7 in check_leaks(data, history, seed=1).not_run
    assert 7 not in check_leaks(replace(data, order_is_time=True), history, seed=1).not_run


def _of_dates(told: Readiness) -> str:
    return next(one.sentence for one in told.statements if one.topic == "dates")


def test_rejected_rows_are_told(leak_world: Any, leak_agreement: Agreement) -> None:
    history = replace(leak_world().write(), counts={"leads": TableCount(read=1507, used=1500, rejected=7)})
    assert readiness(history, None, leak_agreement).figures["rejected.rows"] == 7


def test_the_evidence_for_a_promise_is_that_of_the_method() -> None:
    """docs/method.md says: proving 30 % takes about 1,500 leads at 31.5 % observed, 100 at 36 %, 36 at 40 %."""
    assert leads_that_prove(0.3, 0.315, confidence=0.9) == pytest.approx(1500, rel=0.05)
    assert leads_that_prove(0.3, 0.36, confidence=0.9) == pytest.approx(100, rel=0.05)
    assert leads_that_prove(0.3, 0.40, confidence=0.9) == pytest.approx(36, abs=1)
    assert leads_that_prove(0.3, 0.30, confidence=0.9) is None
    rate = rate_that_proves(0.3, 100, confidence=0.9)
    assert rate is not None
    k = round(rate * 100)
    assert beta.sf(0.3, k + 0.5, 100.5 - k) >= 0.9 > beta.sf(0.3, k - 0.5, 101.5 - k)


def test_the_detectable_error_is_detected_four_times_out_of_five() -> None:
    rng = np.random.default_rng(0)
    wins = 400
    actual = rng.poisson(wins * (1 + detectable_error(wins)), 20_000)
    found = np.abs(actual - wins) / np.sqrt(wins) > 1.96
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_the_report_shows_everything_and_hostile_names_stay_text(
    leak_world: Any, looked_at: LookedAt, leak_agreement: Agreement
) -> None:
    world = leak_world(n_leads=600)
    world.plant("<img src=x onerror=alert(1)>", [float(won) for won in world.won], "number")
    history = world.write()
    data = looked_at(history)
    findings = find_leaks(data, history, seed=1)
    page = render_check_report(readiness(history, data, leak_agreement), findings, check_rules(history))
    assert "<img" not in page
    assert "&lt;img" in page
    assert "http://" not in page
    assert "https://" not in page
    for heading in ("What this data can show", "What it cannot show", "Rules on the tables"):
        assert heading in page
    assert "quarantine" in page
