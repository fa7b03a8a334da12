"""Columns by their headings, in the languages of exports and the names of CRMs' interfaces, confirmed by their values."""

from __future__ import annotations

import pytest

from leadq.crm.reading.proposal.heading_names import is_called, is_no_outcome
from tests.crm.reading.proposal.conftest import TRUTH, Cell, Folder, Lead, closed, created, planned, words

NAMES = {
    "lead_id": "lead_id|Deal - ID|Record ID|hs_object_id|Opportunity ID|18-digit ID|(Do Not Modify) Lead|Record Id|Identifiant"
    "|Id. de registro|ID сделки|案件ID|商机编号|Identifikátor|RecordId",
    "created_at": "Create Date|createdate|properties.createdate|Created Time|Deal - Deal created|CreatedDate|Created On|CREATED_DATE"
    "|Angelegt am|Erstellt|Erstelldatum|Eingang|Date de création|Créé le|Fecha de creación|Creado el|Data di creazione|Data de criação"
    "|Criado em|Aangemaakt op|Skapad|Oprettet|Opprettet|Luotu|Data utworzenia|Vytvořeno|Létrehozva|Data creării|Oluşturma Tarihi"
    "|Дата создания|Дата створення|作成日|创建时间|생성일|تاريخ الإنشاء",
    "closed_at": "Close Date|closedate|properties.closedate|Closing Date|Actual Close Date|CloseDate|Closed Date|Deal - Deal closed on"
    "|Abschlussdatum|Geschlossen am|Date de clôture|Date de fermeture|Fecha de cierre|Data di chiusura|Data de fechamento"
    "|Sluitingsdatum|Avslutsdatum|Lukket|Suljettu|Data zamknięcia|Uzavřeno|Lezárva|Data închiderii|Kapanış Tarihi|Дата закрытия"
    "|Дата закриття|完了日|关闭日期|마감일",
    "source": "Lead Source|LeadSource|Original Traffic Source|hs_analytics_source|Quelle|Origine|Fuente|Bron|Källa|Źródło|Источник|来源",
    "owner": "Deal owner|Owner ID|hubspot_owner_id|Besitzer|Propriétaire|Propietario|Eigenaar|Ответственный|担当者|负责人",
}
OTHERS = {
    "lead_id": "Company ID|Created By|Account Name|Status",
    "created_at": "Created By|Expected close date|(Do Not Modify) Modified On|Last activity date|Close Date|Visits",
    "closed_at": "Expected close date|Deal - Expected close date|Estimated Close Date|Planned close|Is Closed"
    "|Geplantes Abschlussdatum|Create Date",
    "title": "Deal - Title|Opportunity Title",
}


@pytest.mark.parametrize(("contract", "heading"), [(one, h) for one, names in NAMES.items() for h in names.split("|")])
def test_headings_of_exports(contract: str, heading: str) -> None:
    assert is_called(contract, heading)


@pytest.mark.parametrize(("contract", "heading"), [(one, h) for one, names in OTHERS.items() for h in names.split("|")])
def test_headings_of_something_else(contract: str, heading: str) -> None:
    assert not is_called(contract, heading)


CONSENTS = (
    "newsletter|opted_in|Opt-in|Accepte les e-mails|Newsletter-Einwilligung|Suscripción al boletín|Consenso marketing|Aceita e-mails"
    "|Nieuwsbrief|Samtycke|Zgoda na marketing|Souhlas|Согласие на рассылку|メルマガ|订阅|GDPR consent|Is Active|do_not_call"
)


@pytest.mark.parametrize("heading", CONSENTS.split("|"))
def test_a_consent_is_no_outcome(heading: str) -> None:
    assert is_no_outcome(heading)
    assert not is_no_outcome("Is Closed Won")


def number(lead: Lead) -> str:
    return f"L{lead.number:05d}"


@pytest.mark.parametrize(
    ("columns", "mapped"),
    [
        (
            {"Identifiant": number, "Date de création": created, "Date de clôture": closed,
             "Étape": words(won="Gagné", lost="Perdu", open="Nouveau")},
            ("Identifiant", "Date de création", "Date de clôture"),
        ),
        (
            {"Expected Close Date": planned, "Vorgangsnummer": number, "Angelegt am": created, "Abschlussdatum": closed,
             "Status": words(won="Gewonnen", lost="Verloren", open="Offen")},
            ("Vorgangsnummer", "Angelegt am", "Abschlussdatum"),
        ),
        (
            {"案件ID": number, "作成日": created, "完了日": planned, "フェーズ": words(won="受注", lost="失注", open="商談中")},
            ("案件ID", "作成日", "完了日"),
        ),
        (
            {"Account ID": lambda lead: "A1", "ID": number, "Дата создания": created, "Дата закрытия": closed,
             "Стадия": words(won="Сделка успешна", lost="Сделка провалена", open="Новая")},
            ("ID", "Дата создания", "Дата закрытия"),
        ),
    ],
)  # fmt: skip
def test_exports_in_other_languages_are_read_unedited(
    folder: Folder, columns: dict[str, Cell], mapped: tuple[str, str, str]
) -> None:
    proposed = folder.propose(columns)["sources"]["leads"]["columns"]
    assert tuple(proposed[one] for one in ("lead_id", "created_at", "closed_at")) == mapped
    assert folder.states() == TRUTH


def test_the_closing_date_that_stands_beside_the_ended_leads_is_taken(folder: Folder) -> None:
    stage = words(won="Won", lost="Lost", open="New")
    proposed = folder.propose({
        "ID": number, "Created": created, "Close Date": lambda lead: created(lead) if lead.state == "open" else "",
        "Closed Time": closed, "Stage": stage,
    })  # fmt: skip
    assert proposed["sources"]["leads"]["columns"]["closed_at"] == "Closed Time"
    assert folder.states() == TRUTH
