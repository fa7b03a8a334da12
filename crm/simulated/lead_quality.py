"""How good a lead is: log-odds of its facts, how it looks to sales, and the calendar.

Three parts that add up: what is always recorded at creation (``person_logit``), what depends on firmographics
that may be unrecorded (``company_logit``, a table by seniority, industry and band), and the time of creation
(``calendar_logit``). The part that sales acts on (``looks``) uses only what is always recorded. The shares of
sales speed, of fast losses and of leads never worked follow from the looks alone, so none of them tells more
about the outcome than the recorded facts do.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.facts import Leads
from leadq.crm.simulated.moments import DAY, seconds
from leadq.foundation.arrays import Floats, Ints

SPEED_EFFECTS = np.array([0.35, 0.0, -0.35])
"""Log-odds of being called fast, at medium speed, slowly."""
PRIOR_WIN_EFFECT = 0.6
"""Log-odds for each earlier win of the account known at creation, at most two."""
_CONTRAST = 0.61
"""Shrinks every fact's effect, so that the best possible AUC lies between .72 and .80 as in real companies."""
_FAST_LOSSES = {"mixed": 0.35, "fast": 0.75, "slow": 0.06}
QUARTER_DAYS = 365.25 / 4


def person_logit(leads: Leads) -> Floats:
    """Log-odds of what is always recorded at creation; shape (n_leads,)."""
    campaign = np.append(words.CAMPAIGN.effects, 0.0)[leads.campaign]  # -1, no campaign, is the last
    seats = np.where(np.isnan(leads.seats), 0.0, np.where(leads.seats >= 25, 0.90, np.where(leads.seats < 4, -0.50, 0)))
    referred = leads.source == words.SOURCE.code("referral")
    senior = leads.seniority <= words.SENIORITY.code("director")
    wants_suite = leads.product == words.PRODUCT.code("suite")
    in_it = leads.function == words.FUNCTION.code("it")
    total = (
        words.SOURCE.effects[leads.source]
        + campaign
        + words.SENIORITY.effects[leads.seniority]
        + words.FUNCTION.effects[leads.function] * (leads.seniority != words.SENIORITY.code(None))
        + words.DOMAIN_KIND.effects[leads.kind]
        + words.COUNTRY.effects[leads.country]
        + words.PRODUCT.effects[leads.product]
        + words.TOOL.effects[leads.tool]
        + words.RIVAL_EFFECT * leads.rival
        + seats
        + 0.70 * leads.surge
        + 0.20 * (leads.rank >= 1)
        + 0.45 * (referred & senior)
        + 0.40 * (wants_suite & in_it)
    )
    return np.asarray(_CONTRAST * total, dtype=np.float64)


def company_logit() -> Floats:
    """Log-odds by seniority, industry and band, centred: array of shape (n_seniorities, n_industries, n_bands)."""
    table = np.zeros((len(words.SENIORITY.rows), len(words.INDUSTRY.rows), len(words.BAND.rows)))
    table += words.INDUSTRY.effects[:, None] + words.BAND.effects
    table[:, words.INDUSTRY.code("software"), :2] += 0.55  # small software houses buy
    table[words.SENIORITY.code("executive"), :, :2] += 0.35  # in a small firm the head decides
    table[words.SENIORITY.code("executive"), :, 4] -= 0.45
    shares = words.INDUSTRY.shares[:, None] * words.band_shares()
    return np.asarray(_CONTRAST * (table - (table[words.SENIORITY.code("manager")] * shares).sum()))


def calendar_logit(settings: CompanySettings, created: Ints) -> Floats:
    """Log-odds of the time of creation: a yearly season and the quarterly drift."""
    day = (created - seconds(settings.start)) / DAY
    quarter = np.floor(day / QUARTER_DAYS).astype(np.int64)
    season = 0.10 * np.sin(2 * np.pi * (day / 365.25 + 0.1))
    return np.asarray(season + drift_by_quarter(settings)[quarter])


def drift_by_quarter(settings: CompanySettings) -> Floats:
    """Drift of the intercept in each quarter, log-odds."""
    count = int(settings.days / QUARTER_DAYS) + 1
    if settings.drift == "none":
        return np.zeros(count)
    if settings.drift == "trend":
        return -settings.drift_sd * np.arange(count, dtype=np.float64)
    return np.cumsum(settings.drift_sd * settings.random("drift").standard_normal(count))


def looks(person: Floats) -> Floats:
    """How good a lead looks to sales, about standard normal."""
    return (person + 0.02) / 0.82


def speed_shares(look: Floats) -> Floats:
    """P(fast), P(medium), P(slow): array of shape (n_leads, 3)."""
    fast, slow = expit(0.9 * look - 0.6), expit(-0.9 * look - 1.0)
    return np.stack([fast, 1.0 - fast - slow, slow], axis=1)


def fast_loss_share(settings: CompanySettings, leads: Leads, look: Floats) -> Floats:
    """Share of losses that sales disqualifies within days: students, competitors and free mail above all."""
    base = _FAST_LOSSES[settings.losses]
    return np.asarray(
        expit(
            np.log(base / (1 - base))
            + 1.0 * (leads.kind == words.FREE)
            + 2.0 * (leads.seniority == words.SENIORITY.code("student"))
            + 3.0 * leads.rival
            - 0.35 * look
        )
    )


def never_worked_share(settings: CompanySettings, look: Floats) -> Floats:
    """Share of leads that sales never touches."""
    return np.asarray(expit(-1.8 - 0.9 * look)) * settings.never_worked


def win_share(logit: Floats, speeds: Floats) -> Floats:
    """P(eventually won) in the current way of working: the mean over how fast sales calls."""
    share = np.zeros(np.shape(logit))
    for index, effect in enumerate(SPEED_EFFECTS):
        share += speeds[..., index] * expit(logit + effect)
    return share
