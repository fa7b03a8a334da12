"""What the EXPECTED.md of each shared case says, as data: own columns and how their cells are meant, words shown, what must be said.

The cases lie beside the project and are not part of it; their values are computed from their inputs, never copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.crm.reading.generator.remedies import Known

Meaning = Callable[[str], object]
"""What a cell means: a number, a text, True or False, or None."""
MISSING = {"", "NULL", "N/A", "-", "None", "#N/A"}


def text(cell: str) -> object:
    """Return the text without blanks around it."""
    return None if cell.strip() in MISSING else cell.strip()


def point(cell: str) -> object:
    """Return a number with a decimal point; commas, currency and percent do not count."""
    found = re.sub(r"[$€%,\s]", "", cell)
    return None if found in MISSING else float(found)


def comma(cell: str) -> object:
    """Return a number with a decimal comma; points do not count."""
    return None if cell in MISSING else float(cell.replace(".", "").replace(",", "."))


def flag(cell: str) -> object:
    """Return whether the cell says yes."""
    return None if cell in MISSING else cell.casefold() in ("yes", "true", "oui")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case.

    ``key`` is the heading of the id, ``own`` heading to meaning, ``dropped`` headings that must not be there, ``proposed`` patterns of
    leadq.yaml, ``said`` patterns of what reading says (output and notes), ``may_refuse`` whether the input does not say enough,
    ``seconds`` how exact its times are.
    """

    source: str = "export.csv"
    key: str = "lead_id"
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    skipped: int = 0
    backslash: bool = False
    own: dict[str, Meaning] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    may_refuse: bool = False
    refused: tuple[str, ...] = ()
    seconds: str = "1"
    known: Known = field(default_factory=Known)


_PLAIN: dict[str, Meaning] = {"source": text, "industry": text, "employees": point}
_WON = (r'won: \["won"\]', r'lost: \["lost"\]')


def _words(won: str, lost: str) -> tuple[str, str]:
    return rf'won: \[[^\]]*"{won}"', rf'lost: \[[^\]]*"{lost}"'


CASES: dict[str, Case] = {
    "backslash_quotes": Case(own={**_PLAIN, "remark": text}, backslash=True, may_refuse=True, refused=(r"\\",)),
    "closed_dash_won_with_optin": Case(
        own={**_PLAIN, "newsletter": flag}, proposed=("column: .?stage", *_words("Closed - Won", "Closed - Lost"))
    ),
    "closed_only_dash_won_newsletter": Case(
        own={**_PLAIN, "newsletter": flag, "visits": point},
        proposed=("column: .?stage", *_words("Closed - Won", "Closed - Lost")),
    ),
    "columns_called_place_k_n_first": Case(
        own={**_PLAIN, "place": text, "k": point, "n": point, "first": text, "row": point, "lead": point, "before": point, "word": text}
    ),
    "commas_in_semicolon_header": Case(
        delimiter=";",
        own={"Origin, of lead": text, "Industry, branch, sector": text, "Employees, total, FTE": point, "Size, est., class": point},
    ),
    "cp1251_russian": Case(
        delimiter=";", encoding="cp1251", own={"Источник": text, "Сотрудники": point}, may_refuse=True,
        proposed=("Стадия", *_words("Успешно", "Отказ")), known=Known(encoding="cp1251"),
    ),
    "created_time_closed_date": Case(delimiter=";", own={"source": text, "employees": point}),
    "decimal_comma_and_point": Case(
        delimiter=";", own={"source": text, "amount_eur": comma, "fit": point}, may_refuse=True,
        known=Known(decimals={"amount_eur": ",", "fit": "."}),
    ),
    "duplicate_headers": Case(own={"employees": point}),
    "excel_serial_dates": Case(own={"source": text, "employees": point}),
    "excel_text_ids": Case(own=_PLAIN),
    "french_outcome_with_optin": Case(
        key="Identifiant",
        delimiter=";", encoding="cp1252", proposed=("column: .?Étape", *_words("Gagné", "Perdu"), '"En cours"'),
        own={"Origine": text, "Effectif": point, "Accepte les e-mails": flag},
    ),
    "heading_line_break_crlf": Case(own={"source": text, "Employees (FTE)": point}),
    "hubspot_deals_display_export": Case(
        source="hubspot-crm-exports-all-deals.csv", key="Record ID", own={"Original Traffic Source": text, "Number of Employees": point},
        proposed=("column: .?Deal Stage", *_words(r"Closed won \(Sales Pipeline\)", r"Closed lost \(Sales Pipeline\)")),
    ),
    "hubspot_epoch_ms": Case(
        key="Record ID", own={"hs_analytics_source": text, "num_employees": point},
        proposed=("epoch_ms", *_words("closedwon", "closedlost")),
    ),
    "iso_date_ampm": Case(own={"source": text, "employees": point}),
    "lead_per_contact_role": Case(own=_PLAIN, said=("contact_id",), may_refuse=True, refused=("contact_id",)),
    "line_ends_mixed": Case(own={"source": text}),
    "many_lost_words": Case(
        key="Deal Id", own={"Lead Source": text, "Employees": point}, may_refuse=True, refused=("Duplicate", "Abandoned"),
        proposed=_words("Closed Won", "Lost - no budget"),
        known=Known(
            won=("Closed Won",), open=("Qualification",),
            lost=("Closed Lost", "Closed-Lost to Competition", "Lost - no budget", "Duplicate", "Abandoned"),
        ),
    ),
    "missing_markers": Case(own=_PLAIN, proposed=_WON),
    "names_last_first": Case(
        own=_PLAIN, dropped=("Kontakt", "Ansprechpartner", "Entscheider"), said=("Kontakt", "Ansprechpartner", "Entscheider")
    ),
    "open_deals_overdue_is_won_false": Case(key="Record ID", own={"Original Source": text, "Number of Employees": point}),
    "overlapping_parts": Case(own=_PLAIN, said=(r"\b50\b",)),
    "pandas_float_outcome_and_ids": Case(
        own={"source": text, "employees": point, "opted_in": flag}, proposed=("column: .?converted",)
    ),
    "pipedrive_deals": Case(
        key="Deal - ID", own={"Organization - Industry": text, "Deal - Total activities": point}, may_refuse=True,
        proposed=("Deal - Deal created", "Deal - Won time", "Deal - Lost time"),
    ),
    "planned_close_dates_of_open_deals": Case(key="Record ID", own={"Original Source": text, "Number of Employees": point}),
    "salesforce_opps_many_stages": Case(
        key="Id", own={"LeadSource": text, "NumberOfEmployees": point},
        proposed=("column: .?StageName", *_words("Closed Won", "Closed Lost")),
    ),
    "sep_line": Case(delimiter=";", skipped=1, own=_PLAIN),
    "shift_jis": Case(
        encoding="cp932", seconds="60", own={"リードソース": text, "従業員数": point},
        may_refuse=True, refused=("cp932",), known=Known(encoding="cp932"),
        proposed=_words("受注", "失注"),
    ),
    "tab_after_ids_and_words": Case(own=_PLAIN, proposed=_WON),
    "thousands_commas_currency": Case(own={"source": text, "employees": point, "annual_revenue": point, "discount": point}),
    "thousands_points_integers": Case(
        delimiter=";", own={"source": text, "Mitarbeiter": comma, "Jahresumsatz": comma}, may_refuse=True,
        known=Known(decimals={"Mitarbeiter": ",", "Jahresumsatz": ","}),
    ),
    "title_above_header": Case(skipped=3, own=_PLAIN),
    "total_row": Case(key="Id", own={"Lead Source": text, "Amount": point}, said=("Total",)),
    "two_digit_year_dmy": Case(
        own={"source": text, "employees": point}, may_refuse=True,
        known=Known(orders={"created": {"dm"}, "closed": {"dm"}}),
    ),
    "two_digit_year_mdy": Case(
        own={"source": text, "employees": point}, may_refuse=True,
        known=Known(orders={"created": {"md"}, "closed": {"md"}}),
    ),
    "utf16_no_bom": Case(encoding="utf-16-le", delimiter="\t", own=_PLAIN),
    "zone_names_est_edt": Case(own={"source": text, "employees": point}),
}  # fmt: skip
"""Cases of one file from ``leadq init`` to a history; the others have a test of their own."""
APART = {
    "flat_column_called_place", "flat_newest_first", "flat_order_by_dmy_date", "heading_line_break_scoring", "hubspot_api_json",
    "join_ids_1_vs_1_0", "nightly_source_words_renamed", "nightly_thousands_points", "salesforce_lead_default_statuses",
    "web_page_saved_as_csv", "zip_of_parts",
}  # fmt: skip
