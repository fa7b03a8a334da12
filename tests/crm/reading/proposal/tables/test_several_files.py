"""Several files become several tables: told apart by content, linked by values, refused where the link would tell the outcome."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.proposal.mapping_proposal import Proposed, looking_at
from leadq.foundation.problems import InputError
from tests.crm.reading.proposal.conftest import READ_AT, TRUTH, Cell, Lead, closed, created, leads, words

FIRMS = 40
STATUS = words(won="Closed - Converted", lost="Closed - Converted|Closed - Not Converted", open="Working")


def converted(lead: Lead) -> bool:
    return STATUS(lead) == "Closed - Converted"


def only_converted(value: Cell) -> Cell:
    return lambda lead: value(lead) if converted(lead) else ""


def _day(lead: Lead) -> str:
    return closed(lead)[:10]


LEAD: dict[str, Cell] = {
    "Id": lambda lead: f"00Q{lead.number:06d}", "Company": lambda lead: f"Firm {lead.number % FIRMS}", "LeadSource": lambda lead: "Web",
    "Status": STATUS, "IsConverted": lambda lead: str(converted(lead)).lower(),
    "ConvertedAccountId": only_converted(lambda lead: f"001{lead.number % FIRMS:06d}"),
    "ConvertedOpportunityId": only_converted(lambda lead: f"006{lead.number:06d}"),
    "CreatedDate": created, "LastModifiedDate": lambda lead: closed(lead) or created(lead),
}  # fmt: skip
ACCOUNT: dict[str, Cell] = {
    "Id": lambda lead: f"001{lead.number:06d}", "Name": lambda lead: f"Firm {lead.number}", "Industry": lambda lead: "Retail",
    "NumberOfEmployees": lambda lead: str(10 + lead.number), "Website": lambda lead: f"www.firm{lead.number}.example",
}  # fmt: skip
OPPORTUNITY: dict[str, Cell] = {
    "Id": lambda lead: f"006{lead.number:06d}", "AccountId": lambda lead: f"001{lead.number % FIRMS:06d}",
    "StageName": words(won="Closed Won", lost="Closed Lost", open="Qualification"), "Amount": lambda lead: "1000",
    "CloseDate": _day, "CreatedDate": created,
}  # fmt: skip
TASK: dict[str, Cell] = {
    "Id": lambda lead: f"00T{lead.number:06d}", "WhoId": LEAD["Id"], "Subject": lambda lead: "Call",
    "ActivityDate": lambda lead: created(lead)[:10],
    "CreatedDate": created, "TaskSubtype": lambda lead: ("Call", "Email")[lead.number % 2],
}  # fmt: skip


def _write(path: Path, columns: dict[str, Cell], rows: list[Lead]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(columns)
        writer.writerows([cell(lead) for cell in columns.values()] for lead in rows)
    return path


def _export(folder: Path, **changed: dict[str, Cell]) -> list[Path]:
    tables = {"Lead": LEAD, "Account": ACCOUNT, "Opportunity": OPPORTUNITY, "Task": TASK} | changed
    rows = {"Account": leads()[:FIRMS], "Opportunity": [lead for lead in leads() if converted(lead)]}
    return [_write(folder / f"{table}.csv", columns, rows.get(table, leads())) for table, columns in tables.items()]


def _propose(paths: list[Path], answers: dict[str, str] | None = None) -> Proposed:
    with looking_at(paths) as looking:
        return looking.propose(answers or {})


def _read(folder: Path, proposed: Proposed) -> History:
    (folder / "leadq.yaml").write_text(proposed.text, encoding="utf-8")
    return read_history(read_config(folder / "leadq.yaml"), folder=folder / "history", read_at=READ_AT)


def _states(history: History) -> Counter[str]:
    rows = sorted(pq.read_table(history.path("outcomes")).to_pylist(), key=lambda row: row["occurred_at"])
    last = {row["lead_id"]: row["outcome"] for row in rows}
    read = pq.read_table(history.path("leads"), columns=["lead_id"]).column("lead_id").to_pylist()
    return Counter(last.get(lead, "open") for lead in read)


def _role(proposed: Proposed, file: str) -> tuple[str, str]:
    return next((one.role, one.evidence) for one in proposed.roles if one.file == file)


def test_a_salesforce_export_becomes_the_leads_with_all_that_belongs_to_them(tmp_path: Path) -> None:
    paths = _export(tmp_path)
    paths.append(_write(tmp_path / "Product2.csv", {"Id": TASK["Id"], "Family": lambda lead: "F"}, leads()[:9]))
    proposed = _propose(paths)
    assert {one.file: one.role for one in proposed.roles} == {
        "Lead.csv": "leads", "Account.csv": "accounts", "Opportunity.csv": "opportunities", "Task.csv": "touches", "Product2.csv": "none",
    }  # fmt: skip
    assert "ConvertedOpportunityId" in _role(proposed, "Opportunity.csv")[1]
    history = _read(tmp_path, proposed)
    assert _states(history) == TRUTH
    assert history.counts["touches"].used == len(leads())
    accounts = {row["account_id"]: row for row in pq.read_table(history.path("accounts")).to_pylist()}
    assert accounts["Firm 7"]["employees"] == 17
    lost = next(lead for lead in leads() if lead.state == "lost" and converted(lead))
    when = {row["lead_id"]: row["occurred_at"] for row in pq.read_table(history.path("outcomes")).to_pylist()}
    assert when[LEAD["Id"](lost)].date().isoformat() == _day(lost)  # the deal's own day


@pytest.mark.integration
def test_files_are_told_apart_by_content_where_their_names_say_nothing(tmp_path: Path) -> None:
    renamed = [path.rename(tmp_path / f"export_{place}.csv") for place, path in enumerate(_export(tmp_path))]
    proposed = _propose(renamed)
    assert [one.role for one in proposed.roles] == ["leads", "accounts", "opportunities", "touches"]


def test_an_account_that_only_converted_leads_have_is_not_taken(tmp_path: Path) -> None:
    nameless = {heading: cell for heading, cell in LEAD.items() if heading != "Company"}
    proposed = _propose(_export(tmp_path, Lead=nameless))
    role, why = _role(proposed, "Account.csv")
    assert role == "none"
    assert "would tell the outcome" in why
    assert "accounts:" not in proposed.text
    assert _states(_read(tmp_path, proposed)) == TRUTH


CONTACT: Cell = lambda lead: f"003{lead.number:06d}"  # noqa: E731
MOVED: dict[str, Cell] = {**TASK, "WhoId": lambda lead: CONTACT(lead) if converted(lead) else LEAD["Id"](lead)}


def test_activities_that_moved_to_the_contact_are_led_back_to_the_lead(tmp_path: Path) -> None:
    proposed = _propose(_export(tmp_path, Lead={**LEAD, "ConvertedContactId": only_converted(CONTACT)}, Task=MOVED))
    assert "led back as lead_aliases" in _role(proposed, "Task.csv")[1]
    history = _read(tmp_path, proposed)
    called = set(pq.read_table(history.path("touches"), columns=["lead_id"]).column("lead_id").to_pylist())
    assert called == {LEAD["Id"](lead) for lead in leads()}
    assert _states(history) == TRUTH


@pytest.mark.parametrize("contact", [None, lambda lead: f"003{lead.number % 9:06d}"])
def test_activities_of_nobody_knows_whom_are_not_taken(tmp_path: Path, contact: Cell | None) -> None:
    """The contact stands at no lead, or at several: converted leads would seem never to have been called."""
    at_leads: dict[str, Cell] = {"ConvertedContactId": only_converted(contact)} if contact else {}
    moved: Cell = lambda lead: (contact or CONTACT)(lead) if converted(lead) else LEAD["Id"](lead)  # noqa: E731
    proposed = _propose(_export(tmp_path, Lead={**LEAD, **at_leads}, Task={**TASK, "WhoId": moved}))
    assert _role(proposed, "Task.csv")[0] == "none"
    assert "touches:" not in proposed.text


@pytest.mark.integration
def test_activities_without_a_lead_are_left_out_where_they_are_empty(tmp_path: Path) -> None:
    gaps: Cell = lambda lead: "" if lead.number % 4 == 0 else LEAD["Id"](lead)  # noqa: E731
    history = _read(tmp_path, _propose(_export(tmp_path, Task={**TASK, "WhoId": gaps})))
    assert history.counts["touches"].used == sum(lead.number % 4 != 0 for lead in leads())


@pytest.mark.integration
def test_opportunities_that_name_their_lead_are_the_outcome(tmp_path: Path) -> None:
    unconverted = {heading: cell for heading, cell in LEAD.items() if not heading.startswith("Converted")}
    proposed = _propose(_export(tmp_path, Lead=unconverted, Opportunity={**OPPORTUNITY, "Lead ID": LEAD["Id"]}))
    assert "from: opportunities" in proposed.text
    assert 'closed_status: ["Closed - Converted", "Closed - Not Converted"]' in proposed.text
    states = _states(_read(tmp_path, proposed))
    assert states["won"] == TRUTH["won"]


def test_deals_are_the_leads_of_a_company_that_keeps_none(tmp_path: Path) -> None:
    deals = {**OPPORTUNITY, "Company Name": LEAD["Company"]}
    paths = [
        _write(tmp_path / "deals.csv", deals, leads()),
        _write(tmp_path / "companies.csv", {"Company Name": ACCOUNT["Name"], "Industry": ACCOUNT["Industry"],
               "Number of Employees": ACCOUNT["NumberOfEmployees"]}, leads()[:FIRMS]),
    ]  # fmt: skip
    proposed = _propose(paths)
    assert "no other file has leads" in _role(proposed, "deals.csv")[1]
    history = _read(tmp_path, proposed)
    assert _states(history) == TRUTH
    assert history.counts["accounts"].used == FIRMS


def test_the_order_of_the_files_does_not_matter_and_the_smaller_of_two_is_named(tmp_path: Path) -> None:
    paths = _export(tmp_path)
    again = _write(tmp_path / "Lead_2023.csv", LEAD, leads()[:50])
    proposed = _propose([again, *reversed(paths)])
    assert _role(proposed, "Lead.csv")[0] == "leads"
    role, why = _role(proposed, "Lead_2023.csv")
    assert (role, "'leads-*.csv'" in why) == ("none", True)


def test_which_file_is_which_can_be_answered(tmp_path: Path) -> None:
    paths = [
        _write(tmp_path / "a.csv", LEAD, leads()),
        _write(tmp_path / "b.csv", {"Key": TASK["Id"], "Email": lambda lead: "a@b.c"}, leads()),
    ]
    asked = [one.key for one in _propose(paths).questions]
    assert asked == ["file:b.csv"]
    assert _role(_propose(paths, {"file:b.csv": "none"}), "b.csv") == ("none", "as answered")


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    broken = tmp_path / "Broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    proposed = _propose([*_export(tmp_path), broken])
    assert _role(proposed, "Broken.parquet")[0] == "none"
    with pytest.raises(InputError, match=r"Broken\.parquet"):
        _propose([broken])


def test_without_leads_every_file_is_named(tmp_path: Path) -> None:
    paths = [path for path in _export(tmp_path) if path.name in ("Account.csv", "Task.csv")]
    with pytest.raises(InputError, match=r"(?s)one of the files must hold the leads.*Account\.csv: named Account\.csv"):
        _propose(paths)


def _with_checksum(fifteen: str) -> str:
    """An id of 15 characters in the 18 that exports write."""
    blocks = (fifteen[at : at + 5] for at in (0, 5, 10))
    places = (sum(1 << place for place, letter in enumerate(block) if letter.isupper()) for block in blocks)
    return fifteen + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[place] for place in places)


def test_ids_of_another_length_are_those_of_the_leads_and_their_deals(tmp_path: Path) -> None:
    """A report writes ids with 15 characters, an export with 18; both stand in one folder."""

    def fifteen(kind: str) -> Cell:
        return lambda lead: f"{kind}aB{lead.number:010d}"

    lead = LEAD | {
        "Id": lambda one: _with_checksum(fifteen("00Q")(one)),
        "ConvertedOpportunityId": only_converted(fifteen("006")),
    }
    deal = OPPORTUNITY | {"Id": lambda one: _with_checksum(fifteen("006")(one))}
    task = TASK | {"WhoId": lambda one: fifteen("00Q")(one) if one.number % 2 else lead["Id"](one)}
    proposed = _propose(_export(tmp_path, Lead=lead, Opportunity=deal, Task=task))
    assert _role(proposed, "Task.csv")[0] == "touches"
    assert "ConvertedOpportunityId of the leads is its Id" in _role(proposed, "Opportunity.csv")[1]
    history = _read(tmp_path, proposed)
    assert _states(history) == TRUTH
    assert history.counts["touches"].used == len(leads())


def test_files_named_and_headed_as_leadq_s_own_tables_are_taken_as_they_are(tmp_path: Path) -> None:
    """Events are no touches, answers no leads: nothing is guessed of who prepared the export for leadq."""
    of_lead: dict[str, Cell] = {"lead_id": lambda lead: f"L{lead.number}"}
    tables: dict[str, dict[str, Cell]] = {
        "leads": {**of_lead, "created_at": created, "source": lambda lead: "Web", "status": STATUS},
        "Opportunities": {
            "opportunity_id": lambda lead: f"D{lead.number}", **of_lead, "created_at": created, "closed_at": closed,
            "outcome": words(won="won", lost="lost", open="open"), "loss_reason": lambda lead: "price",
        },
        "events": {**of_lead, "occurred_at": created, "kind": lambda lead: ("demo_request", "page_view")[lead.number % 2]},
        "touches": {**of_lead, "occurred_at": created, "kind": lambda lead: "call", "direction": lambda lead: "outbound"},
        "dispositions": {**of_lead, "decided_at": created, "decision": lambda lead: "accepted"},
        "field-history": {
            "entity": lambda lead: "lead", "entity_id": of_lead["lead_id"], "field": lambda lead: "source", "changed_at": created,
            "old_value": lambda lead: "Fair", "new_value": lambda lead: "Web",
        },
        "lead_aliases": {"old_lead_id": lambda lead: f"OLD{lead.number}", **of_lead},
    }  # fmt: skip
    proposed = _propose([_write(tmp_path / f"{name}.csv", columns, leads()) for name, columns in tables.items()])
    assert {one.role for one in proposed.roles} == {name.lower().replace("-", "_") for name in tables}
    history = _read(tmp_path, proposed)
    assert _states(history) == TRUTH
    used = {
        table: history.counts[table].used
        for table in ("events", "touches", "dispositions", "field_history", "opportunities")
    }
    assert set(used.values()) == {len(leads())}
    (first, *_) = pq.read_table(history.path("opportunities")).to_pylist()
    assert (first["opportunity_id"][0], first["lead_id"][0], first["loss_reason"]) == ("D", "L", "price")


def test_a_table_of_the_contract_with_other_leads_is_not_taken(tmp_path: Path) -> None:
    paths = [
        _write(
            tmp_path / "leads.csv",
            {"lead_id": LEAD["Id"], "created_at": created, "closed_at": closed, "status": STATUS},
            leads(),
        ),
        _write(
            tmp_path / "events.csv",
            {"lead_id": lambda lead: f"X{lead.number}", "occurred_at": created, "kind": created},
            leads(),
        ),
    ]
    role, evidence = _role(_propose(paths), "events.csv")
    assert role == "none"
    assert "most of its lead_id are not ids of these leads" in evidence
