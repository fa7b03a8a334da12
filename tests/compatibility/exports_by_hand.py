"""A German company's exports as its people and their spreadsheets write them; the first reading made something of all of it.

Days before months, decimal commas, Windows' code page, words for nothing, blanks behind words, thousands with a point, first names, a
column that is empty or X. All of it is made up, by a fixed seed.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

LEADS = 2600
LAST = datetime(2026, 9, 30, tzinfo=UTC)
CONFIG = """\
store: store
agreement: agreement.yaml
playbook: playbook.yaml
time_zone: Europe/Berlin
deliver: {files: {kind: files, folder: delivered}}
sources:
  leads:
    path: kontakte.csv
    encoding: cp1252
    separator: ";"
    decimal: ","
    time_format: "%d.%m.%Y %H:%M"
    columns: {lead_id: Nr, created_at: Angelegt, closed_at: Abgeschlossen, account_id: Firma, source: Herkunft, title: Stelle}
    values: {Herkunft: {Unbekannt: null}}
  accounts:
    path: firmen.csv
    columns: {account_id: Firma, industry: Branche, employees: Mitarbeiter, country: Land}
outcome: {from: lead_columns, column: Ergebnis, won: [gewonnen], lost: [verloren], open: [offen]}
"""
_HEADER = (
    *("Nr", "Angelegt", "Abgeschlossen", "Ergebnis", "Firma", "Herkunft", "Stelle"),
    *("Größe", "Rabatt", "Vorname", "Rundbrief", "Ablösung", "Postleitzahl"),
)


def write_exports(folder: Path) -> None:
    """Write both exports and ``leadq.yaml`` into ``folder``, which is made here."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(16)
    employees = draw.integers(3, 9000, LEADS)
    (folder / "firmen.csv").write_text(_accounts(draw, employees), encoding="utf-8")
    (folder / "kontakte.csv").write_bytes(_leads(draw, employees).encode("cp1252"))
    (folder / "leadq.yaml").write_text(CONFIG, encoding="utf-8")


def _accounts(draw: np.random.Generator, employees: np.ndarray) -> str:
    rows = [("Firma", "Branche", "Mitarbeiter", "Land")]
    for number, size in enumerate(employees):
        branch = str(draw.choice(["Maschinenbau", "Handel", "Bau", "N/A"]))
        rows.append((f"F{number}", branch, f"{size:,}".replace(",", "."), str(draw.choice(["DE", "AT", "CH"]))))
    return _as_csv(rows, ",")


def _leads(draw: np.random.Generator, employees: np.ndarray) -> str:
    rows: list[tuple[str, ...]] = [_HEADER]
    for number in range(LEADS):
        created = LAST - timedelta(days=700 * (1 - number / LEADS), hours=float(draw.uniform(0, 20)))
        source = str(draw.choice(["Messe", "Messe ", "Empfehlung", "Köln-Aktion", "NULL", "Unbekannt"]))
        account = LEADS - 1 - number
        logit = -3.2 + 3.2 * (source == "Empfehlung") + 2.6 * (employees[account] > 5000)
        won = draw.random() < 1 / (1 + np.exp(-logit))
        closed = created + timedelta(days=float(draw.uniform(4, 70)))
        is_open = closed > LAST
        rows.append(
            (
                f"L{number:05d}",
                _written(created),
                "" if is_open else _written(closed),
                "offen" if is_open else "gewonnen" if won else "verloren",
                f"F{account}",
                source,
                str(draw.choice(["Geschäftsführer", "Einkäuferin", "Leiter IT", ""])),
                f"{draw.uniform(100, 90_000):,.2f}".translate(str.maketrans(",.", ".,")),
                f"{draw.integers(0, 25)},5 %",
                str(draw.choice(["Änne", "Jürgen", "Søren", "Zoë"])),
                "X" if draw.random() < 0.4 else "",
                _written(created + timedelta(days=float(draw.uniform(100, 400))))[:10],
                f"{draw.choice(['01', '50', '80'])}{draw.integers(100, 120)}",
            )
        )
    return _as_csv(rows, ";")


def _written(moment: datetime) -> str:
    return moment.strftime("%d.%m.%Y %H:%M")


def _as_csv(rows: list[tuple[str, ...]], separator: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
