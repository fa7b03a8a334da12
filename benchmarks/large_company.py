"""A company of any size as a contract history on disk, for measuring: as crm/reading/ingest would have written it.

    python -m benchmarks.large_company FOLDER [--leads 100000] [--events-per-lead 50] [--seed 7]

Drawn lead by lead in chunks, so that memory stays the same while rows grow. Skewed as real companies are: few leads have most of
the events, few accounts have thousands of leads, some events are known days after they occurred. Outcomes depend on what the
features see, so that a model exists. No truth is kept: whether a model is right is measured on :mod:`leadq.crm.simulated`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.contract.history import History, OwnField, TableCount, write_manifest
from leadq.crm.contract.schemas import OUTCOMES, REJECTED, TABLES, TEXT, TIME
from leadq.crm.reading.history_files import hash_tables
from leadq.crm.simulated import vocabulary as words

READ_AT = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 730
CHUNK = 50_000
DAY_US = 86_400_000_000
END_US = int(READ_AT.timestamp()) * 1_000_000

KINDS = ("page_view", "email_click", "pricing_page", "whitepaper", "webinar", "email_bounce", "demo_request")
OTHERS = np.array([0.55, 0.21, 0.06, 0.06, 0.04, 0.06, 0.02])
BUYERS = np.array([0.50, 0.20, 0.12, 0.06, 0.05, 0.01, 0.06])
WEBINAR = KINDS.index("webinar")
SIGNAL_SHARE = 0.02
"""Of all events: those that are known of an account only."""

QUALIFICATION = {
    "authority": ("decision_maker", "influencer", "user"),
    "budget": ("approved", "planned", "none"),
    "need": ("urgent", "clear", "vague"),
    "timeline": ("this_quarter", "this_year", "later"),
}
OWN_TYPES = {
    "leads": {"product_interest": TEXT, "current_tool": TEXT, "seats_wanted": pa.float64(), "newsletter": pa.bool_()},
    "accounts": {"partner_program": pa.bool_(), "service_score": pa.float64()},
}
OWN_FIELDS = (
    OwnField(entity="lead", name="product_interest", type="category"),
    OwnField(entity="lead", name="current_tool", type="category"),
    OwnField(entity="lead", name="seats_wanted", type="number"),
    OwnField(entity="lead", name="newsletter", type="flag"),
    OwnField(entity="account", name="partner_program", type="flag"),
    OwnField(entity="account", name="service_score", type="number"),
)
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Columns = dict[str, Any]


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
    known: npt.NDArray[np.bool_]

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
    won: npt.NDArray[np.bool_]
    closed: Ints

    @property
    def until(self) -> Ints:
        """When a lead was closed or, if it is open, when the history was read."""
        return np.minimum(self.closed, END_US)


def write_large_company(folder: Path, size: Size) -> History:
    """Write tables and manifest into ``folder``; the same size gives the same bytes.

    Returns
    -------
    History
    """
    folder.mkdir(parents=True, exist_ok=True)
    accounts = _draw_accounts(size)
    writers = {name: pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd", version="2.6")
               for name, schema in _schemas().items()}  # fmt: skip
    rows = dict.fromkeys(writers, 0)

    def add(name: str, columns: Columns) -> None:
        table = _table(_schemas()[name], columns)
        rows[name] += table.num_rows
        writers[name].write_table(table)

    add("accounts", _account_columns(size, accounts))
    add("field_history", _account_changes(size, accounts))
    for chunk, start in enumerate(range(0, size.leads, CHUNK)):
        leads = _draw_leads(size, chunk, np.arange(start, min(start + CHUNK, size.leads)), accounts)
        random = size.random(3, chunk)
        add("leads", _lead_columns(leads, random))
        add("events", _lead_events(size, leads, random))
        add("field_history", _lead_changes(leads, random))
        add("touches", _touches(leads, random))
        add("dispositions", _dispositions(leads, random))
        add("outcomes", _outcomes(leads))
    add("events", _signals(size))
    for writer in writers.values():
        writer.close()
    history = History(
        folder=folder,
        read_at=READ_AT,
        own_fields=OWN_FIELDS,
        tracked_since={f"lead.{name}": READ_AT - timedelta(days=DAYS) for name in QUALIFICATION}
        | {"account.employees": READ_AT - timedelta(days=DAYS)},
        outcome_from=("opportunities",),
        has_touches=True,
        counts={name: TableCount(read=rows[name], used=rows[name], rejected=0) for name in TABLES},
        sha256=hash_tables(folder),
    )
    write_manifest(history)
    return history


def _schemas() -> dict[str, pa.Schema]:
    schemas = {**TABLES, "outcomes": OUTCOMES, "rejected": REJECTED}
    for name, own in OWN_TYPES.items():
        schemas[name] = pa.schema([*schemas[name], *own.items()])
    return schemas


def _table(schema: pa.Schema, columns: Columns) -> pa.Table:
    """Columns that a table leaves out are null; moments come as microseconds."""
    length = len(next(iter(columns.values())))
    arrays = [
        pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _names(prefix: str, numbers: Ints) -> pa.Array:
    """Return identifiers as long as a CRM's, in the order of their numbers; null for a negative one."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    known = pa.array([f"{prefix}{number:015d}" for number in distinct])
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=numbers < 0), known).cast(TEXT)


def _labels(names: tuple[str | None, ...], codes: Ints, missing: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), pa.array(names, TEXT)).cast(TEXT)


def _moments(moments: Ints, missing: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(moments, mask=missing).cast(TIME)


def _draw_accounts(size: Size) -> Accounts:
    random, n = size.random(1, 0), size.accounts
    return Accounts(
        industry=words.INDUSTRY.draw(random, n),
        band=words.BAND.draw(random, n),
        country=words.COUNTRY.draw(random, n),
        known=random.random(n) < 0.8,
    )


def _account_columns(size: Size, accounts: Accounts) -> Columns:
    random, n = size.random(1, 1), size.accounts
    bounds = words.BAND_BOUNDS
    employees = np.floor(bounds[accounts.band] + random.random(n) * np.diff(bounds)[accounts.band])
    numbers = np.arange(n)
    domain = pa.array([words.RIVAL_DOMAIN if rival else f"a{number}.example" for number, rival in
                       zip(numbers, random.random(n) < words.RIVAL_SHARE, strict=True)])  # fmt: skip
    return {
        "account_id": _names("001", numbers),
        "domain": domain,
        "industry": _labels(words.INDUSTRY.names, accounts.industry, ~accounts.known),
        "employees": pa.array(employees, mask=~accounts.known),
        "annual_revenue": pa.array(np.round(employees * random.lognormal(11.5, 0.6, n)), mask=~accounts.known),
        "country": _labels(words.COUNTRY.names, accounts.country),
        "partner_program": random.random(n) < 0.1,
        "service_score": pa.array(np.round(random.normal(60, 15, n), 1), mask=random.random(n) < 0.5),
    }


def _account_changes(size: Size, accounts: Accounts) -> Columns:
    random = size.random(1, 2)
    account = np.flatnonzero(accounts.known & (random.random(size.accounts) < 0.2))
    return {
        "entity": pa.repeat("account", len(account)),
        "entity_id": _names("001", account),
        "field": pa.repeat("employees", len(account)),
        "changed_at": _moments(END_US - (random.random(len(account)) * DAYS * DAY_US).astype(np.int64)),
        "old_value": [str(number) for number in random.integers(1, 5000, len(account))],
    }


def _draw_leads(size: Size, chunk: int, number: Ints, accounts: Accounts) -> Leads:
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


def _lead_columns(leads: Leads, random: np.random.Generator) -> Columns:
    n = len(leads.number)
    titles = tuple(title for row in words.TITLES for title in row)
    domain = random.choice(["company.example", "gmail.com", "outlook.com", "north.edu"], n, p=[0.86, 0.06, 0.05, 0.03])
    qualification = {
        name: _labels(values, random.integers(0, len(values), n), random.random(n) < 0.6)
        for name, values in QUALIFICATION.items()
    }
    return qualification | {
        "lead_id": _names("00Q", leads.number),
        "created_at": _moments(leads.created),
        "account_id": _names("001", leads.account),
        "source": _labels(words.SOURCE.names, leads.source),
        "campaign": _labels(words.CAMPAIGN.names, words.CAMPAIGN.draw(random, n), random.random(n) < 0.3),
        "owner": _labels(tuple(f"rep {rep}" for rep in range(40)), random.integers(0, 40, n)),
        "email_domain": domain,
        "title": _labels(
            titles, np.minimum(leads.seniority * 5 + random.integers(0, 5, n), len(titles) - 1), leads.seniority == 5
        ),
        "country": _labels(words.COUNTRY.names, words.COUNTRY.draw(random, n)),
        "closed_at": _moments(leads.closed, leads.closed > END_US),
        "product_interest": _labels(words.PRODUCT.names, words.PRODUCT.draw(random, n)),
        "current_tool": _labels(words.TOOL.names, words.TOOL.draw(random, n)),
        "seats_wanted": pa.array(np.floor(random.lognormal(3, 1, n)), mask=random.random(n) < 0.4),
        "newsletter": random.random(n) < 0.3,
    }


def _lead_events(size: Size, leads: Leads, random: np.random.Generator) -> Columns:
    """Draw a burst after creation, then a trickle; in order of lead and moment."""
    n = len(leads.number)
    active_us = np.minimum(leads.until - leads.created, 400 * DAY_US)
    weight = random.gamma(0.6, 1 / 0.6, n) * (5 + active_us / DAY_US) / 224  # about 1 on average
    share = (1 - SIGNAL_SHARE) * size.events / size.leads
    lead = np.repeat(np.arange(n), random.poisson(weight * share))
    part = random.random(len(lead))
    age = np.where(part < 0.4, -np.log1p(-random.random(len(lead)) * 0.999) * 20 * DAY_US, 0.0)
    age = np.where(part > 0.4, random.random(len(lead)) * active_us[lead], age)
    age = np.where(part > 0.97, -random.random(len(lead)) * 30 * DAY_US, np.minimum(age, active_us[lead] - 1))
    occurred = leads.created[lead] + age.astype(np.int64)
    drawn = random.random(len(lead))
    kind = np.where(
        leads.won[lead],
        np.searchsorted(np.cumsum(BUYERS)[:-1], drawn, side="right"),
        np.searchsorted(np.cumsum(OTHERS)[:-1], drawn, side="right"),
    )
    order = np.lexsort((kind, occurred, lead))
    lead, occurred, kind = lead[order], occurred[order], kind[order]
    late = np.where(random.random(len(lead)) < 0.03, random.random(len(lead)) * 5 * DAY_US, 0.0).astype(np.int64)
    week = 7 * DAY_US
    known = np.where(kind == WEBINAR, (occurred // week + 1) * week, occurred + late)  # imported once a week
    read = known <= END_US
    return {
        "lead_id": _names("00Q", leads.number[lead[read]]),
        "occurred_at": _moments(occurred[read]),
        "kind": _labels(KINDS, kind[read]),
        "known_at": _moments(known[read]),
        "channel": _labels(("web", "email", "event"), kind[read] % 3),
    }


def _signals(size: Size) -> Columns:
    random, n = size.random(4, 0), int(SIGNAL_SHARE * size.events)
    account = (size.accounts * random.random(n) ** 1.8).astype(np.int64)
    occurred = END_US - (random.random(n) * DAYS * DAY_US).astype(np.int64)
    order = np.lexsort((occurred, account))
    return {
        "lead_id": pa.nulls(n, TEXT),
        "account_id": _names("001", account[order]),
        "occurred_at": _moments(occurred[order]),
        "kind": pa.repeat("topic_surge", n),
        "known_at": _moments(occurred[order]),
    }


def _lead_changes(leads: Leads, random: np.random.Generator) -> Columns:
    """Each qualification of three leads in ten was filled in, or changed, some days after creation."""
    parts = []
    for code, values in enumerate(QUALIFICATION.values()):
        lead = np.flatnonzero(random.random(len(leads.number)) < 0.3)
        changed = leads.created[lead] + (random.exponential(12, len(lead)) * DAY_US).astype(np.int64)
        known = changed < leads.until[lead]
        lead, changed = lead[known], changed[known]
        old = np.where(random.random(len(lead)) < 0.7, -1, random.integers(0, len(values), len(lead)))
        parts.append((lead, np.full(len(lead), code), changed, old))
    lead, field, changed, old = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((changed, field, lead))
    names, values = tuple(QUALIFICATION), tuple(value for some in QUALIFICATION.values() for value in some)
    return {
        "entity": pa.repeat("lead", len(lead)),
        "entity_id": _names("00Q", leads.number[lead[order]]),
        "field": _labels(names, field[order]),
        "changed_at": _moments(changed[order]),
        "old_value": _labels(values, (field * 3 + old)[order].clip(0), old[order] < 0),
    }


def _touches(leads: Leads, random: np.random.Generator) -> Columns:
    worked = random.random(len(leads.number)) < 0.7
    lead = np.repeat(np.arange(len(leads.number)), np.where(worked, random.poisson(3, len(worked)), 0))
    moment = leads.created[lead] + (random.exponential(15, len(lead)) * DAY_US).astype(np.int64)
    order = np.lexsort((moment, lead))
    order = order[(moment < leads.until[lead])[order]]
    return {"lead_id": _names("00Q", leads.number[lead[order]]), "occurred_at": _moments(moment[order])}


def _dispositions(leads: Leads, random: np.random.Generator) -> Columns:
    decided = leads.created + (random.exponential(4, len(leads.number)) * DAY_US).astype(np.int64)
    lead = np.flatnonzero((random.random(len(leads.number)) < 0.3) & (decided < leads.until))
    return {
        "lead_id": _names("00Q", leads.number[lead]),
        "decided_at": _moments(decided[lead]),
        "decision": _labels(("accepted", "rejected"), (random.random(len(lead)) < 0.3).astype(np.int64)),
    }


def _outcomes(leads: Leads) -> Columns:
    lead = np.flatnonzero(leads.closed <= END_US)
    return {
        "lead_id": _names("00Q", leads.number[lead]),
        "occurred_at": _moments(leads.closed[lead]),
        "outcome": _labels(("lost", "won"), leads.won[lead].astype(np.int64)),
    }


def main() -> None:
    """Write a company."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--events-per-lead", type=float, default=42.5)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    size = Size(leads=chosen.leads, events=round(chosen.leads * chosen.events_per_lead), seed=chosen.seed)
    history = write_large_company(chosen.folder, size)
    print({name: count.used for name, count in history.counts.items()})


if __name__ == "__main__":
    main()
