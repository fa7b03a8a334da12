"""A company whose people spell: countries in four ways, sources in three, titles in five languages, sizes as they please."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from leadq.crm.contract.history import History, OwnField

START = datetime(2025, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
COUNTRIES = {"DE": ("Germany", "DE", "DEU", " deutschland"), "FR": ("France", "FR", "FRA", "Frankreich")}
SOURCES = {"web": ("Web Form", "web form", "WEB\u00a0FORM "), "fair": ("Trade fair", "trade fair", "Trade Fair")}
TITLES = {
    "director": ("Head of IT", "Vertriebsleiter", "Directrice marketing", "Director de compras", "Dyrektor finansowy"),
    "specialist": ("Data Analyst", "Sachbearbeiterin", "Comptable", "Técnico", "Specjalista ds. zakupów"),
}
SIZES = {
    "tiny": ("1-10", "<10", "unknown"),
    "small": ("11-50", "11 bis 50", "11 \u2013 50 employees"),
    "large": ("1.000+", "1000+", "1,000 or more", "1k+"),
}
OWN = (OwnField(entity="account", name="size", type="category"), OwnField(entity="lead", name="note", type="category"))
OWN_TYPES = {"accounts": {"size": pa.string()}, "leads": {"note": pa.string()}}


def spelling_company(seed: int = 0, leads: int = 400) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table; a lead is won the sooner the more senior, in Germany, from the web and large."""
    draw = np.random.default_rng(seed)

    def spelt(ways: dict[str, tuple[str, ...]]) -> tuple[str, str]:
        meant = str(draw.choice(list(ways)))
        return meant, str(draw.choice(ways[meant]))

    rows: dict[str, list[dict[str, Any]]] = {"leads": [], "accounts": [], "outcomes": []}
    for number in range(leads):
        (country, land), (source, way), (rank, title) = spelt(COUNTRIES), spelt(SOURCES), spelt(TITLES)
        size, employees = spelt(SIZES)
        created = START + number * DAY / 4
        lead, account = f"L{number:04}", f"A{number:04}"
        rows["leads"].append(
            {
                "lead_id": lead, "created_at": created, "account_id": account, "country": land, "source": way, "title": title,
                "email_domain": str(draw.choice(["gmail.com", "wp.pl", "nus.edu.sg", "ato.gov.au", "eu.acme.example"])),
                "note": str(draw.choice(["a", "b"])),
            }
        )  # fmt: skip
        rows["accounts"].append({"account_id": account, "domain": "acme.example", "size": employees, "country": land})
        good = (country == "DE") + (source == "web") + (rank == "director") + (size == "large")
        won = draw.random() < 0.1 + 0.2 * good
        occurred = created + DAY * float(draw.uniform(1, 9))
        rows["outcomes"].append({"lead_id": lead, "occurred_at": occurred, "outcome": "won" if won else "lost"})
    return rows


@pytest.fixture(scope="module")
def spelling_history(tmp_path_factory, write_history) -> History:
    """Return :func:`spelling_company` as a history."""
    history: History = write_history(
        tmp_path_factory.mktemp("spelt") / "history", spelling_company(), own_types=OWN_TYPES, own_fields=OWN
    )
    return history
