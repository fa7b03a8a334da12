"""Nights through the delivery core into the fake account, with a fault at every kind of step and leads that sales moved on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from leadq.crm.connectors.connector import column_name
from leadq.foundation.problems import TargetPausedError
from leadq.serving.delivery.deliver import Tonight, Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.reporting.delivery_report import Report
from tests.crm.connectors.hubspot.delivering import AGREEMENT, PEOPLES, ready, target_of
from tests.fake_hubspot.limits import too_many
from tests.fake_hubspot.server import FakeHubspot, running
from tests.fake_salesforce.faults import Fault, unavailable
from tests.serving.delivery.company import Time, row, tonight, write_scores

EVERY_STEP = (r"GET .*/properties/contacts$", r"POST .*/batch/read", r"POST .*/batch/update")
TIERS = tuple(tier.id for tier in AGREEMENT.tiers)
HOSTILE = "=cmd|\"a\", 'b'\r\nnext <b>#N/A</b>"


def _scores(folder: Path, keys: Sequence[str], *, night: int, percentile: float) -> Tonight:
    rows = [
        row(key, percentile, sentence=HOSTILE if place % 7 == 0 else "Größe passt")
        for place, key in enumerate(sorted(keys))
    ]
    return tonight(write_scores(folder / f"scores{night}.parquet", rows), night=night)


def _deliver(fake: FakeHubspot, folder: Path, scores: Tonight) -> Report:
    ledger = Ledger(folder / "ledger.sqlite")
    try:
        target = target_of(fake, tries=6)
        fields = our_fields(column_name, TIERS)
        return deliver(ledger, target, scores, fields, effects=Time().effects(folder), wish=Wish())
    finally:
        ledger.close()


def test_a_night_with_a_fault_at_every_step_ends_with_tonights_values(tmp_path: Path) -> None:
    with running() as fake:
        keys = ready(fake, 730)
        records = fake.account.records["contacts"]
        records[keys[10]].archived = True
        fake.account.merge("contacts", keys[20], keys[21])
        fake.account.definitions["contacts"]["lq_tier"].options.pop()  # disqualified; leads with a tier are taken
        for step in EVERY_STEP:
            throttled = too_many("TEN_SECONDLY_ROLLING", retry_after="1")
            fake.faults.add(Fault(at=step, kind="drop", when="after"), Fault(at=step, answer=unavailable()))
            fake.faults.add(Fault(at=step, kind="truncate"), Fault(at=step, answer=throttled))

        report = _deliver(fake, tmp_path, _scores(tmp_path, [*keys, "42"], night=0, percentile=0.5))

        written = {write.record_id for write in fake.account.writes}
        assert written == set(keys) - {keys[10], keys[20]}
        assert all(records[key].properties["lq_score"] == "50" for key in written)
        values: dict[tuple[str, str], set[str | None]] = {}
        for write in fake.account.writes:
            values.setdefault((write.record_id, write.name), set()).add(write.after)
        assert {len(found) for found in values.values()} == {1}  # no lead ever held another value that night
        assert all(records[key].properties[name] == value for key in written for name, value in PEOPLES.items())
        assert records[keys[0]].properties["lq_reason_1"] == "=cmd|\"a\", 'b' next <b>#N/A</b>"
        assert report.facts["rows_by_state"] == {"ok": 728, "skipped": 3}
        assert f"merged into {keys[21]}" in str(report.facts)

        before = len(fake.account.writes)
        _deliver(fake, tmp_path, _scores(tmp_path, [*keys, "42"], night=0, percentile=0.5))
        _deliver(fake, tmp_path, _scores(tmp_path, [*keys, "42"], night=1, percentile=0.5))
        assert len(fake.account.writes) == before


def test_the_daily_limit_in_the_middle_pauses_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with running() as fake:
        keys = ready(fake, 450)
        fake.limits.daily = fake.limits.used_today + 5
        scores = _scores(tmp_path, keys, night=0, percentile=0.5)
        with pytest.raises(TargetPausedError, match="calls left today"):
            _deliver(fake, tmp_path, scores)
        written = {write.record_id for write in fake.account.writes}
        assert 0 < len(written) < len(keys)
        fake.limits.daily += 1_000
        report = _deliver(fake, tmp_path, scores)
        assert report.facts["rows_by_state"] == {"ok": 450}
        assert len({(write.record_id, write.name) for write in fake.account.writes}) == len(fake.account.writes)


def test_one_rejected_row_takes_no_others_with_it_and_is_tried_again(tmp_path: Path) -> None:
    with running() as fake:
        keys = ready(fake, 300)
        definition = fake.account.definitions["contacts"]["lq_tier"]
        definition.options = [one for one in definition.options if one["value"] != "T1"]
        rows = [row(key, 0.5, tier="T1" if key == keys[150] else "T2") for key in keys]
        scores = tonight(write_scores(tmp_path / "scores.parquet", rows), night=0)
        ledger = Ledger(tmp_path / "ledger.sqlite")
        fields = our_fields(column_name, ("T2",))
        report = deliver(ledger, target_of(fake), scores, fields, effects=Time().effects(tmp_path), wish=Wish())
        ledger.close()
        assert report.facts["rows_by_state"] == {"ok": 299, "rejected": 1}
        assert "INVALID_OPTION" in str(report.facts)
