"""Headings, outcome words and yes and no in twelve languages, and which encodings can write each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language; ``headings`` is in the order of :data:`ROLES`."""

    name: str
    headings: tuple[str, ...]
    won: tuple[str, ...]
    lost: tuple[str, ...]
    open: tuple[str, ...]
    yes_no: tuple[str, str]
    categories: tuple[str, ...]
    encodings: tuple[str, ...]


ROLES = (
    "lead_id", "created_at", "closed_at", "outcome", "source", "amount", "employees", "share", "percent", "flag", "category", "due",
    "optin", "code",
)  # fmt: skip
_WEST = ("cp1252", "latin-1", "mac_roman")


def _language(
    name: str, headings: str, won: str, lost: str, opened: str, yes_no: str, categories: str, encodings: tuple[str, ...]
) -> Language:
    cut = lambda text: tuple(part.strip() for part in text.split("|"))  # noqa: E731
    found = cut(headings)
    assert len(found) == len(ROLES), name
    return Language(name, found, cut(won), cut(lost), cut(opened), cut(yes_no), cut(categories), encodings)  # type: ignore[arg-type]


LANGUAGES = {
    one.name: one
    for one in (
        _language(
            "en", "Deal ID|Create Date|Close Date|Deal Stage|Lead Source|Amount|Employees|Fit score|Discount|Key account|Industry"
            "|Contract end|Newsletter|Region code",
            "Closed Won|Won|Closed - Won|Closed won (Sales Pipeline)", "Closed Lost|Lost|Closed - Lost|Closed lost (Sales Pipeline)",
            "Qualification|Proposal sent|Negotiation|New", "Yes|No", "Software|Construction|Trade|Logistics|Health|Energy", _WEST,
        ),
        _language(
            "de", "Vorgangsnummer|Erstellt am|Abgeschlossen am|Phase|Quelle|Betrag|Mitarbeiter|Eignung|Rabatt|Schlüsselkunde|Branche"
            "|Vertragsende|Rundschreiben|Gebietsschlüssel",
            "Gewonnen|Abgeschlossen - gewonnen|Auftrag erhalten", "Verloren|Abgeschlossen - verloren|Abgelehnt",
            "Neu|In Bearbeitung|Angebot gesendet|Verhandlung", "Ja|Nein", "Maschinenbau|Bau|Handel|Verkehr|Gesundheit|Energie", _WEST,
        ),
        _language(
            "fr", "Identifiant|Date de création|Date de clôture|Étape|Origine|Montant|Effectif|Adéquation|Remise|Compte clé|Secteur"
            "|Fin de contrat|Accepte les e-mails|Code région",
            "Gagné|Gagnée|Fermé - gagné", "Perdu|Perdue|Fermé - perdu", "En cours|Nouveau|Négociation|Proposition", "Oui|Non",
            "Logiciel|Bâtiment|Commerce|Transport|Santé|Énergie", _WEST,
        ),
        _language(
            "es", "Identificador|Fecha de creación|Fecha de cierre|Etapa|Origen|Importe|Empleados|Ajuste|Descuento|Cuenta clave|Sector"
            "|Fin del contrato|Boletín|Código de zona",
            "Ganado|Ganada|Cerrada ganada", "Perdido|Perdida|Cerrada perdida", "Nuevo|En curso|Negociación|Propuesta", "Sí|No",
            "Informática|Construcción|Comercio|Transporte|Salud|Energía", _WEST,
        ),
        _language(
            "it", "ID trattativa|Data di creazione|Data di chiusura|Fase|Origine|Importo|Dipendenti|Idoneità|Sconto|Cliente chiave"
            "|Settore|Fine contratto|Notiziario|Codice area",
            "Vinta|Vinto|Chiusa vinta", "Persa|Perso|Chiusa persa", "Nuova|In corso|Trattativa|Proposta", "Sì|No",
            "Informatica|Edilizia|Commercio|Trasporti|Sanità|Energia", _WEST,
        ),
        _language(
            "nl", "Dealnummer|Aangemaakt op|Gesloten op|Fase|Bron|Bedrag|Medewerkers|Geschiktheid|Korting|Sleutelklant|Branche"
            "|Einde contract|Nieuwsbrief|Regiocode",
            "Gewonnen|Gesloten - gewonnen", "Verloren|Gesloten - verloren|Afgewezen", "Nieuw|In behandeling|Offerte verstuurd", "Ja|Nee",
            "Software|Bouw|Handel|Vervoer|Zorg|Energie", _WEST,
        ),
        _language(
            "pt", "Identificador|Data de criação|Data de fechamento|Etapa|Origem|Valor|Funcionários|Adequação|Desconto|Conta-chave|Setor"
            "|Fim do contrato|Boletim|Código da região",
            "Ganho|Ganha|Fechado e ganho", "Perdido|Perdida|Fechado e perdido", "Novo|Em andamento|Negociação|Proposta", "Sim|Não",
            "Informática|Construção|Comércio|Transporte|Saúde|Energia", _WEST,
        ),
        _language(
            "sv", "Affärs-ID|Skapad|Stängd|Status|Källa|Belopp|Anställda|Lämplighet|Rabatt|Nyckelkund|Bransch|Avtalet slutar"
            "|Nyhetsbrev|Områdeskod",
            "Vunnen|Vunnet|Stängd - vunnen", "Förlorad|Förlorat|Stängd - förlorad", "Ny|Pågående|Offert skickad", "Ja|Nej",
            "Programvara|Bygg|Handel|Transport|Hälsa|Energi", _WEST,
        ),
        _language(
            "pl", "Identyfikator|Data utworzenia|Data zamknięcia|Etap|Źródło|Kwota|Pracownicy|Dopasowanie|Rabat|Klient kluczowy|Branża"
            "|Koniec umowy|Biuletyn|Kod regionu",
            "Wygrana|Wygrane|Zamknięta - wygrana", "Przegrana|Przegrane|Zamknięta - przegrana", "Nowa|W toku|Oferta wysłana|Negocjacje",
            "Tak|Nie", "Oprogramowanie|Budownictwo|Handel|Przewóz|Zdrowie|Energia", ("cp1250",),
        ),
        _language(
            "ru", "Номер сделки|Дата создания|Дата закрытия|Стадия|Источник|Сумма|Сотрудники|Оценка|Скидка|Ключевой клиент|Отрасль"
            "|Окончание договора|Рассылка|Код региона",
            "Успешно|Выиграна|Сделка успешна|Успешно реализовано", "Проиграна|Отказ|Закрыто и не реализовано|Сделка провалена",
            "Новая|В работе|Переговоры|Предложение", "Да|Нет", "Разработка|Строительство|Торговля|Перевозки|Здоровье|Энергетика",
            ("cp1251",),
        ),
        _language(
            "ja", "商談番号|作成日|完了日|フェーズ|リードソース|金額|従業員数|適合度|割引率|重要顧客|業種|契約終了日|メルマガ|地域コード",
            "受注|成約", "失注|不成立", "新規|商談中|提案|交渉", "はい|いいえ", "情報処理|建設|商業|運輸|医療|電力", ("cp932",),
        ),
        _language(
            "zh", "商机编号|创建时间|关闭日期|阶段|来源|金额|员工人数|匹配度|折扣|重点客户|行业|合同到期日|订阅|地区代码",
            "赢单|成交|已成交", "输单|丢单|未成交", "新建|跟进中|方案报价|谈判", "是|否", "软件|建筑|贸易|物流|医疗|能源", ("gb18030",),
        ),
    )
}  # fmt: skip
SOURCES = ("Webinar", "Referral", "Paid search", "Trade show", "Cold call")
PLAIN = ("lead_id", "created_at", "closed_at", "status", "source", "amount", "employees", "fit", "discount", "key_account", "industry",
         "contract_end", "newsletter", "region_code")  # fmt: skip
"""Headings of a database rather than of a CRM's pages; ``source`` is leadq's own name."""
