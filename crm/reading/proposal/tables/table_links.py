"""How further tables belong to the leads: by which column, for which share of the rows, and whether that tells the outcome.

In many a CRM a lead has an account, an opportunity and a contact only once it is converted. A column that is filled for won leads and
empty for others is never the way to an account: it would tell the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.proposal.heading_names import is_called
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.outcome_evidence import STATE, with_states
from leadq.crm.reading.values.ids import KEY, in_one_form
from leadq.crm.storage.scratch_database import Connection, Relation, first_row, name

_MOSTLY = 0.99
_HALF = 0.5
_AS_MANY = 0.8
"""Least share of won leads with an account over that of the others, and the other way round."""
_FEW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Column of one file whose values are those of a column of another, and for which share of its filled rows.

    ``certain``: by rules by which two ids of one system cannot agree; else all have to be written in the other way (7 for 007).
    """

    column: str
    other: str
    share: float
    certain: bool = True


def best_link(connection: Connection, one: Sample, columns: list[Column], other: Sample, keys: list[Column]) -> Link:
    """Return the pair of ``columns`` of ``one`` and ``keys`` of ``other`` that share most values; share 0 where none do."""
    found = Link(column="", other="", share=0.0)
    for column in columns:
        for key in keys:
            link = _link(connection, one, column.name, other, key.name)
            if link.share > found.share:
                found = link
    return found


def account_link(connection: Connection, guess: LeadGuess, accounts: Sample) -> tuple[Link, str]:
    """Return how leads name their account, and why not where they do not or where it would tell the outcome."""
    leads = guess.sample
    candidates = [one for one in leads.columns if _names_an_account(one)]
    keys = [one for one in accounts.columns if one.filled and one.distinct == one.filled and _is_key(one)]
    why = "no column of the leads has the ids or names of these accounts"
    found = Link(column="", other="", share=0.0)
    for column in candidates:
        link = best_link(connection, leads, [column], accounts, keys)
        if not link.share:
            continue
        covered = _covered(connection, guess, accounts, link)
        if covered and min(covered.values()) < _AS_MANY * max(covered.values()):
            told = ", ".join(f"{share:.0%} of leads that are {state}" for state, share in sorted(covered.items()))
            why = f"by {column.name} it is known of {told}, which would tell the outcome"
        elif link.share >= _HALF and link.share > found.share:
            found = link
    return found, "" if found.share else why


def deal_link(connection: Connection, guess: LeadGuess, deals: Sample) -> Link:
    """Return the column of the leads with the id of the deal that each became; share 0 where there is none."""
    columns = [one for one in guess.sample.columns if is_called("converted_deal", one.name) and one.filled]
    keys = [one for one in deals.columns if one.filled == one.distinct == deals.rows]
    found = best_link(connection, guess.sample, columns, deals, keys)
    return found if found.share >= _MOSTLY else Link(column="", other="", share=0.0)


def lead_link(connection: Connection, guess: LeadGuess, other: Sample) -> Link:
    """Return the column of ``other`` with the ids of leads."""
    if guess.lead_id is None:
        return Link(column="", other="", share=0.0)
    columns = [one for one in other.columns if is_called("lead_ref", one.name) and one.filled]
    return best_link(connection, other, columns, guess.sample, [guess.lead_id])


def contact_link(connection: Connection, guess: LeadGuess, other: Sample) -> Link:
    """Return the column of ``other`` with the ids of contacts that leads became: activities move there when a lead is converted."""
    contacts = [one for one in guess.sample.columns if is_called("converted_contact", one.name) and one.filled]
    columns = [one for one in other.columns if is_called("lead_ref", one.name) and one.filled]
    return best_link(connection, other, columns, guess.sample, contacts)


def is_of_one_lead(guess: LeadGuess, column: str) -> bool:
    """Whether every value of ``column`` stands in one row only."""
    return any(one.name == column and one.filled == one.distinct for one in guess.sample.columns)


def _names_an_account(column: Column) -> bool:
    named = is_called("account_id", column.name) or is_called("account_name", column.name)
    return bool(column.filled) and (named or "account" in column.name.lower() or "compan" in column.name.lower())


def _is_key(column: Column) -> bool:
    called = any(is_called(contract, column.name) for contract in ("lead_id", "account_id", "account_name", "domain"))
    return called or column.reading.kind == "id"


def _link(connection: Connection, one: Sample, column: str, other: Sample, key: str) -> Link:
    """Return the link of a column whose ids are those of another file in any way of writing (``crm/reading/values/key_matching.py``)."""
    mine, theirs = connection.table(one.looked), connection.table(other.whole)
    for certain, least in ((True, 0.0), (False, _MOSTLY)):
        met, filled = _met(mine, column, theirs, key, certain=certain)
        if met and met >= least * filled:
            return Link(column=column, other=key, share=met / filled, certain=certain)
    return Link(column=column, other=key, share=0.0)


def _met(mine: Relation, column: str, theirs: Relation, key: str, *, certain: bool) -> tuple[int, int]:
    rows = in_one_form(mine.filter(f"{name(column)} IS NOT NULL"), column, certain=certain).set_alias("mine")
    met, filled = first_row(_with_owner(rows, theirs, key, certain=certain).aggregate(f"count(theirs.{KEY}), count(*)"))
    return int(met), int(filled)


def _with_owner(rows: Relation, theirs: Relation, key: str, *, certain: bool) -> Relation:
    keys = in_one_form(theirs.project(name(key)).filter(f"{name(key)} IS NOT NULL"), key, certain=certain)
    owners = keys.project(KEY).distinct().set_alias("theirs")
    return rows.join(owners, f"mine.{KEY} = theirs.{KEY}", how="left")


def _covered(connection: Connection, guess: LeadGuess, accounts: Sample, link: Link) -> dict[str, float]:
    """Share of the leads in each state that have an account by ``link``; states with few leads say nothing."""
    if guess.outcome is None:
        return {}
    rows = with_states(connection.table(guess.sample.looked), guess.outcome)
    rows = in_one_form(rows, link.column, certain=link.certain).set_alias("mine")
    met = _with_owner(rows, connection.table(accounts.whole), link.other, certain=link.certain)
    counts = met.aggregate(
        f"mine.{name(STATE)} AS state, count(theirs.{KEY}), count(*)", f"mine.{name(STATE)}"
    ).fetchall()
    return {str(state): some / total for state, some, total in counts if state is not None and total >= _FEW}
