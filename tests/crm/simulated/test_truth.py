"""The truth is calibrated in every corner, depends on what is recorded alone, and its AUC is a real company's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from leadq.crm.simulated import CompanySettings, SimulatedCompany, Truth, read_truth, simulate, write_truth
from leadq.crm.simulated.arrow_columns import lead_names
from leadq.crm.simulated.moments import DAY, MICROSECONDS, seconds
from leadq.crm.simulated.world import World, draw_world, truth_of
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.foundation.problems import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Open, worked leads at one age, with matured labels."""

    lead: Ints
    moment: Ints
    probability: Floats
    won: Bools


def look_at_age(world: World, truth: Truth, age: float) -> Look:
    fate = world.fate
    moment = world.leads.created + int(age * DAY)
    mature = moment + world.settings.horizon_days * DAY <= seconds(world.settings.end)
    lead = np.flatnonzero((moment < fate.closed) & fate.worked & mature)
    moment = moment[lead]
    ids = lead_names(lead).to_pylist()
    won = fate.won[lead] & (fate.closed[lead] <= moment + world.settings.horizon_days * DAY)
    return Look(lead=lead, moment=moment, probability=truth.probability(ids, moment * MICROSECONDS), won=won)


def off_by(look: Look, mask: Bools) -> float:
    """Mean probability minus share won, in standard errors."""
    p, won = look.probability[mask], look.won[mask]
    return float((p.sum() - won.sum()) / np.sqrt((p * (1 - p)).sum()))


def subgroups(world: World, look: Look) -> dict[str, Bools]:
    account = world.leads.account[look.lead]
    no_size = (account >= 0) & (world.accounts.size_known[account] > look.moment)
    no_industry = (account >= 0) & (world.accounts.industry_known[account] > look.moment)
    seen = (
        world.events.known
        <= (world.leads.created[:] + (look.moment[0] - world.leads.created[look.lead[0]]))[world.events.lead]
    )
    count = np.bincount(world.events.lead[seen], minlength=len(world.leads.created))[look.lead]
    return {
        "all": np.ones(len(look.lead), dtype=np.bool_),
        "size unrecorded": no_size,
        "industry unrecorded": no_industry,
        "all recorded": ~no_size & ~no_industry,
        "free mail": world.leads.kind[look.lead] == 1,
        "many events": count >= 10,
        "few events": count <= 2,
        "account known": world.leads.rank[look.lead] > 0,
    }


def distances(world: World, look: Look) -> dict[str, float]:
    """How far the truth is off in every subgroup and decile, in standard errors."""
    groups = subgroups(world, look)
    decile = np.argsort(np.argsort(look.probability)) * 10 // len(look.probability)
    groups |= {f"decile {number}": decile == number for number in range(10)}
    return {name: off_by(look, mask) for name, mask in groups.items()}


@pytest.mark.parametrize("age", [0, 7, 30])
def test_truth_is_calibrated_overall_by_decile_and_in_every_subgroup(large_world: World, age: float) -> None:
    look = look_at_age(large_world, truth_of(large_world), age)
    distance = distances(large_world, look)
    assert abs(distance["all"]) < 2
    assert max(map(abs, distance.values())) < 3.2, distance
    assert np.mean(np.abs(list(distance.values()))) < 1.4, distance


def test_the_calibration_test_notices_what_the_truth_must_not_leave_out(large_world: World) -> None:
    truth = truth_of(large_world)
    n = len(truth.created)
    spoiled = {
        "events": replace(truth, event_sum=np.zeros_like(truth.event_sum)),
        "time to a loss": replace(truth, fast_share=np.full(n, 0.02)),
        "hidden size taken as known": replace(truth, band=np.full(n, 2), size_known=truth.created),
        "speed of sales": replace(truth, speeds=np.tile([1.0, 0.0, 0.0], (n, 1))),
    }
    for name, wrong in spoiled.items():
        distance = distances(large_world, look_at_age(large_world, wrong, 7))
        assert max(map(abs, distance.values())) > 5, (name, distance)


def test_truth_is_calibrated_with_account_effects_and_fast_losses() -> None:
    settings = CompanySettings(n_leads=30_000, seed=5, account_effect_sd=0.8, losses="fast", drift="trend")
    world = draw_world(settings)
    truth = truth_of(world)
    look = look_at_age(world, truth, 7)
    everybody = np.ones(len(look.lead), dtype=np.bool_)
    assert abs(off_by(look, everybody)) < 2.5
    ignorant = replace(truth, settings=replace(settings, account_effect_sd=0.0))
    assert abs(off_by(look_at_age(world, ignorant, 7), everybody)) > 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_best_possible_auc_over_landmarks_is_a_real_companys(seed: int) -> None:
    world = draw_world(CompanySettings(n_leads=20_000, seed=seed))
    truth = truth_of(world)
    looks = [look_at_age(world, truth, age) for age in (0, 1, 3, 7, 14, 30, 60)]
    won = np.concatenate([look.won for look in looks])
    auc = roc_auc_score(won, np.concatenate([look.probability for look in looks]))
    assert 0.72 <= auc <= 0.80


@pytest.mark.parametrize("base_rate", [0.03, 0.10, 0.25])
def test_base_rate_is_kept(base_rate: float) -> None:
    world = draw_world(CompanySettings(n_leads=20_000, seed=4, base_rate=base_rate))
    look = look_at_age(world, truth_of(world), 0)
    assert look.probability.mean() == pytest.approx(base_rate, rel=0.1)


def test_truth_looks_at_nothing_that_is_not_recorded_yet(large_world: World) -> None:
    truth = truth_of(large_world)
    look = look_at_age(large_world, truth, 3)
    ids = lead_names(look.lead).to_pylist()
    now = np.zeros(len(truth.created), dtype=np.int64)
    now[look.lead] = look.moment
    late = truth.size_known > now
    assert late[look.lead].sum() > 1000
    other_band = np.where(late & (truth.band >= 0), (truth.band + 1) % 5, truth.band)
    events = large_world.events
    unknown = events.known > now[events.lead]
    later = replace(events, log_ratio=np.where(unknown, 5.0, events.log_ratio))
    assert unknown.any()
    changed = replace(truth_of(replace(large_world, events=later)), band=other_band)
    np.testing.assert_allclose(changed.probability(ids, look.moment * MICROSECONDS), look.probability, atol=1e-7)


def test_truth_does_not_change_when_the_company_is_read_later() -> None:
    settings = CompanySettings(n_leads=2_000, seed=9)
    early = simulate(settings, read_at=settings.end - timedelta(days=200))
    late = simulate(settings)
    ids = early.tables["leads"]["lead_id"].to_pylist()
    as_of = np.full(len(ids), np.datetime64(early.read_at.replace(tzinfo=None), "us"))
    before, after = early.truth.probability(ids, as_of), late.truth.probability(ids, as_of)
    np.testing.assert_array_equal(before, after)
    assert (before > 0).sum() > 100


def test_closed_leads_and_second_entries_cannot_win(small_company: SimulatedCompany) -> None:
    truth = small_company.truth
    n = len(truth.created)
    ids = lead_names(np.arange(n + truth.duplicates)).to_pylist()
    as_of = np.full(len(ids), np.datetime64(small_company.read_at.replace(tzinfo=None), "us"))
    is_open = np.append(truth.closed > small_company.read_at.timestamp(), np.zeros(truth.duplicates, dtype=bool))
    np.testing.assert_array_equal(truth.probability(ids, as_of) > 0, is_open)
    assert 0 < is_open.sum() < n
    assert 0.75 < truth.worked.mean() < 0.92


def test_bad_questions_are_refused(small_company: SimulatedCompany) -> None:
    truth = small_company.truth
    with pytest.raises(InputError, match="must be a lead of this company, got 'L9999999'"):
        truth.probability(["L9999999"], np.array([0]))
    with pytest.raises(InputError, match="must not be before the lead's creation"):
        truth.probability(["L0000005"], np.array([0]))


def test_truth_survives_its_files(small_company: SimulatedCompany, tmp_path: Path) -> None:
    write_truth(small_company.truth, tmp_path)
    again = read_truth(tmp_path)
    ids = lead_names(np.arange(500)).to_pylist()
    as_of = (small_company.truth.created[:500] + 5 * DAY) * MICROSECONDS
    np.testing.assert_array_equal(again.probability(ids, as_of), small_company.truth.probability(ids, as_of))
    assert again.settings == small_company.settings
    (tmp_path / "truth.npz").write_bytes(b"half a file")
    with pytest.raises(InputError, match="must hold the truth"):
        read_truth(tmp_path)
