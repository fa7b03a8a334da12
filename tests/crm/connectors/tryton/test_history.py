"""History out of a real Tryton server: the past as it was, whatever happened since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.connectors.tryton.opening import open_history
from leadq.crm.connectors.tryton.settings import ToTryton, TrytonHistory
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.simulate import simulate
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.tonight import OpenLeads, tonight
from tests.kept_by_leadq import HORIZON_DAYS, kept_by_leadq, measured
from tests.kept_by_sql import CREATED, kept_by_sql
from tests.tryton_past import FIELDS, OWN, Past, pasts_of, put_leads, put_past
from tests.tryton_server import DATABASE, LEADQ, PASSWORDS, REP, Tryton, running

pytestmark = pytest.mark.integration

NIGHT = datetime(2026, 8, 1, 2, tzinfo=UTC)
EASY = FeatureSettings(min_wins_at_age=1, min_rows_of_value=1, min_leads_of_kind=1, ages_days=(0, 7, 30))
DISPLAY = ["owner", "source", "campaign"]  # shown as they stand now; no feature reads them


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The same server, read at night and after two months in which people went on working."""

    server: Tryton
    pasts: list[Past]
    numbers: dict[str, int]
    night: Path
    later: Path


def extract(server: Tryton, folder: Path) -> dict[str, int]:
    history = TrytonHistory(lead_fields=FIELDS, columns=OWN)
    to = ToTryton(
        kind="tryton", address=server.address, database=DATABASE, user=LEADQ, password="${P}", history=history
    )
    source = open_history(to, {"P": PASSWORDS[LEADQ]})
    return dict(source.extract(folder, whole=False, progress=lambda words: None).rows)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    folder = tmp_path_factory.mktemp("tryton")
    made = simulate(CompanySettings(n_leads=640, base_rate=0.25, noise_fields=0, drift="none", duplicate_share=0.0))
    pasts = pasts_of(made)
    then = [past.until(NIGHT) for past in pasts if past.changes[0][0] <= NIGHT]
    with running() as server:
        numbers = put_leads(server, then)
        put_past(server, then, numbers)
        extract(server, folder / "night")
        numbers |= put_leads(server, [past for past in pasts if past.name not in numbers])
        put_past(server, pasts, numbers, after=NIGHT)
        rep = server.rpc(REP)  # and today
        opened = [numbers[past.name] for past in pasts if past.revisions()[-1][1]["state"] == "lead"]
        rep("sale.opportunity.write", opened[:40], {"authority": "decision_maker", "campaign": None})
        rep("sale.opportunity.write", opened[40:80], {"lq_decision": "rejected", "lq_rejection_reason": "no_budget"})
        rep("sale.opportunity.lost", opened[80:100])
        server.rpc(LEADQ)("sale.opportunity.write", opened, {"lq_score": 50, "lq_tier": "T1"})
        extract(server, folder / "later")
        yield Read(server=server, pasts=pasts, numbers=numbers, night=folder / "night", later=folder / "later")


def rows_of(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return found


def history_of(extracted: Path, folder: Path, read_at: datetime) -> History:
    tables = ("leads", "accounts", "opportunities", "field_history", "touches", "dispositions")
    folder.mkdir()
    config = {
        "store": "store",
        "agreement": "agreement.yaml",
        "sources": {table: {"path": str(extracted / f"{table}.parquet")} for table in tables},
        "outcome": {"from": "opportunities", "won": ["won"], "lost": ["lost"], "open": ["open"]},
    }
    (folder / "leadq.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return read_history(read_config(folder / "leadq.yaml"), folder=folder / "history", read_at=read_at, threads=1)


def test_features_as_of_a_past_night_are_those_of_that_night(read: Read, tmp_path: Path, agreement: Any) -> None:
    night = history_of(read.night, tmp_path / "night", NIGHT)
    later = history_of(read.later, tmp_path / "later", datetime.now(UTC) + timedelta(days=1))
    with open_engine() as backend:
        catalogue = build_training_data(backend, night, agreement, EASY).catalogue
        one, two = (
            pa.Table.from_batches(
                list(
                    tonight(backend, OpenLeads(history=history, agreement=agreement, catalogue=catalogue, as_of=NIGHT))
                )
            ).drop_columns(DISPLAY)
            for history in (night, later)
        )
        today = pa.Table.from_batches(
            list(
                tonight(
                    backend, OpenLeads(history=later, agreement=agreement, catalogue=catalogue, as_of=later.read_at)
                )
            )
        )
    assert len(rows_of(read.night, "leads")) >= 500
    assert one.num_rows > 50
    assert one.to_pandas().equals(two.to_pandas())
    assert not one.to_pandas().equals(today.drop_columns(DISPLAY).to_pandas()), "nothing has happened since"


def test_what_tryton_says_of_a_past_moment_is_what_the_history_says(read: Read) -> None:
    leads = {row["lead_id"]: row for row in rows_of(read.later, "leads")}
    changes = sorted(rows_of(read.later, "field_history"), key=lambda row: row["changed_at"], reverse=True)
    for days in (3, 100, 400):
        moment = NIGHT - timedelta(days=days)
        keys = [key for key, row in leads.items() if row["created_at"] <= moment][:80]
        told = read.server.rpc(REP).context | {"_datetime": _sent(moment)}
        ids = [int(key) for key in keys]
        found = read.server.rpc(REP)("sale.opportunity.read", ids, ["state", "authority", "timeline"], **told)
        held = {key: {"state": leads[key]["status"], **leads[key]} for key in keys}
        for change in changes:
            if change["entity_id"] in held and change["changed_at"] > moment:
                name = "state" if change["field"] == "status" else change["field"]
                held[change["entity_id"]][name] = change["old_value"]
        assert {str(row["id"]): (row["state"], row["authority"], row["timeline"]) for row in found} == {
            key: (row["state"], row["authority"], row["timeline"]) for key, row in held.items()
        }


@pytest.mark.parametrize("which", ["night", "later"])
def test_the_kept_figures_are_those_of_plain_sql(read: Read, tmp_path: Path, which: str) -> None:
    read_at = NIGHT if which == "night" else datetime.now(UTC) + timedelta(days=1)
    history = history_of(getattr(read, which), tmp_path / which, read_at)
    found = measured(history)
    by_sql = kept_by_sql(history.folder, history.read_at, horizon_days=HORIZON_DAYS, shown=CREATED)
    assert kept_by_leadq(found) == by_sql.counts
    assert by_sql.counts[None]["won"] > 20
    assert by_sql.counts[None]["never_worked"] > 20
    assert found.recorded == ("created",)
    assert [(one.moments.stage, one.moments.source, one.moments.missing) for one in found.stages] == [
        ("MQL", "not recorded", ("account.employees", "events")),
        ("SAL", "checks", ()),
        ("SQL", "checks", ()),
    ]


def test_outcomes_are_dated_by_the_revision(read: Read) -> None:
    told = {(row["lead_id"], row["outcome"], row["closed_at"]) for row in rows_of(read.later, "opportunities")}
    wins = {
        (str(read.numbers[past.name]), "won", moment)
        for past in read.pasts
        for moment, values in past.changes
        if values.get("state") == "won"
    }
    assert len(wins) > 30
    assert {one for one in told if one[1] == "won"} == wins


def test_answers_are_dispositions_and_nothing_of_ours_or_of_people_is_read(read: Read) -> None:
    answers = rows_of(read.later, "dispositions")
    today = [row for row in answers if row["decided_at"] > NIGHT + timedelta(days=90)]
    assert {(row["decision"], row["reason"], row["channel"]) for row in today} == {("rejected", "no_budget", "crm")}
    assert len(today) >= 30
    assert not [row for row in rows_of(read.later, "field_history") if row["field"].startswith("lq_")]
    for path in read.later.glob("*.parquet"):
        table = pq.read_table(path)
        assert not [name for name in table.column_names if name.startswith("lq_")]
        words = {str(value) for column in table.columns for value in column.to_pylist()}
        assert not words & {"sam", "Acme", "Called.", "Nobody's"}, path


def _sent(moment: datetime) -> dict[str, Any]:
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{part: getattr(moment, part) for part in parts}}
