"""Files of owners, customers and costs become tables of their own: told apart by content, refused where they do not belong."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history, read_notes
from leadq.crm.reading.proposal.mapping_proposal import Proposed, looking_at
from tests.crm.reading.proposal.conftest import READ_AT, TRUTH, Cell, closed, created, leads, words

LEAD: dict[str, Cell] = {
    "Lead ID": lambda lead: f"L{lead.number:04d}", "Company": lambda lead: f"Firm {lead.number % 40}", "Source": lambda lead: "Web",
    "Lead Owner": lambda lead: ("Ann Smith", "Ben Jones", "Inbound Queue")[lead.number % 3],
    "Campaign": lambda lead: ("fair", "mail")[lead.number % 2], "Status": words(won="Won", lost="Lost", open="Working"),
    "Created": created, "Closed": closed,
}  # fmt: skip
USERS = (
    "User ID,Full Name,User Role,Department,Manager,E-Mail\n"
    "1,Ann Smith,Account Executive,North,Cleo Boss,ann@acme.example\n2,Ben Jones,SDR,North,Cleo Boss,ben@acme.example\n"
    "3,Cleo Boss,Head of Sales,North,,cleo@acme.example\n4,Inbound Queue,System,,,\n5,Dora Mkt,Demand Gen Manager,Web,,d@acme.example\n"
)
CUSTOMERS = "Customer,Month,Revenue,Currency\n" + "".join(
    f"Firm {firm},2024-{month:02d},{100 + firm},EUR\n" for firm in range(30) for month in (1, 2)
)
SPEND = "Campaign,Month,Spend,Currency\nfair,2024-01,900,EUR\nmail,2024-01,80,EUR\nfair,2024-02,950,EUR\n"
COSTS = "Month,Cost,Currency\n2024-01,41000,EUR\n2024-02,40500,EUR\n2024-03,40700,EUR\n"


def _files(folder: Path, **files: str) -> list[Path]:
    lines = [",".join(LEAD), *(",".join(cell(lead) for cell in LEAD.values()) for lead in leads())]
    contents = {"leads": "\n".join(lines) + "\n", **files}
    paths = [folder / f"{file}.csv" for file in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_text(content, encoding="utf-8")
    return paths


def _propose(paths: list[Path]) -> Proposed:
    with looking_at(paths) as looking:
        return looking.propose({})


def _read(folder: Path, proposed: Proposed) -> History:
    (folder / "leadq.yaml").write_text(proposed.text, encoding="utf-8")
    return read_history(read_config(folder / "leadq.yaml"), folder=folder / "history", read_at=READ_AT)


@pytest.mark.parametrize("named", [True, False])
def test_each_file_becomes_its_table(tmp_path: Path, named: bool) -> None:
    contents = {"users": USERS, "customers": CUSTOMERS, "spend": SPEND, "costs": COSTS}
    roles = ("owners", "customers", "campaign_costs", "sales_costs")
    files = contents if named else {f"export_{place}": one for place, one in enumerate(contents.values())}
    proposed = _propose(_files(tmp_path, **files))
    assert [one.role for one in proposed.roles] == ["leads", *roles], [one.evidence for one in proposed.roles]
    assert proposed.questions == ()
    history = _read(tmp_path, proposed)
    owners = {row["owner"]: row for row in pq.read_table(history.path("owners")).to_pylist()}
    assert {owner: row["role"] for owner, row in owners.items()} == {
        "Ann Smith": "sales", "Ben Jones": "sales", "Cleo Boss": "sales_manager", "Inbound Queue": "other", "Dora Mkt": "marketing",
    }  # fmt: skip
    assert owners["Ann Smith"]["manager"] == "Cleo Boss"
    assert owners["Ann Smith"]["team"] == "North"
    assert history.counts["customers"].used == 60
    assert history.rows("customers").column("revenue").to_pylist()[:2] == [100.0, 100.0]
    assert history.counts["campaign_costs"].used == 3
    assert history.rows("sales_costs").column("cost").to_pylist() == [41000, 40500, 40700]
    assert not any("leads.owner" in note for note in read_notes(history.folder))
    assert b"acme.example" not in history.path("owners").read_bytes()


def test_what_does_not_belong_is_not_taken(tmp_path: Path) -> None:
    paths = _files(
        tmp_path, users=USERS.replace("Ann Smith", "asmith").replace("Ben Jones", "bjones").replace("Inbound Queue", "q"),
        customers=CUSTOMERS.replace("Firm", "Company"), spend=SPEND.replace("fair", "xmas").replace("mail", "tv"),
        costs=COSTS.replace("2024-", "01/2024-"),
    )  # fmt: skip
    proposed = _propose(paths)
    why = {one.file: one.evidence for one in proposed.roles if one.role == "none"}
    assert "Lead Owner of the leads is in no column of it" in why["users.csv"]
    assert "no column of it has the accounts of the leads" in why["customers.csv"]
    assert "no column of it has the campaigns of the leads" in why["spend.csv"]
    assert "its Month is not written as 2026-09" in why["costs.csv"]
    assert _read(tmp_path, proposed).counts.keys() == {"leads"}


def test_a_list_of_customers_with_industry_stays_the_accounts(tmp_path: Path) -> None:
    accounts = "Company,Industry,Employees,Website\n" + "".join(
        f"Firm {n},Retail,{9 + n},firm{n}.example\n" for n in range(40)
    )
    proposed = _propose(_files(tmp_path, customers=accounts))
    assert [one.role for one in proposed.roles] == ["leads", "accounts"]
    assert sum(TRUTH.values()) == _read(tmp_path, proposed).counts["leads"].used
