"""What a company's CRM exports on any day: one file of leads, with seasons in how many come in and from where.

The whole span is drawn once from a seed; an export is what was known by its moment. Values are typed here; how they are written
stands in ``writing.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

START = datetime(2024, 1, 1, tzinfo=UTC)
TRAINED = datetime(2025, 11, 20, 6, tzinfo=UTC)
"""When the model was trained; nights come after it."""
NIGHTS = 330
"""Days after it on which there may be a night: nearly all of a year's seasons."""

SOURCES = ("Web form", "Referral", "Trade fair", "Cold call", "Partner", "Webinar")
INDUSTRIES = ("Software", "Retail", "Healthcare", "Manufacturing", "Logistics", "Financial services", "Energy", "Food")
COUNTRIES = ("Germany", "France", "Netherlands", "Austria", "Switzerland", "Poland")
TITLES = (
    "Managing Director", "Head of IT", "IT Manager", "Sales Manager", "Marketing Director", "Finance Director",
    "Operations Analyst", "HR Assistant", "Purchasing Manager", "Student", "Engineer", "Head of Operations",
)  # fmt: skip
PLANS = ("Basic", "Team", "Business", "Enterprise")
TOOLS = ("Spreadsheet", "Rival suite", "Own system", "None yet")
DOMAINS = ("gmail.com", "gmx.de", "web.de")


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company's leads over the whole span, a row a lead: what is known when it comes in, and what becomes of it."""

    leads: pd.DataFrame

    def export(self, moment: datetime) -> pd.DataFrame:
        """Return what its CRM exports at ``moment``."""
        now = pd.Timestamp(moment)
        known = self.leads[self.leads["Created Date"] <= now].reset_index(drop=True)
        closed = known["Closed Date"] <= now
        status = np.where(closed, np.where(known["Won"], "Closed Won", "Closed Lost"), "Working")
        return known.assign(Status=status, **{"Closed Date": known["Closed Date"].where(closed)}).drop(columns="Won")


def company(seed: int, *, a_day: float = 4.2) -> Company:
    """Draw a company: about ``a_day`` leads a day, more in spring and autumn, few in August and at the end of the year."""
    draw = np.random.default_rng([seed, 1])
    days = (TRAINED - START).days + NIGHTS + 1
    of_day = np.arange(days)
    many = a_day * _season_of_arrivals(of_day) * np.where((of_day % 7) >= 5, 0.25, 1.3)
    day = np.repeat(of_day, draw.poisson(many))
    n = len(day)
    created = pd.Timestamp(START) + pd.to_timedelta(day * 86_400 + draw.integers(6 * 3600, 20 * 3600, n), unit="s")
    firm = draw.integers(0, n // 2, n)
    of_firm = np.random.default_rng([seed, 2])
    industry = _of(of_firm, n, [0.24, 0.19, 0.15, 0.13, 0.11, 0.08, 0.06, 0.04])[firm]
    employees = np.round(np.exp(of_firm.normal(4.6, 1.4, n))).clip(2, 60_000)[firm]
    source, campaign = _sources(draw, day), _campaigns(draw, day)
    country = _of(draw, n, [0.4, 0.2, 0.14, 0.11, 0.09, 0.06])
    title, plan, tool = _of(draw, n), _of(draw, n, [0.4, 0.3, 0.2, 0.1]), _of(draw, n, [0.35, 0.3, 0.2, 0.15])
    seats = np.round(np.exp(draw.normal(2.2, 0.9, n)) * 2) / 2
    revenue = np.round(employees * np.exp(draw.normal(11.3, 0.4, n)), 2)
    customer = draw.random(n) < 0.25
    worth = (
        np.array([0.3, 1.3, -0.5, -1.2, 0.9, 0.1])[source]
        + np.array([0.8, -0.5, 0.3, 0.1, -0.3, 0.5, -0.6, -0.9])[industry]
        + 0.35 * (np.log(employees) - 4.6)
        + np.array([0.6, 0.5, 0.1, 0.2, 0.3, 0.2, -0.4, -0.7, 0.1, -1.5, -0.3, 0.5])[title]
        + np.array([-0.4, 0.0, 0.4, 0.8])[plan]
        + np.array([0.4, -0.5, 0.1, 0.0])[tool]
        + 0.3 * (np.log(seats + 0.5) - 2.2)
        + np.array([0.2, -0.2, 0.1, 0.2, 0.0, -0.4])[country]
        + 0.7 * customer
    )
    won = draw.random(n) < 1 / (1 + np.exp(1.75 - worth))
    lasted = np.exp(draw.normal(3.5, 0.7, n)).clip(0.3, 89)
    private = draw.random(n) < 0.12
    domain = np.where(private, np.array(DOMAINS)[draw.integers(0, 3, n)], [f"firm{one}.com" for one in firm])
    leads = pd.DataFrame(
        {
            "Lead ID": [f"00Q{place:06d}" for place in range(n)],
            "Created Date": created,
            "Closed Date": created + pd.to_timedelta(np.round(lasted * 86_400), unit="s"),
            "Lead Source": np.array(SOURCES)[source],
            "Campaign": campaign,
            "Country": _emptied(draw, np.array(COUNTRIES)[country], 0.04),
            "Company": [f"Firm {one}" for one in firm],
            "Email": [f"a{place}@{one}" for place, one in enumerate(domain)],
            "Title": _emptied(draw, np.array(TITLES)[title], 0.08),
            "Industry": np.array(INDUSTRIES)[industry],
            "Employees": np.where(draw.random(n) < 0.06, np.nan, employees),
            "Annual Revenue": np.where(draw.random(n) < 0.1, np.nan, revenue),
            "Seats": seats,
            "Plan": np.array(PLANS)[plan],
            "Current Tool": _emptied(draw, np.array(TOOLS)[tool], 0.15),
            "Customer": np.where(customer, "Yes", "No"),
            "Contract Ends": created + pd.to_timedelta(draw.integers(5, 400, n), unit="D"),
            "Won": won,
        }
    )
    return Company(leads=leads)


def _season_of_arrivals(day: np.ndarray) -> np.ndarray:
    year = 2 * np.pi * (day % 365) / 365
    quiet = np.where(((day % 365) > 212) & ((day % 365) < 240), 0.55, 1.0) * np.where((day % 365) > 355, 0.3, 1.0)
    return (1 + 0.25 * np.sin(2 * year - 1.0)) * quiet


def _sources(draw: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Trade fairs bring leads in March and October, webinars when it is cold."""
    year = 2 * np.pi * (day % 365) / 365
    weights = np.stack([np.full(len(day), share) for share in (0.34, 0.16, 0.12, 0.16, 0.12, 0.10)], axis=1)
    weights[:, 2] *= 1 + 0.8 * np.cos(2 * (year - 2 * np.pi * 75 / 365))
    weights[:, 5] *= 1 + 0.4 * np.cos(year)
    return (draw.random((len(day), 1)) > np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)).sum(axis=1)


def _campaigns(draw: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Two that stay, and one a quarter."""
    kind = draw.choice(4, len(day), p=[0.45, 0.2, 0.15, 0.2])
    quarter = [
        f"Offer {(START + timedelta(days=int(one))).year} Q{((START + timedelta(days=int(one))).month + 2) // 3}"
        for one in day
    ]
    return np.select([kind == 0, kind == 1, kind == 2], ["", "Brand", "Newsletter"], quarter)


def _of(draw: np.random.Generator, n: int, shares: list[float] | None = None) -> np.ndarray:
    if shares is None:
        return draw.integers(0, len(TITLES), n)
    return draw.choice(len(shares), n, p=np.array(shares) / sum(shares))


def _emptied(draw: np.random.Generator, values: np.ndarray, share: float) -> np.ndarray:
    return np.where(draw.random(len(values)) < share, "", values)
