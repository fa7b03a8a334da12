"""What is known of a file stays mapped where something else is odd or missing, and what is missing is said."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.proposal.column_evidence import NOT_SHOWN
from leadq.crm.reading.proposal.mapping_proposal import Proposed, looking_at, propose_mapping
from tests.crm.reading.proposal.conftest import READ_AT, TRUTH, Cell, Folder, closed, created, leads, words

STAGE = words(won="Won", lost="Lost", open="New")
IDS: dict[str, Cell] = {"Lead ID": lambda lead: f"L{lead.number:05d}"}
SIZE: dict[str, Cell] = {
    "Industry": lambda lead: ("software", "logistics", "retail")[lead.number % 3],
    "Employees": lambda lead: str(10 + lead.number),
    "Annual Revenue": lambda lead: str(1000 * lead.number),
    "Country": lambda lead: ("DE", "FR")[lead.number % 2],
}


def _proposed(folder: Folder) -> Proposed:
    with looking_at([folder.path / "export.csv"]) as looking:
        return looking.propose({})


def _accounts(folder: Folder) -> dict[str, dict[str, object]]:
    """Return the account of each lead, as the proposal reads the file."""
    history = read_history(read_config(folder.path / "leadq.yaml"), folder=folder.path / "again", read_at=READ_AT)
    accounts = {row["account_id"]: row for row in pq.read_table(history.path("accounts")).to_pylist()}
    return {row["lead_id"]: accounts[row["account_id"]] for row in pq.read_table(history.path("leads")).to_pylist()}


@pytest.mark.parametrize("missing", ["Lead ID", "Created", "Closed"])
def test_what_is_known_stays_where_one_of_three_is_missing(folder: Folder, missing: str) -> None:
    every = {**IDS, "Created": created, "Closed": closed, "Stage": STAGE}
    proposed = folder.propose({heading: cell for heading, cell in every.items() if heading != missing})
    assert "flat" in proposed
    assert "Closed" not in yaml.safe_load(folder.text())["flat"].get("columns", {}).values()
    kept = [line for line in folder.text().splitlines() if line.startswith("#")]
    for heading in {"Lead ID", "Created", "Closed"} - {missing}:
        assert any(f'"{heading}"' in line for line in kept)
    said = " ".join(_proposed(folder).said)
    assert "Not found: " in said
    assert {"Lead ID": "an id", "Created": "creation", "Closed": "closing"}[missing] in said
    assert folder.states() == TRUTH


def test_an_id_that_some_rows_lack_keeps_the_dates(folder: Folder) -> None:
    gaps: dict[str, Cell] = {"Lead ID": lambda lead: "" if lead.number % 5 == 0 else f"L{lead.number}"}
    proposed = folder.propose({**gaps, "Created": created, "Closed": closed, "Stage": STAGE})
    assert proposed["sources"]["leads"]["columns"]["closed_at"] == "Closed"
    assert any("not an id for each row" in said for said in _proposed(folder).said)


def test_a_closing_date_is_no_own_field_of_a_file_without_ids(folder: Folder) -> None:
    proposed = folder.propose({"Created": created, "Closed": closed, "Is Closed": closed, "Stage": STAGE})
    assert "Closed" in proposed["flat"]["own_fields"]["refuse"]


FIRM: dict[str, Cell] = {"Company": lambda lead: f"Firm {lead.number % 6}"}
"""Companies whose leads agree in what :data:`OF_FIRM` says of them."""
OF_FIRM: dict[str, Cell] = {
    **SIZE,
    "Employees": lambda lead: str(10 + lead.number % 6),
    "Annual Revenue": lambda lead: "9000",
}


@pytest.mark.parametrize("dated", [True, False])
def test_industry_and_size_are_those_of_the_account(folder: Folder, dated: bool) -> None:
    dates: dict[str, Cell] = {"Created": created, "Closed": closed} if dated else {}
    folder.propose(
        {**IDS, **dates, "Stage": STAGE, **FIRM, **OF_FIRM}, [lead for lead in leads() if dated or lead.state != "open"]
    )
    firm = _accounts(folder)["L00001"]
    assert (firm["industry"], firm["employees"], firm["country"]) == ("logistics", 11.0, "FR")


@pytest.mark.parametrize("more", [{}, {"Company": lambda lead: f"Firm {lead.number % 7}"}], ids=["none", "differs"])
def test_what_is_of_no_company_or_differs_among_its_leads_stays_the_lead_s(
    folder: Folder, more: dict[str, Cell]
) -> None:
    proposed = folder.propose({**IDS, "Created": created, "Closed": closed, "Stage": STAGE, **more, **SIZE})
    assert "accounts" not in proposed["sources"]
    assert "refuse" not in proposed["sources"]["leads"].get("own_fields", {})


def test_companies_whose_rows_are_empty_or_alike_lose_no_lead(folder: Folder) -> None:
    firms: dict[str, Cell] = {"Company": lambda lead: "" if lead.number % 4 == 0 else f"Firm {lead.number % 40}"}
    same: dict[str, Cell] = {"Industry": lambda lead: f"branch {lead.number % 40 % 7}"}
    folder.propose({**IDS, "Created": created, "Closed": closed, "Stage": STAGE, **firms, **same})
    assert "newest_by" not in folder.text()
    assert folder.states() == TRUTH


def test_columns_with_the_same_values_are_offered_for_dropping(folder: Folder) -> None:
    twice: dict[str, Cell] = {
        "Channel": lambda lead: "ab"[lead.number % 2],
        "Channel copy": lambda lead: "ab"[lead.number % 2],
    }
    folder.propose({**IDS, "Created": created, "Closed": closed, "Stage": STAGE, **twice})
    assert any("Channel copy has the same values as Channel" in said for said in _proposed(folder).said)
    lines = folder.text().splitlines()
    start = next(place for place, line in enumerate(lines) if "take # away" in line)
    offered = [line.replace("# ", "", 1) if start < place < start + 4 else line for place, line in enumerate(lines)]
    document = yaml.safe_load("\n".join(offered))
    assert document["sources"]["leads"]["own_fields"]["refuse"] == {"Channel copy": "is the same as Channel"}


def test_examples_of_people_are_never_shown(folder: Folder) -> None:
    folder.propose({
        **IDS, "Created": created, "Closed": closed, "Stage": STAGE, **SIZE,
        "Rep": lambda lead: ("Anna Smith", "Peter Jones", "Maria Rossi")[lead.number % 3],
        "Who": lambda lead: ("Anna Smith", "Peter Jones", "Maria Rossi")[lead.number % 3],
        "E-mail": lambda lead: f"anna{lead.number % 9}@firm.example", "Mobile": lambda lead: f"4917012345{lead.number:03d}",
        "Any number": lambda lead: f"4917012345{lead.number:03d}", "Remark": lambda lead: f"call Anna Smith back on {lead.number}",
    })  # fmt: skip
    shown = {one.column: one.examples for one in _proposed(folder).evidence}
    for column in ("Rep", "Who", "E-mail", "Mobile", "Any number", "Remark"):
        assert shown[column] == NOT_SHOWN
    assert shown["Industry"] == "logistics, retail" or "software" in shown["Industry"]
    assert shown["Created"]


HEADINGS = {
    "de": (
        "Lead-Besitzer",
        "Kampagnenname",
        "Ursprüngliche Quelle",
        "Branche",
        "Anzahl der Mitarbeiter",
        "Land/Region",
    ),
    "fr": (
        "Propriétaire du lead",
        "Nom de la campagne",
        "Source d'origine",
        "Secteur d'activité",
        "Nombre d'employés",
        "Pays",
    ),
    "es": ("Propietario del lead", "Nombre de la campaña", "Fuente original", "Sector", "Número de empleados", "País"),
    "it": ("Titolare", "Nome campagna", "Fonte del lead", "Settore", "Numero di dipendenti", "Paese"),
    "pt": ("Proprietário do lead", "Nome da campanha", "Origem do lead", "Setor", "Número de funcionários", "País"),
    "nl": ("Eigenaar van lead", "Campagnenaam", "Oorspronkelijke bron", "Branche", "Aantal medewerkers", "Land"),
    "pl": ("Właściciel leada", "Nazwa kampanii", "Źródło leada", "Branża", "Liczba pracowników", "Kraj"),
    "en": ("Lead Owner", "Campaign Name", "Original Source", "Industry", "Number of Employees", "Country/Region"),
}


@pytest.mark.parametrize("language", HEADINGS)
def test_headings_of_every_language_are_mapped(folder: Folder, language: str) -> None:
    cells: list[Cell] = [
        lambda lead: f"rep {lead.number % 3}", lambda lead: f"c{lead.number % 4}", lambda lead: f"s{lead.number % 5}",
        OF_FIRM["Industry"], OF_FIRM["Employees"], OF_FIRM["Country"],
    ]  # fmt: skip
    headings = HEADINGS[language]
    named = dict(zip(headings, cells, strict=True))
    proposed = folder.propose({**IDS, "Created": created, "Closed": closed, "Stage": STAGE, **FIRM, **named})
    columns, accounts = (proposed["sources"][table]["columns"] for table in ("leads", "accounts"))
    found = [columns[one] for one in ("owner", "campaign", "source")]
    assert (*found, accounts["industry"], accounts["employees"], columns["country"]) == headings


def test_one_field_of_a_company_that_differs_leaves_the_others_its_own(folder: Folder) -> None:
    """The country is the contact's, a dash stands where nobody knew, and times are written by day: size and industry hold."""
    size, industry = OF_FIRM["Employees"], OF_FIRM["Industry"]
    proposed = folder.propose({
        **IDS, "Created": lambda lead: lead.created.strftime("%d.%m.%Y %H:%M"), "Closed": closed, "Stage": STAGE, **FIRM,
        "Employees": lambda lead: "-" if lead.number // 6 % 2 else size(lead), "Industry": lambda lead: f" {industry(lead)}".upper(),
        "Country": lambda lead: ("DE", "FR", "NL")[lead.number // 6 % 3],
    })  # fmt: skip
    accounts = proposed["sources"]["accounts"]
    assert accounts["columns"] == {"account_id": "Company", "industry": "Industry", "employees": "Employees"}
    assert accounts["newest_by"] == "Created"
    assert accounts["read"]["Created"] == "%d.%m.%Y %H:%M"
    assert proposed["sources"]["leads"]["columns"]["country"] == "Country"


@pytest.mark.parametrize(
    "said",
    [
        ("Qualifiziert", "Disqualifiziert", "Offen"), ("Qualifié", "Disqualifié", "Ouvert"), ("Calificado", "Descalificado", "Abierto"),
        ("Qualificato", "Squalificato", "Aperto"), ("Qualificado", "Desqualificado", "Aberto"),
        ("Gekwalificeerd", "Gediskwalificeerd", "Open"), ("Zakwalifikowany", "Zdyskwalifikowany", "Otwarty"),
    ],
)  # fmt: skip
def test_dynamics_ends_of_leads_in_other_languages(folder: Folder, said: tuple[str, str, str]) -> None:
    outcome = folder.propose({
        "(Nicht ändern) Lead": lambda lead: f"{lead.number:08x}-0000-4000-8000-000000000000", "Erstellt am": created,
        "Geändert am": lambda lead: closed(lead) or created(lead), "Status": words(won=said[0], lost=said[1], open=said[2]),
    })["outcome"]  # fmt: skip
    assert [outcome[state] for state in ("won", "lost", "open")] == [[word] for word in said]
    assert folder.states() == TRUTH


def test_a_wide_file_of_another_kind_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("colour,weight\nred,1\nblue,2\n", encoding="utf-8")
    with looking_at([path]) as looking:
        said = " ".join(looking.propose({}).said)
    assert "an id for each lead and the date of creation and the date of closing" in said


@pytest.mark.parametrize(("sizes", "mapped"), [(("51-200", "1.000+"), False), (("120", "1500"), True)])
def test_sizes_in_ranges_stay_words_and_numbers_are_the_company_s(
    tmp_path: Path, sizes: tuple[str, str], mapped: bool
) -> None:
    rows = [
        f"L{n},2024-01-{1 + n % 28:02d},2024-03-01,{('Closed Won', 'Closed Lost')[n % 2]},Firm {n},{sizes[n % 3 % 2]}"
        for n in range(90)
    ]
    path = tmp_path / "leads.csv"
    path.write_text("Lead ID,Created Date,Closed Date,Stage,Company,Employees\n" + "\n".join(rows) + "\n")
    assert ("employees:" in propose_mapping(path)) == mapped
