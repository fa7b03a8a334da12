"""What a real server does to the past: parties that are merged, leads that move to another party, kinds of fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.connectors.tryton.opening import open_history
from leadq.crm.connectors.tryton.settings import ToTryton, TrytonHistory
from leadq.foundation.problems import ConfigError
from tests.tryton_server import DATABASE, LEADQ, PASSWORDS, REP, Rpc, Tryton

pytestmark = pytest.mark.integration


def extract(tryton: Tryton, folder: Path, *fields: str) -> Path:
    history = TrytonHistory(lead_fields=fields)
    to = ToTryton(
        kind="tryton", address=tryton.address, database=DATABASE, user=LEADQ, password="${P}", history=history
    )
    open_history(to, {"P": PASSWORDS[LEADQ]}).extract(folder, whole=False, progress=lambda words: None)
    return folder


def rows_of(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return found


def _party(rpc: Rpc, *mechanisms: tuple[str, str]) -> int:
    made = [{"type": kind, "value": value} for kind, value in mechanisms]
    found: int
    (found,) = rpc("party.party.create", [{"name": "Acme", "contact_mechanisms": [["create", made]]}])
    return found


def _merge(rpc: Rpc, old: int, new: int) -> None:
    session, *_ = rpc._post("wizard.party.replace.create", [rpc.context])
    rpc._post(
        "wizard.party.replace.execute", [session, {"ask": {"source": old, "destination": new}}, "replace", rpc.context]
    )
    rpc._post("wizard.party.replace.delete", [session, rpc.context])


def test_a_merge_of_parties_changes_nothing_of_the_past(tryton: Tryton, tmp_path: Path) -> None:
    rep = tryton.rpc(REP)
    old, new = _party(rep), _party(rep)
    made = rep.lead(party=old)
    never, changed, later = rep("sale.opportunity.create", [made, made, made])
    rep("sale.opportunity.write", [changed], {"amount": None, "comment": "x"})
    keys = {str(one) for one in (never, changed)}

    def past(folder: Path) -> list[dict[str, Any]]:
        rows = [*rows_of(folder, "leads"), *rows_of(folder, "opportunities"), *rows_of(folder, "field_history")]
        return [row for row in rows if keys & {row.get("lead_id"), row.get("entity_id")}]

    before = past(extract(tryton, tmp_path / "before"))
    _merge(rep, old, new)
    assert {row["party"] for row in rep.read([never, changed, later], ["party"]).values()} == {new}
    after = extract(tryton, tmp_path / "after")
    assert past(after) == before
    rep("sale.opportunity.write", [later], {"comment": "after the merge"})
    found = extract(tryton, tmp_path / "later")
    changes = [row for row in rows_of(found, "field_history") if row["entity_id"] == str(later)]
    (turned,) = [row for row in changes if row["old_value"]]  # the very first lead's values are told too
    assert (turned["field"], turned["old_value"], turned["new_value"]) == ("account_id", str(old), str(new))


def test_accounts_that_a_lead_had_once_are_read_with_their_domain(tryton: Tryton, tmp_path: Path) -> None:
    rep = tryton.rpc(REP)
    first = _party(rep, ("website", "https://medium.example/@jane.doe"), ("email", "jane.doe@acme.example"))
    second = _party(rep, ("website", "ftp://[acme"), ("email", "Jane <jane.doe@second.example>"))
    (lead,) = rep("sale.opportunity.create", [rep.lead(party=first)])
    rep("sale.opportunity.write", [lead], {"party": second})
    folder = extract(tryton, tmp_path / "extract")
    domains = {row["account_id"]: row["domain"] for row in rows_of(folder, "accounts")}
    assert domains[str(first)] == "medium.example"
    assert domains[str(second)] == "second.example"
    for path in folder.glob("*.parquet"):
        words = {str(value) for column in pq.read_table(path).columns for value in column.to_pylist()}
        assert not [word for word in words if "jane" in word], path


def test_lengths_of_time_and_times_of_day_are_read_and_files_are_refused(tryton: Tryton, tmp_path: Path) -> None:
    rep = tryton.rpc(REP)
    given = {
        "handling": {"__class__": "timedelta", "seconds": 5400.0},
        "call_at": {"__class__": "time", "hour": 9, "minute": 30, "second": 0, "microsecond": 0},
        "scan": {"__class__": "bytes", "base64": "eA=="},
    }
    (lead,) = rep.leads(1, **given)
    found = rows_of(extract(tryton, tmp_path / "extract", "handling", "call_at"), "leads")
    (row,) = [row for row in found if row["lead_id"] == str(lead)]
    assert (row["handling"], row["call_at"]) == ("5400", "09:30:00")
    with pytest.raises(ConfigError, match="field scan of leads: must be a text"):
        extract(tryton, tmp_path / "extract", "scan")
