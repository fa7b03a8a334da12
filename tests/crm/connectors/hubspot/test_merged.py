"""Contacts, companies and deals that people merge while we deliver or before we read, in both forms that HubSpot's merges have had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.hubspot.history.queries import HistorySettings
from leadq.crm.connectors.hubspot.history.reader import HubspotHistorySource
from leadq.crm.connectors.hubspot.sending.target import HubspotTarget
from leadq.crm.connectors.protocol import Value
from leadq.foundation.problems import TargetPausedError
from leadq.serving.delivery.deliver import Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.reporting.delivery_report import Report
from tests.crm.connectors.hubspot.delivering import AGREEMENT, chunk_of, ready, session_of, target_of
from tests.fake_hubspot.server import FakeHubspot, running
from tests.fake_salesforce.faults import Fault
from tests.fake_salesforce.messages import json_answer
from tests.serving.delivery.company import Time, row, tonight, write_scores

DAY = datetime(2026, 1, 10, 9, tzinfo=UTC)
DAYS = timedelta(days=1)


@pytest.fixture(params=[False, True], ids=["into one of them", "into a new one"])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeHubspot]:
    with running() as one:
        one.account.merges_anew = request.param
        yield one


class _NeverReadBack(HubspotTarget):
    """Large nights are read back in part only: here the part is nothing."""

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Value]]:
        return {}


def _night(fake: FakeHubspot, folder: Path, keys: Sequence[str], *, night: int = 0) -> Report:
    rows = [row(key, 0.1 + int(key) % 9 / 10) for key in sorted(keys)]
    scores = tonight(write_scores(folder / f"scores{night}.parquet", rows), night=night)
    ledger = Ledger(folder / "ledger.sqlite")
    try:
        fields = our_fields(column_name, tuple(tier.id for tier in AGREEMENT.tiers))
        return deliver(
            ledger, _NeverReadBack("crm", session_of(fake)), scores, fields, effects=Time().effects(folder), wish=Wish()
        )
    finally:
        ledger.close()


def _score(fake: FakeHubspot, key: str) -> float:
    return float(fake.account.records["contacts"][key].properties["lq_score"])


def _extract(fake: FakeHubspot, folder: Path) -> dict[str, list[dict[str, Any]]]:
    source = HubspotHistorySource(session=session_of(fake), settings=HistorySettings())
    source.extract(folder, whole=False, progress=lambda _: None)
    return {path.stem: pq.read_table(path).to_pylist() for path in folder.glob("*.parquet")}


def test_a_chunk_that_was_begun_is_looked_at_again_when_it_is_taken_up(fake: FakeHubspot, tmp_path: Path) -> None:
    keys = ready(fake, 300)
    fake.limits.daily = fake.limits.used_today + 4  # the properties, a look, an update, a look
    with pytest.raises(TargetPausedError, match="calls left today"):
        _night(fake, tmp_path, keys)
    left = fake.account.merge("contacts", keys[150], keys[5])
    fake.limits.daily += 1_000
    report = _night(fake, tmp_path, keys)
    assert report.facts["rows_by_state"] == {"ok": 299, "skipped": 1}
    written = {write.record_id for write in fake.account.writes}
    assert len(written) == 299
    assert left not in written - {keys[5]}
    assert _score(fake, left) == pytest.approx(10 + int(keys[5]) % 9 * 10)


def test_a_survivor_of_another_chunk_is_put_right_by_the_next_scores(fake: FakeHubspot, tmp_path: Path) -> None:
    keys = ready(fake, 300)
    merged = []
    write = fake.account.write

    def merging(kind: str, record_id: str, values: dict[str, object]) -> object:
        if record_id == keys[240] and not merged:  # after the look at this chunk, before its write
            merged.append(fake.account.merge("contacts", keys[250], keys[5]))
        return write(kind, record_id, values)

    fake.account.write = merging  # type: ignore[method-assign, assignment]
    assert _night(fake, tmp_path, keys).facts["rows_by_state"] == {"ok": 299, "rejected": 1}
    left = merged[0]
    assert _score(fake, left) == 10 + int(keys[250]) % 9 * 10  # that of the other
    still = [key for key in keys if key not in (keys[250], keys[5])] + [left]
    before = len(fake.account.writes)
    _night(fake, tmp_path, still, night=1)
    assert _score(fake, left) == 10 + int(left) % 9 * 10
    assert {one.record_id for one in fake.account.writes[before:]} == {left}


def test_a_lead_merged_between_look_and_write_makes_both_uncertain(fake: FakeHubspot) -> None:
    keys = ready(fake, 3)
    target = target_of(fake)
    assert not target.skipped(keys)
    left = fake.account.merge("contacts", keys[0], keys[2])
    found = {one.key: one for one in target.step(chunk_of(keys), None).outcomes or ()}
    assert (found[keys[0]].state, found[keys[0]].code) == ("rejected", "MERGED")
    assert (found[left].state, found[left].code) == ("unknown", "OVERWRITTEN")
    assert found[keys[1]].state == "ok"
    again = {one.key: one.state for one in target.step(chunk_of(keys), None).outcomes or ()}
    survivor = {keys[2]: "skipped", left: "unknown"} if left != keys[2] else {left: "ok"}
    assert again == {keys[0]: "skipped", keys[1]: "ok", **survivor}


def test_an_answer_without_our_trace_still_shows_who_was_written_over(fake: FakeHubspot) -> None:
    keys = ready(fake, 3)
    target = target_of(fake)
    target.skipped(keys)
    left = fake.account.merge("contacts", keys[0], keys[2])
    answer = json_answer({"status": "COMPLETE", "results": [{"id": left}, {"id": keys[1]}, {"id": left}]})
    fake.faults.add(Fault(at="batch/update", when="after", answer=answer))
    states = {one.key: one.state for one in target.step(chunk_of(keys), None).outcomes or ()}
    assert (states[keys[0]], states[keys[1]], states[left]) == ("unknown", "ok", "unknown")


def test_a_merged_lead_holds_what_hubspot_shows_and_came_in_when_the_older_did(
    fake: FakeHubspot, tmp_path: Path
) -> None:
    account = fake.account
    first = account.add("contacts", at=DAY, jobtitle="CTO")
    second = account.add("contacts", at=DAY + DAYS, jobtitle="Buyer")
    account.change("contacts", second, at=DAY + 3 * DAYS, jobtitle="Owner")
    left = account.merge("contacts", second, first, at=DAY + 9 * DAYS)
    tables = _extract(fake, tmp_path / "extract")
    assert [(one["lead_id"], one["created_at"], one["title"]) for one in tables["leads"]] == [(left, DAY, "CTO")]
    aliases = {one["old_lead_id"]: (one["lead_id"], one["merged_at"]) for one in tables["lead_aliases"]}
    assert aliases == dict.fromkeys({first, second} - {left}, (left, DAY + 9 * DAYS))


def test_a_merged_deal_has_the_stage_hubspot_shows_since_it_last_turned_into_it(
    fake: FakeHubspot, tmp_path: Path
) -> None:
    account = fake.account
    account.merges_anew = True
    won, lost = (account.add("deals", at=DAY, dealstage="open") for _ in range(2))
    account.change("deals", won, at=DAY + 2 * DAYS, dealstage="closedwon")
    account.change("deals", lost, at=DAY + 5 * DAYS, dealstage="closedlost")
    left = account.merge("deals", lost, won, at=DAY + 6 * DAYS)
    deals = _extract(fake, tmp_path / "extract")["opportunities"]
    told = [(one["opportunity_id"], one["outcome"], one["stage"], one["closed_at"]) for one in deals]
    assert told == [(left, "won", "closedwon", DAY + 2 * DAYS)]


def test_a_lead_of_a_merged_company_keeps_its_account_and_its_deal(fake: FakeHubspot, tmp_path: Path) -> None:
    account = fake.account
    first, second, third = (account.add("companies", at=DAY, name=name) for name in "abc")
    account.add("contacts", at=DAY, associatedcompanyid=first)
    deal = account.add("deals", at=DAY + 20 * DAYS, dealstage="closedwon")
    account.tie("deals", deal, "companies", first)
    left = account.merge("companies", account.merge("companies", first, second), third)
    tables = _extract(fake, tmp_path / "extract")
    assert [one["account_id"] for one in tables["accounts"]] == [left]
    assert [one["account_id"] for one in (*tables["leads"], *tables["opportunities"])] == [left, left]


def test_a_look_that_an_error_kept_from_telling_passes_nothing_over(fake: FakeHubspot) -> None:
    keys = ready(fake, 4)
    fake.account.records["contacts"][keys[3]].archived = True
    nobody = {"category": "INTERNAL_ERROR", "message": "of nobody"}
    named = {"category": "INTERNAL_ERROR", "message": "later", "context": {"ids": [keys[1]]}}
    gone = {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": [keys[3]]}}
    answers = {(keys[3],): [nobody, gone], (keys[2], keys[3]): [named, gone]}
    for skipped, errors in answers.items():
        document = {"status": "COMPLETE", "results": [{"id": keys[0], "properties": {}}], "errors": errors}
        fake.faults.add(Fault(at="batch/read", answer=json_answer(document, status=207)))
        assert tuple(target_of(fake).skipped(keys)) == skipped
