"""The tables are the contract's, never later than they were read, the same for the same seed, and full of trouble."""

from __future__ import annotations

import hashlib
import io
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.crm_tables import LATER_TABLES, REQUIRED, TABLES
from leadq.crm.reading.ingest import read_history
from leadq.crm.simulated import CompanySettings, SimulatedCompany, simulate, write_company
from leadq.crm.simulated.tables.own_fields import BACKFILLED
from leadq.foundation.problems import ConfigError


def fingerprint(company: SimulatedCompany) -> str:
    digest = hashlib.sha256()
    for name, table in company.tables.items():
        sink = io.BytesIO()
        pq.write_table(table, sink)
        digest.update(name.encode() + sink.getvalue())
    return digest.hexdigest()


def own_columns(company: SimulatedCompany, table: str) -> list[str]:
    return list(company.tables[table].column_names[len(TABLES[table]) :])


def test_tables_conform_to_the_contract(small_company: SimulatedCompany) -> None:
    assert list(small_company.tables) == [table for table in TABLES if table not in LATER_TABLES]
    for name, table in small_company.tables.items():
        assert table.schema.names[: len(TABLES[name])] == TABLES[name].names
        assert [table.schema.field(field.name).type for field in TABLES[name]] == list(TABLES[name].types)
        assert table.num_rows > 0
        assert all(table[column].null_count == 0 for column in REQUIRED[name]), name
    leads, accounts = small_company.tables["leads"], small_company.tables["accounts"]
    assert pc.count_distinct(leads["lead_id"]).as_py() == leads.num_rows
    assert set(leads["account_id"].drop_null().to_pylist()) == set(accounts["account_id"].to_pylist())
    for name in ("touches", "dispositions"):
        assert set(small_company.tables[name]["lead_id"].to_pylist()) <= set(leads["lead_id"].to_pylist())
    events = small_company.tables["events"]
    named = pa.chunked_array(pc.xor(events["lead_id"].is_valid(), events["account_id"].is_valid()))
    assert pc.all(named).as_py()


@pytest.mark.parametrize("days_before_the_end", [0, 333])
def test_no_row_is_later_than_the_moment_of_reading(days_before_the_end: int) -> None:
    settings = CompanySettings(n_leads=3_000, seed=8)
    company = simulate(settings, read_at=settings.end - timedelta(days=days_before_the_end))
    for name, table in company.tables.items():
        for field in table.schema:
            if pa.types.is_timestamp(field.type):
                latest = pc.max(table[field.name]).as_py()
                assert latest is None or latest <= company.read_at, (name, field.name)


def test_what_was_recorded_earlier_is_still_there_later() -> None:
    settings = CompanySettings(n_leads=3_000, seed=8)
    read_at = settings.end - timedelta(days=150)
    early, late = simulate(settings, read_at=read_at), simulate(settings)
    known = pc.field("lead_id").isin(early.tables["leads"]["lead_id"].combine_chunks())
    clock = pa.scalar(read_at, pa.timestamp("us", tz="UTC"))
    in_time = {
        "events": known
        & (pc.field("occurred_at") <= clock)
        & (pc.field("known_at").is_null() | (pc.field("known_at") <= clock)),
        "touches": known & (pc.field("occurred_at") <= clock),
        "dispositions": known & (pc.field("decided_at") <= clock),
        "field_history": pc.field("changed_at") <= clock,
        "lead_aliases": pc.field("merged_at") <= clock,
    }
    for name, condition in in_time.items():
        before = early.tables[name]
        if name == "events":
            before = before.filter(pc.field("lead_id").is_valid())
        assert 0 < before.num_rows < late.tables[name].num_rows
        assert late.tables[name].filter(condition).equals(before), name


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    settings = CompanySettings(n_leads=1_500, seed=21)
    first = simulate(settings)
    assert fingerprint(first) == fingerprint(simulate(settings))
    assert fingerprint(first) != fingerprint(simulate(CompanySettings(n_leads=1_500, seed=22)))


def test_more_noise_fields_change_nothing_else() -> None:
    few = simulate(CompanySettings(n_leads=1_500, noise_fields=0))
    many = simulate(CompanySettings(n_leads=1_500, noise_fields=30))
    assert len(own_columns(many, "leads")) == len(own_columns(few, "leads")) + 25
    assert len(own_columns(many, "accounts")) == 5
    for name, table in few.tables.items():
        assert many.tables[name].select(table.column_names).equals(table), name


def test_planted_field_is_filled_after_the_close_and_status_leaks(small_company: SimulatedCompany) -> None:
    leads = small_company.tables["leads"]
    won_ids = small_company.tables["opportunities"].filter(pc.field("outcome") == "won")["lead_id"]
    won = pc.is_in(leads["lead_id"], value_set=won_ids.drop_null().combine_chunks()).to_numpy()
    filled = leads[BACKFILLED].is_valid().to_numpy()
    disqualified = pc.equal(leads["status"], "Disqualified").to_numpy()
    still_open = pc.is_in(leads["status"], value_set=pa.array(["New", "Working"])).to_numpy()
    assert 0.78 < filled[won].mean() < 0.9
    assert 0.02 < filled[disqualified].mean() < 0.06
    assert not filled[still_open].any()
    assert not disqualified[won].any()


def test_every_trouble_of_the_real_thing_is_there(small_company: SimulatedCompany) -> None:
    tables = small_company.tables
    leads, accounts, events = tables["leads"], tables["accounts"], tables["events"]
    n = leads.num_rows
    missing = accounts["employees"].null_count / accounts.num_rows
    assert 0.08 < missing < 0.25
    enriched = pc.sum(pc.equal(tables["field_history"]["field"], "industry")).as_py() / accounts.num_rows
    assert 0.1 < enriched < 0.4
    assert 0.07 < pc.sum(pc.equal(leads["email_domain"], "gmail.com")).as_py() * 5 / n < 0.14
    assert pc.sum(pc.ends_with(leads["email_domain"], ".edu")).as_py() > 0.01 * n
    assert pc.sum(pc.equal(accounts["domain"], "rival.example")).as_py() > 0
    people = leads.group_by("account_id").aggregate([("lead_id", "count")])["lead_id_count"].to_numpy()
    assert (people > 1).sum() > 500
    worked = pc.count_distinct(tables["touches"]["lead_id"]).as_py() / n
    assert 0.75 < worked < 0.92
    aliases = tables["lead_aliases"]
    old = pc.is_in(events["lead_id"], value_set=aliases["old_lead_id"].combine_chunks())
    assert pc.sum(old).as_py() > 0
    assert 0.005 < aliases.num_rows / n < 0.02
    reasons = set(tables["dispositions"]["reason"].drop_null().to_pylist())
    assert {"competitor", "student", "outside_icp", "unreachable"} <= reasons
    late = events.filter(events["known_at"].is_valid())
    assert set(late["kind"].to_pylist()) == {"webinar"}
    assert pc.all(pc.greater(late["known_at"], late["occurred_at"])).as_py()
    assert "<script>alert('lead')</script>" in leads["campaign"].to_pylist()
    assert pc.sum(tables["opportunities"]["lead_id"].is_null()).as_py() > 0
    assert {"won", "lost", "open"} == set(tables["opportunities"]["outcome"].to_pylist())


def test_the_reader_finds_the_outcomes_that_happened(small_company: SimulatedCompany, tmp_path: Path) -> None:
    write_company(small_company, tmp_path / "company")
    assert not list((tmp_path / "company").glob("truth*"))
    config = read_config(tmp_path / "company" / "leadq.yaml")
    history = read_history(config, folder=tmp_path / "history", read_at=small_company.read_at)
    assert history.counts["leads"].rejected == 0
    assert {field.name for field in history.own_fields} >= {BACKFILLED, "product_interest", "seats_wanted"}
    outcomes = pq.read_table(history.path("outcomes"))
    truth = small_company.truth
    end = int(small_company.read_at.timestamp())
    won = outcomes.filter(pc.field("outcome") == "won")
    ids = won["lead_id"].to_pylist()
    closed = won["occurred_at"].cast(pa.int64()).to_numpy()
    number = np.array([int(name[1:]) for name in ids])
    np.testing.assert_array_equal(closed, truth.closed[number] * 1_000_000)
    moment = closed - 1_000_000
    assert (truth.probability(ids, moment) > 0).all()
    lost = set(outcomes.filter(pc.field("outcome") == "lost")["lead_id"].to_pylist())
    over = {f"L{i:07d}" for i in np.flatnonzero(truth.closed <= end)}
    assert over == (lost | set(ids)) & {f"L{i:07d}" for i in range(len(truth.created))}
    assert set(outcomes["outcome"].to_pylist()) == {"won", "lost"}


def test_fifty_thousand_leads_take_seconds() -> None:
    begun = time.process_time()
    company = simulate(CompanySettings(n_leads=50_000, seed=2))
    assert time.process_time() - begun < 20
    assert 50_000 < company.tables["leads"].num_rows < 52_500
    assert 8 < company.tables["events"].num_rows / 50_000 < 20


def test_bad_settings_are_refused_all_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        CompanySettings(n_leads=3, base_rate=1.5, drift="sideways")  # type: ignore[arg-type]
    assert len(refused.value.problems) == 3
    with pytest.raises(ConfigError, match="read_at"):
        simulate(CompanySettings(), read_at=datetime(2050, 1, 1, tzinfo=UTC))
