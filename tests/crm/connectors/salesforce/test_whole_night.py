"""A night through the delivery core into the fake organisation, with a fault at every kind of step and leads that sales moved on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from leadq.crm.connectors.salesforce.connector import CONNECTOR as SALESFORCE
from leadq.serving.delivery.deliver import Tonight, Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.reporting.delivery_report import Report
from tests.crm.connectors.salesforce.delivering import driver
from tests.fake_salesforce.faults import Fault, refusal, unavailable
from tests.fake_salesforce.leads import TIERS
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.serving.delivery.company import Time, row, tonight, write_scores

PEOPLES = {"LQ_Tier_Override__c": "T1", "LQ_Override_Reason__c": "my call", "Rating": "Hot"}
EVERY_STEP = (
    r"POST .*/oauth2/token", r"GET .*/describe", r"GET .*/queryAll", r"POST .*/jobs/ingest$", r"PUT .*/batches",
    r"PATCH .*/jobs/ingest/750", r"GET .*/jobs/ingest/\w+$", r"GET .*/successfulResults", r"GET .*/failedResults",
    r"GET .*/unprocessedrecords", r"PATCH .*/composite/sobjects",
    r"POST .*/composite/sobjects/Lead",
)  # fmt: skip


def _scores(folder: Path, keys: Sequence[str], *, night: int, percentile: float) -> Tonight:
    hostile = "=cmd|\"a\", 'b'\r\nnext #N/A"
    rows = [
        row(key, percentile, sentence=hostile if place % 7 == 0 else "Größe passt") for place, key in enumerate(keys)
    ]
    return tonight(write_scores(folder / f"scores{night}.parquet", rows), night=night)


def _deliver(fake: FakeSalesforce, folder: Path, scores: Tonight, *, by_bulk: bool, force: bool = False) -> Report:
    target = driver(fake, by_bulk=by_bulk, tries=6).target
    target.chunk_rows = 500
    ledger = Ledger(folder / "ledger.sqlite")
    try:
        fields = our_fields(SALESFORCE.field_name, TIERS)
        return deliver(ledger, target, scores, fields, effects=Time().effects(folder), wish=Wish(force=force))
    finally:
        ledger.close()


@pytest.mark.parametrize("by_bulk", [False, True])
def test_a_night_with_a_fault_at_every_step_ends_with_tonights_values(tmp_path: Path, by_bulk: bool) -> None:
    with running() as fake:
        keys = fake.organisation.add_leads(1_200)
        leads = fake.organisation.leads
        for key in keys:
            leads.rows[key].update(PEOPLES)
        leads.delete(keys[10], merged_into=keys[11])
        leads.convert(keys[20])
        leads.refuse(keys[30], "UNABLE_TO_LOCK_ROW", times=2)
        leads.refuse(keys[40], "FIELD_CUSTOM_VALIDATION_EXCEPTION", "not tonight", times=9)
        for step in EVERY_STEP:
            fake.faults.add(Fault(at=step, kind="drop", when="after"), Fault(at=step, answer=unavailable()))
        fake.faults.add(Fault(at=r"queryAll", skip=6, answer=refusal(401, "INVALID_SESSION_ID")))

        report = _deliver(fake, tmp_path, _scores(tmp_path, keys, night=0, percentile=0.5), by_bulk=by_bulk)

        written = {write.record_id for write in leads.writes}
        assert written == set(keys) - {keys[10], keys[20], keys[40]}
        assert all(leads.rows[key]["LQ_Score__c"] == 50 for key in written)
        values = {(write.record_id, write.field): set() for write in leads.writes}
        for write in leads.writes:
            values[write.record_id, write.field].add(write.after)
        assert {len(found) for found in values.values()} == {1}  # no lead ever held another value that night
        assert all(leads.rows[key][name] == value for key in keys for name, value in PEOPLES.items())
        assert leads.rows[keys[0]]["LQ_Reason_1__c"] == "=cmd|\"a\", 'b' next #N/A"
        assert report.facts["rows_by_state"]["ok"] == 1_197
        assert "not tonight" in str(report.facts)

        before = len(leads.writes)
        _deliver(fake, tmp_path, _scores(tmp_path, keys, night=0, percentile=0.5), by_bulk=by_bulk)
        assert len(leads.writes) == before

        leads.row_faults.clear()
        _deliver(fake, tmp_path, _scores(tmp_path, keys, night=1, percentile=0.5), by_bulk=by_bulk)
        assert {write.record_id for write in leads.writes[before:]} == {
            keys[40]
        }  # the rejected one alone is tried again
