"""A night rebuilt: features as of then, from an organisation read months later, are those of an extract made that night, bit by bit."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.history.bulk_query import SalesforceReader
from leadq.crm.connectors.salesforce.history.reader import read_history
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.crm.contract.history import History, open_history
from leadq.crm.reading.ingest import read_history as ingest
from leadq.features.build_training_data import build_training_data
from leadq.features.catalogue import Catalogue
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.tonight import OpenLeads, tonight
from tests.crm.connectors.salesforce.living import BEGIN, OWNERS, SETTINGS, TRACKED, UNTRACKED, Clock, Company
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.session import session_to
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET
from tests.kept_by_leadq import HORIZON_DAYS, kept_by_leadq, measured
from tests.kept_by_sql import CREATED, OWNED, all_active, kept_by_sql

pytestmark = pytest.mark.integration

NIGHT = BEGIN + timedelta(days=130)
LATER = NIGHT + timedelta(days=45)
SHOWN_NOW = {"owner", "source", "campaign"}
CONFIG = """
store: store
agreement: agreement.yaml
sources:
  leads: {path: extract/leads.parquet, own_fields: {take: all}}
  accounts: {path: extract/accounts.parquet}
  opportunities: {path: extract/opportunities.parquet}
  events: {path: extract/events.parquet}
  field_history: {path: extract/field_history.parquet}
  touches: {path: extract/touches.parquet}
outcome: {from: opportunities, won: [won], lost: [lost], open: [open]}
rejected_share: 0.5
"""


class Night(NamedTuple):
    """What is known of the night, then and later."""

    catalogue: Catalogue
    then: pd.DataFrame
    later: pd.DataFrame
    folder: Path


def _extract(fake: FakeSalesforce, folder: Path, *, whole: bool = False) -> None:
    who = SignIn(domain="acme.my", consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET)
    patience = Patience(sleep=lambda _: None, now=fake.organisation.now, chance=random.Random(1))
    with session_to(fake.address) as http:
        reader = SalesforceReader(Connection(who, http=http, patience=patience))
        read_history(reader, folder / "extract", SETTINGS, whole=whole)


def _ingested(folder: Path, read_at: datetime) -> History:
    (folder / "leadq.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "agreement.yaml").write_text(template_text(), encoding="utf-8")
    return ingest(read_config(folder / "leadq.yaml", environment={}), folder=folder / "history", read_at=read_at)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("rebuilt")
    clock = Clock()
    with running(clock) as fake:
        fake.queries.polls = 0
        fake.sign_in.lifetime = timedelta(days=400)
        company = Company(fake, clock)
        company.live(NIGHT)
        _extract(fake, folder / "then")
        shutil.copytree(folder / "then", folder / "later")
        company.live(LATER)
        _extract(fake, folder / "later")  # what changed since, laid over
        _extract(fake, folder / "anew", whole=True)
    then, later = _ingested(folder / "then", NIGHT), _ingested(folder / "later", LATER)
    agreement = parse_agreement(template_text(), where="agreement.yaml")
    with open_engine() as backend:
        settings = FeatureSettings(ages_days=(0, 30), min_wins_at_age=3, min_rows_of_value=5, min_leads_of_kind=5)
        catalogue = build_training_data(backend, then, agreement, settings).catalogue
        seen = [
            pa.Table.from_batches(
                list(
                    tonight(backend, OpenLeads(history=history, agreement=agreement, catalogue=catalogue, as_of=NIGHT))
                )
            )
            .to_pandas()
            .set_index("lead_id")
            for history in (then, later)
        ]
    return Night(catalogue, *seen, folder)


def test_the_same_leads_are_open(night: Night) -> None:
    assert list(night.then.index) == list(night.later.index)
    assert len(night.then) >= 500


def test_tracked_fields_and_all_that_has_a_date_are_the_same_bit_by_bit(night: Night) -> None:
    unproven = {feature.name for feature in night.catalogue.features if not feature.proven}
    names = [name for name in night.then if name not in SHOWN_NOW and name.removeprefix("code:") not in unproven]
    assert len(names) > 30
    assert [name for name in names if not night.then[name].equals(night.later[name])] == []


def test_the_fields_did_change_meanwhile_and_untracked_ones_are_marked_unproven(night: Night) -> None:
    proven = {feature.source: feature.proven for feature in night.catalogue.features}
    assert proven[f"leads.{TRACKED}"]
    assert not proven[f"leads.{UNTRACKED}"]
    [untracked] = [one.name for one in night.catalogue.features if one.source == f"leads.{UNTRACKED}"]
    assert (night.then[untracked].fillna("") != night.later[untracked].fillna("")).sum() > 20
    current = [
        pq.read_table(night.folder / when / "extract" / "leads.parquet").to_pandas().set_index("lead_id")
        for when in ("then", "later")
    ]
    here = night.then.index
    for name in (TRACKED, "title", "country"):
        assert (current[0].loc[here, name].fillna("") != current[1].loc[here, name].fillna("")).sum() > 20, name


@pytest.mark.parametrize("listed", [False, True], ids=["created", "owners"])
def test_the_kept_figures_are_those_of_plain_sql(night: Night, tmp_path: Path, listed: bool) -> None:
    """The hand-over is the lead's creation, or when somebody who sells got it: the history of owners, by id."""
    there = open_history(night.folder / "later" / "history")
    history = replace(there, folder=tmp_path / "history")
    shutil.copytree(there.folder, history.folder)
    begun = None
    if listed:
        *sellers, queue = OWNERS
        all_active(history.folder, selling=sellers, others=(queue,))
        begun = history.tracked_since["lead.owner"]
    found = measured(history)
    by_sql = kept_by_sql(
        history.folder, history.read_at, horizon_days=HORIZON_DAYS, shown=OWNED if listed else CREATED, begun=begun
    )
    assert kept_by_leadq(found) == by_sql.counts
    assert by_sql.counts[None]["won"] > 5
    assert by_sql.counts[None]["never_worked"] > 5
    assert found.recorded == (("owner_assigned", "created") if listed else ("created",))
    assert found.counts[-1].backlog == by_sql.backlog
    assert [(one.moments.stage, one.moments.source, one.moments.missing) for one in found.stages] == [
        ("MQL", "not recorded", ("account.employees",)),
        ("SAL", "checks", ()),
        ("SQL", "not recorded", ("lead.authority", "lead.timeline")),
    ]


def test_of_owners_nothing_but_their_ids_is_kept(night: Night) -> None:
    for path in (night.folder / "later" / "extract").rglob("*.parquet"):
        text = str(pq.read_table(path).to_pylist())
        assert not [name for name in OWNERS.values() if name in text], path
    changes = pq.read_table(night.folder / "later" / "extract" / "field_history.parquet").to_pylist()
    owners = [one for one in changes if one["field"] == "owner"]
    assert len(owners) > 50
    assert {value for one in owners for value in (one["old_value"], one["new_value"])} == set(OWNERS)


def test_what_changed_laid_over_the_first_reading_is_a_reading_of_everything(night: Night) -> None:
    folders = [night.folder / name / "extract" for name in ("later", "anew")]
    files = [{path.name: path.read_bytes() for path in folder.glob("*.parquet")} for folder in folders]
    assert len(files[0]) == 8
    assert [name for name in files[0] if files[0][name] != files[1][name]] == []
