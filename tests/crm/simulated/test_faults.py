"""Each planted fault is found by plain SQL, a clean company has none, and planting one changes nothing that it does not mean to change."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.simulated import (
    CompanySettings,
    PlantedFaults,
    SimulatedCompany,
    read_truth,
    simulate,
    write_planted,
    write_truth,
)
from leadq.crm.simulated.faults.planted import FAULTS, FORMER, NOTHING
from leadq.foundation.problems import ConfigError
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.demo import demo
from tests.crm.simulated.fault_queries import DUTIES, MACROS, QUERIES

EARLIER = timedelta(days=60)
LEADS, MANY_LEADS = 3_000, 12_000
SMALL_EFFECTS = ("hopeful-model",)
"""What only a larger company shows."""
OF_LEADS = ("leads", "opportunities", "events", "touches", "dispositions")
CHANGED = {
    "outside-office-hours": {"touches"},
    "stuffed-campaign": {"events"},
    "missed-nurture": {"events"},
    "mailings-to-the-lost": {"events"},
    "contradicting-reasons": {"dispositions", "events"},
    "late-entries": {"opportunities", "touches"},
    "incomplete-call-logs": {"touches"},
    "churn": {"customers"},
}
"""Tables that faults of records change; the others are the same to the last byte."""
OF_SINGLE_LEADS = sorted(
    set(FAULTS)
    - {"closed-on-holidays", "unequal-owners", "everything-accepted", "late-entries", "outside-office-hours"}
)
"""Faults that concern some leads, and at most others of the same company."""


def settings_of(*names: str, leads: int = LEADS) -> CompanySettings:
    return CompanySettings(
        n_leads=leads, seed=5, base_rate=0.25, drift="none", noise_fields=0, planted=PlantedFaults.named(names)
    )


@cache
def company_of(*names: str, leads: int = LEADS) -> SimulatedCompany:
    return simulate(settings_of(*names, leads=leads))


def figure_of(name: str, *planted: str, leads: int = LEADS) -> float:
    """Answer the query of a fault in a company with these faults."""
    found = database_of(*planted, leads=leads).execute(QUERIES[name].sql).fetchone()
    assert found is not None
    return float(found[0] or 0)


@cache
def database_of(*names: str, leads: int) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'; SET threads = 1")
    company = company_of(*names, leads=leads)
    if names in ((), ("late-entries",)):
        database.execute("CREATE SCHEMA earlier; USE earlier")
        load(database, simulate(company.settings, read_at=company.read_at - EARLIER))
        database.execute("USE main")
    load(database, company)
    return database


def load(database: duckdb.DuckDBPyConnection, company: SimulatedCompany) -> None:
    """Load what the company exports; a table that it does not have is empty."""
    for table in TABLES:
        database.register("exported", company.tables.get(table, TABLES[table].empty_table()))
        database.execute(f"CREATE TABLE {table} AS FROM exported")
        database.unregister("exported")
    database.execute(MACROS)


def test_there_is_a_query_for_every_fault() -> None:
    assert set(QUERIES) == set(FAULTS)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.acceptance if name in SMALL_EFFECTS else ()) for name in sorted(QUERIES)],
)
def test_a_planted_fault_is_found_by_sql_and_a_clean_company_has_none(name: str) -> None:
    leads = MANY_LEADS if name in SMALL_EFFECTS else LEADS
    assert figure_of(name, leads=leads) <= QUERIES[name].above < figure_of(name, name, leads=leads)


def test_a_clean_company_keeps_every_duty() -> None:
    database = database_of(leads=LEADS)
    broken = {duty: (database.execute(sql).fetchone() or (None,))[0] for duty, sql in DUTIES.items()}
    assert broken == dict.fromkeys(DUTIES, 0.0)
    promised = "SELECT count(*) FROM dispositions WHERE reason = 'unreachable'"
    assert (database.execute(promised).fetchone() or (0,))[0] > 20


def test_the_former_company_has_the_faults_it_was_found_to_have() -> None:
    for name in ("outside-office-hours", "contradicting-reasons", "missed-nurture"):
        assert figure_of(name, FORMER) > QUERIES[name].above


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_fault_of_records_changes_its_own_tables_only(name: str) -> None:
    clean, planted = company_of().tables, company_of(name).tables
    changed = {table for table in planted if table not in clean or not planted[table].equals(clean[table])}
    assert changed == CHANGED[name]


@pytest.mark.parametrize("name", OF_SINGLE_LEADS)
def test_leads_that_a_fault_does_not_concern_stay_as_they_are(name: str) -> None:
    clean, planted = company_of(), company_of(name)
    marked = planted.planted[name]["lead_id"].combine_chunks()
    assert 0 < len(marked.unique()) < LEADS
    leads = clean.tables["leads"]
    touched = leads.filter(pc.is_in(leads["lead_id"], value_set=marked))["account_id"].drop_null().combine_chunks()
    alone = leads.filter(pc.invert(pc.is_in(leads["account_id"], value_set=touched)))["lead_id"].combine_chunks()
    others = alone.filter(pc.invert(pc.is_in(alone, value_set=marked)))
    others = others.filter(pc.less(others, f"L{LEADS:07d}"))  # without second entries
    assert len(others) > 0.2 * LEADS
    for table in OF_LEADS:
        assert rows_of(planted.tables[table], others).equals(rows_of(clean.tables[table], others)), table


def rows_of(table: pa.Table, leads: pa.Array) -> pa.Table:
    own = [name for name in table.column_names if name != "lq_sample"]
    return table.select(own).filter(pc.is_in(table["lead_id"], value_set=leads))


def test_marks_are_no_part_of_the_tables_and_effect_sizes_survive_their_file(tmp_path: Path) -> None:
    company = company_of("wrong-rejections")
    assert set(company.tables) == set(company_of().tables)
    write_truth(company.truth, tmp_path)
    write_planted(company_of("re-entries").planted, tmp_path)
    write_planted(company.planted, tmp_path)
    assert [path.name for path in (tmp_path / "planted").iterdir()] == ["wrong-rejections.parquet"]
    again = read_truth(tmp_path)
    assert again.settings == company.settings
    assert '"worked_again_share": 0.4' in (tmp_path / "truth.json").read_text()


def test_the_command_line_lists_every_fault(tmp_path: Path) -> None:
    told = demo(tmp_path / "demo", leads=500, seed=7, plant=["list"], environment={}, progress=silent)
    assert all(name in told.words for name in (*FAULTS, FORMER, NOTHING))
    with pytest.raises(ConfigError, match="Did you mean rep-delay"):
        demo(tmp_path / "demo", leads=500, seed=7, plant=["rep_delay"], environment={}, progress=silent)
    assert not (tmp_path / "demo").exists()


def test_unknown_faults_are_refused_with_the_names_and_the_remedy_works() -> None:
    with pytest.raises(ConfigError, match="Did you mean rep-delay") as refused:
        PlantedFaults.named(["rep-delays", "wrong"])
    assert len(refused.value.problems) == 2
    with pytest.raises(ConfigError, match=f"Leave {FORMER} out: rep-delay"):
        PlantedFaults.named([FORMER, "rep-delay"])
    assert PlantedFaults.named(["rep-delay"]).names == ("rep-delay",)
    assert PlantedFaults.named([NOTHING]) == PlantedFaults()
