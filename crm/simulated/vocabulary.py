"""The simulated company's words: categories with their shares and what each is worth in log-odds.

Only tables of constants. How they combine (interactions, thresholds, calendar) is in ``lead_quality.py``. ``None`` is a
value that is not filled in. Some values are hostile on purpose: whatever prints them must escape them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Values of one category: name as recorded, relative share, effect in log-odds."""

    rows: tuple[tuple[str | None, float, float], ...]

    @property
    def names(self) -> tuple[str | None, ...]:
        """Recorded values, by code."""
        return tuple(name for name, _, _ in self.rows)

    @property
    def shares(self) -> Floats:
        """Shares that sum to 1, by code."""
        weights = np.array([share for _, share, _ in self.rows])
        return np.asarray(weights / weights.sum())

    @property
    def effects(self) -> Floats:
        """Effects in log-odds, by code."""
        return np.array([effect for _, _, effect in self.rows])

    def draw(self, random: np.random.Generator, size: int) -> Ints:
        """Draw ``size`` codes."""
        return np.searchsorted(np.cumsum(self.shares)[:-1], random.random(size), side="right").astype(np.int64)

    def code(self, name: str | None) -> int:
        """Code of a recorded value."""
        return self.names.index(name)


SOURCE = Levels(
    rows=(
        ("web_form", 0.24, 0.35),
        ("organic_search", 0.14, 0.0),
        ("paid_search", 0.18, -0.2),
        ("referral", 0.07, 1.2),
        ("partner", 0.07, 0.7),
        ("trade_fair", 0.08, -0.5),
        ("content_syndication", 0.12, -0.8),
        ("list_purchase", 0.10, -1.4),
    )
)
SOURCE_ACTIVITY = np.array([1.2, 1.1, 1.0, 0.9, 0.9, 0.8, 0.8, 0.7])
"""How much buyers of a source show of themselves on the web, whatever they will do."""

SOURCE_MISSING = np.array([0.20, 0.25, 0.25, 0.15, 0.10, 0.45, 0.40, 0.35])
"""Share of accounts, by the source of their first lead, whose firmographics nobody ever looks up."""

CAMPAIGN_SOURCES = ("paid_search", "trade_fair", "content_syndication", "web_form", "list_purchase")
CAMPAIGN = Levels(
    rows=(
        ("brand", 0.22, 0.0),
        ("spring-launch", 0.18, 0.0),
        ("webinar-series", 0.15, 0.0),
        ("retargeting", 0.15, 0.0),
        ("free-ebook", 0.16, -0.5),
        ("autumn-fair", 0.135, 0.0),
        ("<script>alert('lead')</script>", 0.0025, 0.0),
        ('=HYPERLINK("click me")', 0.0025, 0.0),
    )
)

SENIORITY = Levels(
    rows=(
        ("executive", 0.10, 0.7),
        ("director", 0.18, 0.75),
        ("manager", 0.28, 0.2),
        ("specialist", 0.30, -0.6),
        ("student", 0.03, -1.4),
        (None, 0.11, -0.2),
    )
)
FUNCTION = Levels(
    rows=(
        ("it", 0.28, 0.1),
        ("operations", 0.22, 0.1),
        ("marketing", 0.20, 0.1),
        ("finance", 0.15, 0.1),
        ("people", 0.15, -0.4),
    )
)
TITLES: tuple[tuple[str | None, ...], ...] = (
    ("CIO", "COO", "CMO", "CFO", "Chief People Officer"),
    ("Head of IT", "Director Operations", "Marketing Director", "Finance Director", "HR Director"),
    ("IT Manager", "Operations Manager", "Marketing Manager", "Finance Manager", "HR Manager"),
    ("IT Specialist", "Operations Analyst", "Marketing Coordinator", "Financial Analyst", "HR Assistant"),
    ("Student", "Student", "PhD student", "Intern", "Student"),
)
"""Title by seniority and function; without a seniority the title is empty or hostile."""
HOSTILE_TITLES = ("<img src=x onerror=alert(1)>", "=1+cmd|' /C calc'!A0")

DOMAIN_KIND = Levels(
    rows=(("company", 0.865, 0.0), ("free", 0.105, -0.70), ("education", 0.03, -1.80)),
)
COMPANY, FREE, EDUCATION = 0, 1, 2
FREE_DOMAINS = ("gmail.com", "outlook.com", "yahoo.com", "gmx.de", "web.de")
EDUCATION_DOMAINS = ("north.edu", "tech.edu", "city.edu")
RIVAL_DOMAIN = "rival.example"
RIVAL_SHARE = 0.008
RIVAL_EFFECT = -3.0

COUNTRY = Levels(
    rows=(
        ("DE", 0.30, 0.15),
        ("FR", 0.18, 0.15),
        ("NL", 0.14, 0.15),
        ("GB", 0.14, -0.35),
        ("US", 0.12, -0.35),
        ("ES", 0.07, -0.35),
        ("PL", 0.05, -0.35),
    )
)

INDUSTRY = Levels(
    rows=(
        ("software", 0.20, 0.6),
        ("logistics", 0.14, 0.5),
        ("manufacturing", 0.18, -0.1),
        ("finance", 0.12, -0.1),
        ("retail", 0.12, -0.1),
        ("health", 0.10, -0.1),
        ("public", 0.08, -0.8),
        ("education", 0.06, -0.8),
    )
)
BAND = Levels(  # few and many employees are both against: an inverted U
    rows=(
        ("1-19", 0.24, -1.0),
        ("20-99", 0.28, 0.1),
        ("100-499", 0.24, 0.8),
        ("500-1999", 0.15, 0.6),
        ("2000+", 0.09, -0.5),
    )
)
BAND_BOUNDS = np.array([1.0, 20.0, 100.0, 500.0, 2000.0, 20000.0])
BAND_TILT = np.array([0.35, 0.0, -0.25, -0.35, 0.0, 0.05, -0.25, 0.1])
"""How far an industry leans to small (positive) or large companies: shares are ``exp(-tilt * band)`` tilted."""

PRODUCT = Levels(rows=(("suite", 0.25, 0.7), ("analytics", 0.30, 0.0), ("connector", 0.30, -0.4), (None, 0.15, -0.1)))
TOOL = Levels(rows=(("spreadsheet", 0.35, 0.1), ("rival_tool", 0.25, -0.5), ("in_house", 0.20, 0.1), (None, 0.20, 0.0)))


def band_shares() -> Floats:
    """P(band | industry): array of shape (n_industries, n_bands), rows sum to 1."""
    weights = BAND.shares * np.exp(-BAND_TILT[:, None] * np.arange(len(BAND.rows)))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
