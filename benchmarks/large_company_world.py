"""The large company before its CRM records it: how large it is, its accounts and its leads, drawn chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.foundation.arrays import Bools, Floats, Ints

READ_AT = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 730
DAY_US = 86_400_000_000
END_US = int(READ_AT.timestamp()) * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a company is.

    Parameters
    ----------
    leads : int
        Open and closed ones together; about 15 % are closed when the history is read.
    events : int
        About so many, signals of accounts included.
    seed : int
    """

    leads: int
    events: int
    seed: int = 7

    @property
    def accounts(self) -> int:
        """Number of accounts."""
        return max(self.leads // 3, 1)

    def random(self, part: int, chunk: int) -> np.random.Generator:
        """Return the random stream of one chunk of one part."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(part, chunk)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Accounts:
    """Codes of all accounts' values, each of shape (n_accounts,)."""

    industry: Ints
    band: Ints
    country: Ints
    known: Bools

    @property
    def fit(self) -> Floats:
        """What an account is worth, in log-odds."""
        return np.asarray(words.INDUSTRY.effects[self.industry] + words.BAND.effects[self.band])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leads:
    """A chunk of leads, arrays of shape (n,); moments in microseconds, ``closed`` is far away for a lead still open."""

    number: Ints
    created: Ints
    account: Ints
    source: Ints
    seniority: Ints
    worth: Floats
    won: Bools
    closed: Ints

    @property
    def until(self) -> Ints:
        """When a lead was closed or, if it is open, when the history was read."""
        return np.minimum(self.closed, END_US)


def draw_accounts(size: Size) -> Accounts:
    """Draw all accounts."""
    random, n = size.random(1, 0), size.accounts
    return Accounts(
        industry=words.INDUSTRY.draw(random, n),
        band=words.BAND.draw(random, n),
        country=words.COUNTRY.draw(random, n),
        known=random.random(n) < 0.8,
    )


def draw_leads(size: Size, chunk: int, number: Ints, accounts: Accounts) -> Leads:
    """Draw the leads of one chunk, by their numbers."""
    random, n = size.random(2, chunk), len(number)
    created = END_US - (random.random(n) ** 1.3 * DAYS * DAY_US).astype(np.int64)
    account = (size.accounts * random.random(n) ** 1.8).astype(np.int64)  # few accounts have hundreds of leads
    account[random.random(n) < 0.004] = 0  # and one has thousands
    account[random.random(n) < 0.1] = -1
    source, seniority = words.SOURCE.draw(random, n), words.SENIORITY.draw(random, n)
    fit = np.where(account >= 0, accounts.fit[account], -0.3)
    worth = fit + words.SOURCE.effects[source] + words.SENIORITY.effects[seniority]
    won = random.random(n) < 1 / (1 + np.exp(3.6 - worth))
    closes = won | (random.random(n) < 0.13)
    closed = created + ((3 + random.exponential(45, n)) * DAY_US).astype(np.int64)
    closed[~closes | (closed > END_US)] = np.iinfo(np.int64).max
    return Leads(
        number=number,
        created=created,
        account=account,
        source=source,
        seniority=seniority,
        worth=worth,
        won=won,
        closed=closed,
    )
