"""Which column and which words a proposal takes for the outcome, and that the history made of it is the truth."""

from __future__ import annotations

from collections import Counter

import pytest

from leadq.foundation.problems import InputError
from tests.crm.reading.proposal.conftest import (
    TRUTH,
    Cell,
    Folder,
    Lead,
    closed,
    created,
    leads,
    overdue,
    planned,
    words,
)

IDS: dict[str, Cell] = {"Deal ID": lambda lead: f"D{lead.number:05d}"}
DATED: dict[str, Cell] = {**IDS, "Created": created, "Closed": closed}
OPTIN: dict[str, Cell] = {"Newsletter": lambda lead: "Yes" if lead.number % 2 else "No"}
WON_TRUE = words(won="true", lost="false", open="false")
CLOSED_TRUE = words(won="true", lost="true", open="false")


@pytest.mark.parametrize(
    ("heading", "said", "optin"),
    [
        ("stage", ("Closed - Won", "Closed - Lost", "Working"), "newsletter"),
        ("Étape", ("Gagné", "Perdu", "En cours"), "Accepte les e-mails"),
        ("Status", ("Gewonnen", "Verloren", "In Bearbeitung"), "Newsletter-Einwilligung"),
        ("Etapa del negocio", ("Cerrada ganada", "Cerrada perdida", "En proceso"), "Suscripción al boletín"),
        ("Fase", ("Chiuso vinto", "Chiuso perso", "Trattativa"), "Consenso marketing"),
        ("Этап сделки", ("Успешно реализовано", "Закрыто и не реализовано", "Переговоры"), "Согласие на рассылку"),
        ("フェーズ", ("受注", "失注", "商談中"), "メルマガ"),
        ("销售阶段", ("赢单", "输单", "谈判审核"), "订阅"),
        ("Aşama", ("Kazanıldı", "Kaybedildi", "Devam ediyor"), "Bülten izni"),
        ("Whatever", ("Closed Won (EU)", "Closed Lost (EU)", "Contract Sent (EU)"), "opted_in"),
    ],
)
def test_words_of_outcomes_come_before_a_consent(
    folder: Folder, heading: str, said: tuple[str, str, str], optin: str
) -> None:
    outcome = words(won=said[0], lost=said[1], open=said[2])
    proposed = folder.propose({**DATED, optin: OPTIN["Newsletter"], heading: outcome, "VIP": OPTIN["Newsletter"]})
    assert proposed["outcome"]["column"] == heading
    assert [proposed["outcome"][state] for state in ("won", "lost", "open")] == [[word] for word in said]
    assert folder.states() == TRUTH


def test_a_consent_alone_is_no_outcome_and_reading_stops_with_the_columns_there_are(folder: Folder) -> None:
    proposed = folder.propose({**DATED, **OPTIN, "Topic": words(won="A", lost="B", open="C")})
    assert "Newsletter" not in proposed["outcome"]["column"]
    assert "# columns with few words: Topic (" in folder.text()
    with pytest.raises(InputError, match="must be a column of the file"):
        folder.states()


@pytest.mark.parametrize("ends", [closed, planned, overdue])
def test_an_open_deals_closing_date_is_a_plan(folder: Folder, ends: Cell) -> None:
    stage = words(
        won="Closed won (Sales Pipeline)",
        lost="Closed lost (Sales Pipeline)",
        open="Presentation scheduled (Sales Pipeline)",
    )
    proposed = folder.propose(
        {**IDS, "Create Date": created, "Close Date": ends, "Is Closed Won": WON_TRUE, "Deal Stage": stage}
    )
    assert proposed["outcome"]["column"] == "Deal Stage"
    assert folder.states() == TRUTH


def test_closed_and_won_are_taken_together(folder: Folder) -> None:
    proposed = folder.propose(
        {**IDS, "CreatedDate": created, "CloseDate": overdue, "IsWon": WON_TRUE, "IsClosed": CLOSED_TRUE}
    )
    assert proposed["outcome"]["column"] == ["IsClosed", "IsWon"]
    assert folder.states() == TRUTH


def test_a_flag_without_a_closing_date_is_an_open_lead(folder: Folder) -> None:
    proposed = folder.propose({**DATED, "Converted": WON_TRUE})
    assert proposed["outcome"]["column"] == ["Converted", "Closed"]
    assert folder.states() == TRUTH


@pytest.mark.parametrize("stage", [None, words(won="Decision", lost="Decision", open="Negotiation")])
def test_a_flag_that_is_no_for_planned_deals_too_is_not_taken(folder: Folder, stage: Cell | None) -> None:
    more = {"Sales Stage": stage} if stage else {}
    proposed = folder.propose({**IDS, "Created": created, "Close Date": planned, "Is Closed Won": WON_TRUE, **more})
    assert "Is Closed Won" not in proposed["outcome"]["column"]
    assert "# Is Closed Won " in folder.text()  # why it is not taken
    with pytest.raises(InputError):
        folder.states()


def test_a_flag_of_a_history_of_closed_leads_is_taken(folder: Folder) -> None:
    ended = [lead for lead in leads() if lead.state != "open"]
    assert (
        folder.propose({**DATED, "is_won": words(won="Ja", lost="Nein"), **OPTIN}, ended)["outcome"]["column"]
        == "is_won"
    )
    assert folder.states() == Counter(lead.state for lead in ended)


def test_a_stage_that_says_only_closed_is_taken_with_its_flag(folder: Folder) -> None:
    stage = words(won="Closed", lost="Closed", open="Negotiation|Proposal")
    proposed = folder.propose({**IDS, "Created": created, "Close Date": overdue, "Stage": stage, "Won": WON_TRUE})
    assert proposed["outcome"]["column"] == ["Stage", "Won"]
    assert folder.states() == TRUTH


def test_status_and_its_reason_are_taken_together(folder: Folder) -> None:
    status, reason = (
        words(won="Inactive", lost="Lost", open="Open"),
        words(won="Won", lost="Price|Timing", open="In Progress"),
    )
    proposed = folder.propose({**DATED, "Status": status, "Status Reason": reason})
    assert proposed["outcome"]["column"] == ["Status", "Status Reason"]
    assert folder.states() == TRUTH


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("statecode", ("1", "2", "0")),
        ("Status", ("Qualified", "Disqualified", "New")),
        ("Status", ("Won", "Lost", "Open")),
    ],
)
def test_dynamics(folder: Folder, heading: str, said: tuple[str, str, str]) -> None:
    folder.propose({
        "(Do Not Modify) Lead": lambda lead: f"{lead.number:08x}-0000-4000-8000-000000000000",
        "(Do Not Modify) Modified On": created,
        "Created On": created, "Actual Close Date": closed, heading: words(won=said[0], lost=said[1], open=said[2]),
    })  # fmt: skip
    assert folder.states() == TRUTH


def test_odoo_archives_lost_opportunities(folder: Folder) -> None:
    def chance(lead: Lead) -> str:
        return {"won": "100.0", "lost": "0.0"}.get(lead.state, f"{20 + lead.number % 40}.5")

    proposed = folder.propose({
        "ID": lambda lead: str(100 + lead.number), "Created on": created, "Closed Date": closed,
        "Stage": words(won="Won", lost="New|Proposition", open="Qualified|Proposition"),
        "Active": words(won="True", lost="False", open="True"), "Probability": chance,
    })  # fmt: skip
    assert proposed["outcome"]["column"] == ["Active", "Probability"]
    assert folder.states() == TRUTH


def test_a_stage_of_forty_words_lists_every_one(folder: Folder) -> None:
    stage = words(
        won="|".join(f"{place} - Closed Won {place}" for place in range(8)),
        lost="|".join(f"Lost: reason {place}" for place in range(11)),
        open="|".join(f"Step {place} of the sale" for place in range(20)),
    )
    outcome = folder.propose({**DATED, "Stage": stage})["outcome"]
    assert [len(outcome[state]) for state in ("won", "lost", "open")] == [8, 11, 20]
    assert folder.states() == TRUTH
