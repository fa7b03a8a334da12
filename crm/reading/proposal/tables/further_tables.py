"""Files beside that of the leads as tables of ``leadq.yaml``: accounts, opportunities, activities, each only where it belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from leadq.crm.reading.proposal.date_guess import best_named, guess_dates
from leadq.crm.reading.proposal.file_sample import Sample
from leadq.crm.reading.proposal.heading_names import is_called, plain_heading
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.outcome_guess import Outcome, guess_outcome
from leadq.crm.reading.proposal.tables.account_fields import FIELDS, AccountFields
from leadq.crm.reading.proposal.tables.contract_tables import contract_columns, contract_table
from leadq.crm.reading.proposal.tables.deal_outcome import join_deals
from leadq.crm.reading.proposal.tables.file_roles import BY_CONTRACT_ALONE, FileRole
from leadq.crm.reading.proposal.tables.found_tables import Columns, FurtherTable, Tables, not_taken, said_of
from leadq.crm.reading.proposal.tables.people_and_money import PEOPLE_AND_MONEY
from leadq.crm.reading.proposal.tables.table_links import (
    account_link,
    best_link,
    contact_link,
    deal_link,
    is_of_one_lead,
    lead_link,
)
from leadq.crm.reading.values.words.joined_words import joined_words
from leadq.crm.storage.scratch_database import Connection

Step = Callable[[Connection, Tables, str, Sample], Tables]
_HALF = 0.5
_NEARLY_ALL = 0.99


def with_further_tables(
    connection: Connection, leads: LeadGuess, samples: Mapping[str, Sample], roles: Mapping[str, FileRole]
) -> Tables:
    """Return the tables that belong to ``leads``; a file that does not is not taken, and its role says why."""
    found = Tables(leads=leads, roles=tuple(roles.values()))
    if leads.dated:
        return _with_each(connection, found, samples, roles)
    by_deals = replace(found, leads=replace(leads, closed_by_deals=True))
    if by_deals.leads.dated:
        tried = _with_each(connection, by_deals, samples, roles)
        if tried.of_opportunities is not None:
            return tried
    why = "a file of leads without id, creation and closing date stands alone"
    return not_taken(found, [file for file, one in roles.items() if one.role not in ("leads", "none")], why)


def _with_each(
    connection: Connection, found: Tables, samples: Mapping[str, Sample], roles: Mapping[str, FileRole]
) -> Tables:
    steps: dict[str, Step] = {
        "accounts": _accounts,
        **PEOPLE_AND_MONEY,
        "touches": _touches,
        **dict.fromkeys(BY_CONTRACT_ALONE, _as_it_is),
        "opportunities": _opportunities,
    }  # these change the outcome: last
    for role, step in steps.items():
        for file in [file for file, one in roles.items() if one.role == role]:
            found = step(connection, found, file, samples[file])
    return found


def _accounts(connection: Connection, found: Tables, file: str, sample: Sample) -> Tables:
    link, why = account_link(connection, found.leads, sample)
    if why:
        return not_taken(found, [file], why)
    columns: Columns = {"account_id": (link.other,)}
    taken = {link.other}
    for contract in (*FIELDS, "country"):
        if column := best_named(contract, sample.columns, taken):
            columns[contract] = (column.name,)
            taken.add(column.name)
    mapping = {**found.leads.mapping, "account_id": (link.column,)}
    leads = replace(found.leads, mapping=mapping, accounts=AccountFields())
    table = FurtherTable(table="accounts", sample=sample, columns=columns)
    found = replace(found, leads=leads, further=(*found.further, table))
    return said_of(
        found, file, f"{link.column} of the leads is its {link.other} in {link.share:.0%} of the filled rows"
    )


def _opportunities(connection: Connection, found: Tables, file: str, sample: Sample) -> Tables:
    rows = connection.table(sample.looked)

    outcome = guess_outcome(sample.columns, joined_words(rows))
    dates = guess_dates(rows, "", sample.columns)
    if outcome is None:
        return not_taken(found, [file], "no column of it says which deals were won and lost")
    link = deal_link(connection, found.leads, sample)
    if link.share:
        joined = join_deals(connection, found.leads, sample, link, outcome, dates.closed)
        if isinstance(joined, str):
            return not_taken(found, [file], joined)
        found = replace(found, leads=joined.leads, deals=joined)
        return said_of(
            found, file, f"{link.column} of the leads is its {link.other}: a converted lead ends as its deal does"
        )
    return _own_opportunities(connection, found, file, sample, outcome)


def _own_opportunities(connection: Connection, found: Tables, file: str, sample: Sample, outcome: Outcome) -> Tables:
    """Opportunities that name their lead, or else its account."""
    dates = guess_dates(connection.table(sample.looked), "", sample.columns)
    identity = best_named("lead_id", sample.columns, set())
    if identity is None or dates.created is None or not dates.closed or len(outcome.columns) > 1:
        return not_taken(
            found, [file], "it needs an id, a date of creation, a date of closing and one column of stages"
        )
    link, contract = lead_link(connection, found.leads, sample), "lead_id"
    if link.share < _HALF and (account := found.leads.mapping.get("account_id")):
        theirs = [one for one in sample.columns if is_called("account_id", one.name) and one.filled]
        keys = [one for one in found.leads.sample.columns if one.name == account[0]]
        link, contract = best_link(connection, sample, theirs, found.leads.sample, keys), "account_id"
    if link.share < _HALF:
        return not_taken(found, [file], "no column of it has the ids of the leads or of their accounts")
    columns: Columns = {
        "opportunity_id": (identity.name,), contract: (link.column,), "created_at": (dates.created,), "closed_at": dates.closed,
        "outcome": outcome.columns,
    }  # fmt: skip
    taken = {column for names in columns.values() for column in names}
    if amount := best_named("amount", sample.columns, taken):
        columns["amount"] = (amount.name,)
    if contract_table(sample) == "opportunities":
        columns = {**contract_columns("opportunities", sample), "outcome": outcome.columns}
    table = FurtherTable(table="opportunities", sample=sample, columns=columns)
    leads = replace(found.leads, dates=replace(found.leads.dates, remark=""))  # it is the deals that close
    found = replace(found, leads=leads, further=(*found.further, table), of_opportunities=outcome)
    of = "leads" if contract == "lead_id" else "the leads' accounts"
    return said_of(found, file, f"its {link.column} has ids of {of} in {link.share:.0%} of the filled rows")


def _as_it_is(connection: Connection, found: Tables, file: str, sample: Sample) -> Tables:
    """Take a table of the contract under its headings, where its leads are these leads."""
    (table,) = (one.role for one in found.roles if one.file == file)
    columns = contract_columns(table, sample)
    theirs = [one for one in sample.columns if (one.name,) == columns.get("lead_id")]
    keys = [] if found.leads.lead_id is None else [found.leads.lead_id]
    if theirs and best_link(connection, sample, theirs, found.leads.sample, keys).share < _HALF:
        return not_taken(found, [file], f"most of its {theirs[0].name} are not ids of these leads")
    return replace(found, further=(*found.further, FurtherTable(table=table, sample=sample, columns=columns)))


def _touches(connection: Connection, found: Tables, file: str, sample: Sample) -> Tables:
    if contract_table(sample) == "touches":
        return _as_it_is(connection, found, file, sample)
    link, moved = lead_link(connection, found.leads, sample), contact_link(connection, found.leads, sample)
    share = link.share + moved.share
    if share < _NEARLY_ALL or moved.column not in ("", link.column or moved.column):
        return not_taken(
            found,
            [file],
            f"{share:.0%} of its rows have the id of a lead: export those of leads only, or raise rejected_share",
        )
    if moved.share and not is_of_one_lead(found.leads, moved.other):
        why = f"a {moved.other} stands at several leads, so that nobody knows whose activities they are"
        return not_taken(found, [file], why)
    link = replace(link, column=link.column or moved.column, share=share)
    times = tuple(one for one in sample.columns if one.is_time)
    when = best_named("created_at", times, {link.column}) or best_named("occurred_at", times, {link.column})
    if when is None:
        return not_taken(found, [file], "no column of it says when something was done")
    columns: Columns = {"lead_id": (link.column,), "occurred_at": (when.name,)}
    kinds = tuple(one for one in sample.columns if one.words)
    if kind := best_named("activity_kind", kinds, {link.column, when.name}):
        columns["kind"] = (kind.name,)
    if rep := best_named("owner", sample.columns, {link.column, when.name}):
        columns["rep"] = (rep.name,)
    gaps = any(one.name == link.column and one.filled < sample.rows for one in sample.columns)
    further = [FurtherTable(table="touches", sample=sample, columns=columns, only=link.column if gaps else "")]
    of = "leads"
    if moved.share:
        further.append(_led_back(found.leads, moved.other))
        of = f"leads, or of the contacts that they became ({moved.other}, led back as lead_aliases),"
    found = replace(found, further=(*found.further, *further))
    return said_of(found, file, f"its {link.column} has ids of {of} in {link.share:.0%} of the filled rows")


def _led_back(guess: LeadGuess, contact: str) -> FurtherTable:
    """Return the contacts that leads became as other names of the leads: no converted lead then seems never to have been called."""
    columns: Columns = {"old_lead_id": (contact,), "lead_id": guess.mapping["lead_id"]}
    day = next((one.name for one in guess.sample.columns if one.is_time and _tells_when_converted(one.name)), None)
    if day is not None:
        columns["merged_at"] = (day,)
    return FurtherTable(table="lead_aliases", sample=guess.sample, columns=columns, only=contact)


def _tells_when_converted(heading: str) -> bool:
    return plain_heading(heading).startswith("converted")
