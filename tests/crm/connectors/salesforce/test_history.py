"""History out of Salesforce: nothing personal, no leak by conversion, clocks that nobody edits, whole or not at all."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.template import template_text
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, ObjectQuery, queries, rows_of
from leadq.crm.connectors.salesforce.history.reader import read_history
from leadq.crm.contract.crm_tables import REQUIRED, TABLES
from leadq.crm.reading.ingest import read_history as ingest
from leadq.foundation.problems import ConfigError, InputError, LeadqError, Problem, StoreError

OURS = "005LEADQ"
SETTINGS = HistorySettings(with_rejection_reason=True, our_user=OURS, lead_fields=("Use_Case__c",))
ALICE, BOB, CAROL, OLD = "00QALICE", "00QBOB", "00QCAROL", "00QOLD"


class Organisation:
    """Answers queries from rows in memory, as pages of CSV; notes what it was asked."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]], *, page: int = 2) -> None:
        self.rows = rows
        self.page = page
        self.asked: list[str] = []
        self.breaks_at = ""

    def read(self, query: ObjectQuery, since: datetime | None, receive: Callable[[Iterator[str]], Any]) -> Any:
        self.asked.append(query.soql(since))
        if query.name == self.breaks_at:
            raise LeadqError(Problem(where=query.name, rule="must be answered", remedy="Later."))
        return receive(self._pages(query, since))

    def _pages(self, query: ObjectQuery, since: datetime | None) -> Iterator[str]:
        rows = [row for row in self.rows.get(query.name, []) if since is None or moment(row[query.clock]) >= since]
        if query.only:
            fields = re.findall(r"'(\w+)'", query.only)
            rows = [row for row in rows if row["Field"] in fields]
        for start in range(0, max(len(rows), 1), self.page):
            text = io.StringIO(newline="")
            writer = csv.DictWriter(text, query.fields, restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[start : start + self.page])
            yield text.getvalue()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("+0000", "Z"))


def at(day: int, hour: int = 9, month: int = 3) -> str:
    return f"2026-{month:02d}-{day:02d}T{hour:02d}:00:00.000Z"


def lead(key: str, day: int, **values: Any) -> dict[str, Any]:
    person = {"FirstName": "Zora", "LastName": "Quill", "Phone": "+31 6 12345678", "Email": "Zora.Quill@Buyer.Example"}
    return {"Id": key, "CreatedDate": at(day), "SystemModstamp": at(day), "IsDeleted": "false", **person, **values}


def change(key: str, field: str, day: int, old: str, new: str, by: str = "005REP") -> dict[str, Any]:
    shared = {"Field": field, "OldValue": old, "NewValue": new, "CreatedById": by, "IsDeleted": "false"}
    return {"Id": f"017{key}{field}{day}", "LeadId": key, "CreatedDate": at(day), **shared}


def stage(deal: str, name: str, day: int, hour: int = 9) -> dict[str, Any]:
    return {"Id": f"008{deal}{day}{hour}", "OpportunityId": deal, "StageName": name, "CreatedDate": at(day, hour)}


def deal(key: str, name: str, day: int, **values: Any) -> dict[str, Any]:
    closed = {"IsClosed": str("Closed" in name).lower(), "IsWon": str(name == "Closed Won").lower()}
    shared = {"StageName": name, "AccountId": "001ACME", "Amount": "1200.5", "CloseDate": "2026-12-31"}
    return {"Id": key, "CreatedDate": at(day), "SystemModstamp": at(day), **shared, **closed, **values}


@pytest.fixture
def organisation() -> Organisation:
    converted = {
        "ConvertedDate": "2026-03-04",
        "ConvertedAccountId": "001ACME",
        "ConvertedContactId": "003ALICE",
        "ConvertedOpportunityId": "006WON",
    }
    return Organisation(
        {
            "Lead": [
                lead(ALICE, 1, Status="Closed - Converted", Use_Case__c='a,"b"\nc', NumberOfEmployees="250", **converted),
                lead(BOB, 2, Status="Open", Email="no address", OwnerId="005REP", CreatedDate="2026-03-02T09:00:00.000+0000"),
                lead(CAROL, 3, Status="Gone", IsDeleted="true"),
                lead(OLD, 1, Status="Open", IsDeleted="true", MasterRecordId=BOB, SystemModstamp=at(5)),
            ],
            "Account": [{"Id": "001ACME", "Name": "Acme", "Website": "www.acme.example", "SystemModstamp": at(4)}],
            "Opportunity": [
                deal("006WON", "Closed Won", 4),
                deal("006MORE", "Prospecting", 9),
                deal("006OLD", "Closed Lost", 2, AccountId="001ELSE"),
            ],
            "OpportunityHistory": [
                stage("006WON", "Prospecting", 4),
                stage("006WON", "Closed Lost", 6),
                stage("006WON", "Prospecting", 7),
                stage("006WON", "Closed Won", 8),
                stage("006WON", "Closed Won", 20),
            ],
            "LeadHistory": [
                change(ALICE, "Status", 2, "Open", "Working"),
                change(ALICE, "LastName", 2, "Quill", "Quilt"),
                change(ALICE, "Owner", 3, "Zora Quill", "Bo Quilt"),
                {**change(ALICE, "Owner", 3, "00G5e000001AbCd", "0055e000001AbCdEAK"), "Id": "017BYID"},
                change(ALICE, "LQ_Tier__c", 2, "T2", "T1", by=OURS),
                change(BOB, "Status", 3, "Open", "Working", by=OURS),
                change(BOB, "LQ_Rejection_Reason__c", 4, "", "no_budget"),
            ],
            "Task": [
                task("00TA", "003ALICE", 6, TaskSubtype="Call"),
                task("00TB", BOB, 6, TaskSubtype="Email"),
                task("00TC", "003NOBODY", 6),
                task("00TD", BOB, 7, CreatedById=OURS),
            ],
            "Event": [task("00UA", ALICE, 3)],
            "CampaignMember": [
                {
                    "Id": "00VA", "ContactId": "003ALICE", "CampaignId": "701FAIR", "CreatedDate": at(2), "SystemModstamp": at(2),
                    "FirstRespondedDate": "2026-03-03",
                },
                {"Id": "00VB", "LeadId": BOB, "CampaignId": "701WEB", "CreatedDate": at(22), "SystemModstamp": at(22)},
            ],
        }
    )  # fmt: skip


def task(key: str, who: str, day: int, **values: Any) -> dict[str, Any]:
    shared = {"OwnerId": "005REP", "CreatedById": "005REP", "SystemModstamp": at(day), "Subject": "Call Zora Quill"}
    return {"Id": key, "WhoId": who, "CreatedDate": at(day), **shared, **values}


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return rows


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_personal_is_asked_for_or_kept(organisation: Organisation, tmp_path: Path) -> None:
    read_history(organisation, tmp_path / "extract", SETTINGS)
    asked = " ".join(organisation.asked)
    assert not re.search(r"FirstName|LastName|Phone|Street|Subject|Description|\bCity\b", asked)
    assert "LQ_Tier__c" not in asked
    kept = b""
    for path in (tmp_path / "extract").rglob("*.parquet"):
        kept += repr(pq.read_table(path).to_pylist()).encode()
    assert b"buyer.example" in kept
    for personal in (b"Zora", b"Quil", b"12345678", b"@"):
        assert personal not in kept


def test_leads_are_the_contracts_and_conversion_does_not_show(organisation: Organisation, tmp_path: Path) -> None:
    read_history(organisation, tmp_path / "extract", SETTINGS)
    leads = {row["lead_id"]: row for row in table(tmp_path / "extract", "leads")}
    assert set(leads) == {ALICE, BOB, OLD}
    assert leads[ALICE]["account_id"] is None
    assert leads[ALICE]["email_domain"] == "buyer.example"
    assert leads[ALICE]["Use_Case__c"] == 'a,"b"\nc'
    assert leads[ALICE]["employees"] == 250.0
    assert leads[ALICE]["campaign"] == "701FAIR"
    assert leads[BOB]["email_domain"] is None
    assert leads[BOB]["campaign"] is None  # it joined one weeks after it came in
    assert leads[BOB]["created_at"] == datetime(2026, 3, 2, 9, tzinfo=UTC)
    aliases = table(tmp_path / "extract", "lead_aliases")
    assert aliases == [{"old_lead_id": OLD, "lead_id": BOB, "merged_at": datetime(2026, 3, 5, 9, tzinfo=UTC)}]


def test_an_outcome_is_dated_by_when_the_stage_last_turned(organisation: Organisation, tmp_path: Path) -> None:
    extract = read_history(organisation, tmp_path / "extract", SETTINGS)
    deals = {row["opportunity_id"]: row for row in table(tmp_path / "extract", "opportunities")}
    won = deals["006WON"]
    assert (won["outcome"], won["closed_at"]) == ("won", datetime(2026, 3, 8, 9, tzinfo=UTC))
    assert (won["lead_id"], won["amount"]) == (ALICE, 1200.5)
    assert (deals["006MORE"]["outcome"], deals["006MORE"]["closed_at"]) == ("open", None)
    assert deals["006MORE"]["lead_id"] == ALICE
    assert deals["006OLD"]["closed_at"] == datetime(2026, 12, 31, tzinfo=UTC)
    assert extract.notes[0] == "opportunities without a lead: 1"
    assert any("dated by their close date" in note for note in extract.notes)


def test_changes_by_leadq_and_of_unread_fields_are_left_out(organisation: Organisation, tmp_path: Path) -> None:
    read_history(organisation, tmp_path / "extract", SETTINGS)
    changes = table(tmp_path / "extract", "field_history")
    assert [(row["entity"], row["entity_id"], row["field"], row["old_value"]) for row in changes] == [
        ("lead", ALICE, "status", "Open"),
        ("lead", ALICE, "owner", "00G5e000001AbCdEAK"),  # by id, once, in the form that the lead's own owner has
    ]
    rejected = table(tmp_path / "extract", "dispositions")
    assert [(row["lead_id"], row["decision"], row["reason"], row["channel"]) for row in rejected] == [
        (BOB, "rejected", "no_budget", "crm")
    ]


def test_tasks_of_a_contact_are_led_back_to_its_lead(organisation: Organisation, tmp_path: Path) -> None:
    read_history(organisation, tmp_path / "extract", SETTINGS)
    touches = [(row["lead_id"], row["kind"], row["rep"]) for row in table(tmp_path / "extract", "touches")]
    assert touches == [(ALICE, "meeting", "005REP"), (ALICE, "call", "005REP"), (BOB, "email", "005REP")]
    responses = [row for row in table(tmp_path / "extract", "events") if row["kind"] == "campaign_response"]
    assert responses[0]["known_at"] == datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_a_contact_of_two_leads_belongs_to_the_one_that_was_there(tmp_path: Path) -> None:
    again = {"ConvertedContactId": "003ALICE"}
    rows = {"Lead": [lead(ALICE, 1, **again), lead(BOB, 10, **again)]}
    rows["Task"] = [task("00TA", "003ALICE", 5), task("00TB", "003ALICE", 15)]
    read_history(Organisation(rows), tmp_path / "extract", SETTINGS)
    touches = {row["occurred_at"].day: row["lead_id"] for row in table(tmp_path / "extract", "touches")}
    assert touches == {5: ALICE, 15: BOB}


def test_tables_have_the_contracts_types(organisation: Organisation, tmp_path: Path) -> None:
    read_history(organisation, tmp_path / "extract", SETTINGS)
    for path in (tmp_path / "extract").glob("*.parquet"):
        schema = pq.read_schema(path)
        assert set(REQUIRED[path.stem]) <= set(schema.names)
        for field in TABLES[path.stem]:
            assert field.name not in schema.names or schema.field(field.name).type == field.type
    assert pq.read_schema(tmp_path / "extract" / "leads.parquet").field("Use_Case__c").type == pa.string()


def test_the_next_reading_asks_only_for_what_changed(organisation: Organisation, tmp_path: Path) -> None:
    folder = tmp_path / "extract"
    read_history(organisation, folder, SETTINGS)
    assert not any("SystemModstamp >=" in soql for soql in organisation.asked)
    organisation.asked.clear()
    first = files(folder)
    again = read_history(organisation, folder, SETTINGS)
    assert "SystemModstamp >= 2026-03-05T08:00:00Z" in organisation.asked[0]
    assert "AND CreatedDate >= 2026-03-04T08:00:00Z" in organisation.asked[4]
    assert again.read["Lead"] == 1
    assert files(folder) == first
    organisation.rows["Lead"][1].update(Status="Working", SystemModstamp=at(9), LastModifiedById=OURS)
    organisation.rows["Lead"].append(lead("00QDAVE", 9))
    organisation.rows["Lead"][0].update(IsDeleted="true", SystemModstamp=at(9))
    read_history(organisation, folder, SETTINGS)
    leads = {row["lead_id"]: row["status"] for row in table(folder, "leads")}
    assert leads == {BOB: "Working", OLD: "Open", "00QDAVE": None}
    rebuilt = tmp_path / "rebuilt"
    read_history(organisation, rebuilt, SETTINGS)
    assert files(rebuilt) == files(folder)


def test_other_fields_or_whole_read_everything_again(organisation: Organisation, tmp_path: Path) -> None:
    folder = tmp_path / "extract"
    read_history(organisation, folder, SETTINGS)
    organisation.asked.clear()
    read_history(organisation, folder, HistorySettings(our_user=OURS))
    read_history(organisation, folder, HistorySettings(our_user=OURS), whole=True)
    assert not any(">=" in soql for soql in organisation.asked)
    assert "Use_Case__c" not in pq.read_schema(folder / "leads.parquet").names
    assert table(folder, "dispositions") == []


def test_a_reading_that_breaks_leaves_the_last_one(organisation: Organisation, tmp_path: Path) -> None:
    folder = tmp_path / "extract"
    read_history(organisation, folder, SETTINGS)
    before = files(folder)
    organisation.rows["Lead"].append(lead("00QDAVE", 9))
    organisation.breaks_at = "CampaignMember"
    with pytest.raises(LeadqError, match="CampaignMember: must be answered"):
        read_history(organisation, folder, SETTINGS)
    assert files(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["extract"]


def test_a_damaged_state_is_said(organisation: Organisation, tmp_path: Path) -> None:
    folder = tmp_path / "extract"
    read_history(organisation, folder, SETTINGS)
    (folder / "extract.json").write_text("{")
    with pytest.raises(StoreError, match=r"must not have changed since the last reading\. Read everything again"):
        read_history(organisation, folder, SETTINGS)
    assert read_history(organisation, folder, SETTINGS, whole=True).rows["leads"] == 3


@pytest.mark.parametrize(
    ("page", "rule"),
    [
        ("Id,Name\n1,x\n", "must have the columns asked for"),
        ("", "must have the columns asked for"),
        ("Id,OpportunityId,StageName,CreatedDate,IsDeleted\n1,2,Close", "must have complete rows"),
        ("Id,OpportunityId,StageName,CreatedDate,IsDeleted\n1,2,3,4,5,6\n", "must have complete rows"),
        ('Id,OpportunityId,StageName,CreatedDate,IsDeleted\n"1","2","3","4","fal', "must have complete rows"),
        ("<html>gone</html>", "must have the columns asked for"),
    ],
)
def test_a_torn_page_is_refused(page: str, rule: str) -> None:
    steps = next(query for query in queries(SETTINGS) if query.name == "OpportunityHistory")
    with pytest.raises(InputError, match=rule):
        list(rows_of(page, steps))


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("Id FROM User", "must be the API name of a field"),
        ("LQ_Score__c", "is written by leadq"),
        ("LQ_Reasons_Detail__c", "is written by leadq"),
        ("lq_score__C", "is written by leadq"),
        ("Lq_Effective_Tier__c", "is written by leadq"),
        ("FirstName", "is named like a person's name"),
        ("MobilePhone", "is named like personal data"),
        ("industry", "is already read"),
        ("IsConverted", "would give it away"),
        ("LastActivityDate", "would give it away"),
    ],
)
def test_fields_that_may_not_be_read(field: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        HistorySettings(lead_fields=(field,))
    with pytest.raises(ConfigError, match=why):
        HistorySettings(matched_account=field)


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
  dispositions: {path: extract/dispositions.parquet}
  lead_aliases: {path: extract/lead_aliases.parquet}
outcome: {from: opportunities, won: [won], lost: [lost], open: [open]}
rejected_share: 0.5
"""
"""As docs/howto/salesforce.md gives it."""


def test_leadq_reads_the_extract_as_its_sources(organisation: Organisation, tmp_path: Path) -> None:
    read_history(organisation, tmp_path / "extract", SETTINGS)
    (tmp_path / "leadq.yaml").write_text(CONFIG)
    (tmp_path / "agreement.yaml").write_text(template_text())
    history = ingest(
        read_config(tmp_path / "leadq.yaml", environment={}),
        folder=tmp_path / "history",
        read_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    outcomes = pq.read_table(history.path("outcomes")).to_pylist()
    assert {(row["lead_id"], row["outcome"], row["occurred_at"].day) for row in outcomes} == {
        (ALICE, "won", 8),
        (ALICE, "reopened", 9),  # by the next opportunity of the account it was converted into
    }
    leads = {row["lead_id"]: row for row in pq.read_table(history.path("leads")).to_pylist()}
    assert set(leads) == {ALICE, BOB}
    assert leads[ALICE]["email_domain"] == "buyer.example"
    assert history.counts["touches"].rejected == history.counts["field_history"].rejected == 0
    dispositions = pq.read_table(history.path("dispositions")).to_pylist()
    assert [(row["lead_id"], row["reason"]) for row in dispositions] == [(BOB, "no_budget")]


def test_a_field_is_read_once() -> None:
    with pytest.raises(ConfigError, match="'Plan__C': is already read"):
        HistorySettings(lead_fields=("Plan__c", "Plan__C"))
