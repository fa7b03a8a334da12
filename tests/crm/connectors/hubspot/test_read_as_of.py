"""Read late, HubSpot's own history gives the features that a reading of that night gave, bit by bit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.connectors.hubspot.history.queries import HistorySettings
from leadq.crm.connectors.hubspot.history.reader import HubspotHistorySource
from leadq.crm.reading.ingest import read_history
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.tonight import OpenLeads, tonight
from tests.crm.connectors.hubspot.company import DAYS, NIGHT, QUEUE, SELLERS, START, Company
from tests.crm.connectors.hubspot.delivering import session_of
from tests.fake_hubspot.server import running
from tests.kept_by_leadq import HORIZON_DAYS, kept_by_leadq, measured
from tests.kept_by_sql import CREATED, OWNED, all_active, kept_by_sql

pytestmark = pytest.mark.integration

CONTACTS = 1_150
SHOWN_NOW = {"owner", "source", "campaign"}
CONFIG = """
agreement: agreement.yaml
store: store
sources:
  leads: {path: extract/leads.parquet, own_fields: {take: all}}
  accounts: {path: extract/accounts.parquet}
  opportunities: {path: extract/opportunities.parquet}
  events: {path: extract/events.parquet}
  field_history: {path: extract/field_history.parquet}
  touches: {path: extract/touches.parquet}
  dispositions: {path: extract/dispositions.parquet}
  lead_aliases: {path: extract/lead_aliases.parquet}
outcome: {from: opportunities, won: [won], lost: [lost], open: [open]}
"""


def _read(fake, folder: Path, read_at):
    source = HubspotHistorySource(session=session_of(fake), settings=HistorySettings(lead_fields=("use_case",)))
    source.extract(folder / "extract", whole=False, progress=lambda _: None)
    (folder / "leadq.yaml").write_text(CONFIG, encoding="utf-8")
    config = read_config(folder / "leadq.yaml", environment={})
    return read_history(config, folder=folder / "history", read_at=read_at)


@pytest.fixture(scope="module")
def both_readings(tmp_path_factory):
    """Return the catalogue and what scoring sees as of NIGHT: read that night, and read two months later."""
    agreement = parse_agreement(template_text(), where="agreement.yaml")
    end = START + timedelta(days=DAYS)
    with running() as fake:
        company = Company(fake.account, contacts=CONTACTS)
        company.until(NIGHT)
        then = _read(fake, tmp_path_factory.mktemp("then"), NIGHT)
        company.merged.clear()
        before = {key: dict(one.properties) for key, one in fake.account.records["contacts"].items()}
        company.until(end)
        changed = sum(fake.account.records["contacts"][key].properties != values for key, values in before.items())
        assert changed > 100  # else nothing is shown
        later = _read(fake, tmp_path_factory.mktemp("later"), end)
    with open_engine() as backend:
        catalogue = build_training_data(
            backend, then, agreement, FeatureSettings(min_wins_at_age=3, ages_days=(0, 30, 120))
        ).catalogue
        seen = [
            pa.Table.from_batches(
                list(
                    tonight(backend, OpenLeads(history=history, agreement=agreement, catalogue=catalogue, as_of=NIGHT))
                )
            ).to_pandas()
            for history in (then, later)
        ]
    apart = merged_apart(then, company.merged)
    return catalogue, later, apart, *(table.set_index("lead_id").sort_index() for table in seen)


def merged_apart(history, merged: set[str]) -> set[str]:
    """Return leads that a merge since has touched, and their colleagues: HubSpot does not keep whose call was whose before it."""
    leads = pq.read_table(history.path("leads"), columns=["lead_id", "account_id"]).to_pandas()
    accounts = set(leads.loc[leads.lead_id.isin(merged), "account_id"].dropna())
    return merged | set(leads.loc[leads.account_id.isin(accounts), "lead_id"])


def test_every_feature_of_that_night_is_the_same(both_readings) -> None:
    catalogue, _, apart, then, later = both_readings
    then, later = (table[~table.index.isin(apart)] for table in (then, later))
    assert list(then.index) == list(later.index)
    assert len(then) >= 500
    unproven = {feature.name for feature in catalogue.features if not feature.proven}
    names = [name for name in then.columns if name not in SHOWN_NOW and name.removeprefix("code:") not in unproven]
    assert len(names) > 40
    assert [name for name in names if not then[name].equals(later[name])] == []


@pytest.mark.parametrize("listed", [False, True])
def test_the_kept_figures_are_those_of_plain_sql(both_readings, listed: bool, tmp_path: Path) -> None:
    """Without a list of owners the hand-over is the creation; with one it is the first owner who sells."""
    history = replace(both_readings[1], folder=tmp_path / "history")
    shutil.copytree(both_readings[1].folder, history.folder)
    begun = None
    if listed:
        all_active(history.folder, selling=SELLERS, others=(QUEUE,))
        begun = history.tracked_since["lead.owner"]
    found = measured(history)
    by_sql = kept_by_sql(
        history.folder, history.read_at, horizon_days=HORIZON_DAYS, shown=OWNED if listed else CREATED, begun=begun
    )
    assert kept_by_leadq(found) == by_sql.counts
    assert found.counts[-1].backlog == by_sql.backlog
    assert found.counts[-1].period.source == ("owner_assigned" if listed else "created")
    assert by_sql.counts[None]["won"] > 20
    assert by_sql.counts[None]["never_worked"] > 20
    assert [(one.moments.stage, one.moments.source) for one in found.stages] == [
        ("MQL", "checks"),
        ("SAL", "checks"),
        ("SQL", "not recorded"),
    ]


def test_nothing_personal_was_read(both_readings) -> None:
    history = both_readings[1]
    for path in history.folder.parent.glob("extract/*.parquet"):
        text = str(pq.read_table(path).to_pylist())
        assert not [word for word in ("Person", "Ann", "@", "+49", "lq_", "said") if word in text], path
