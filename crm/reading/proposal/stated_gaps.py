"""What a proposal says aloud: what is missing or odd, what was done about it, and what would be better."""

from __future__ import annotations

from collections.abc import Iterator

from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.reading_lines import shown
from leadq.crm.reading.proposal.tables.found_tables import Tables
from leadq.foundation.plurals import counted, one_or_many


def stated_gaps(tables: Tables) -> tuple[str, ...]:
    """Return the sentences, the weightiest first."""
    guess = tables.leads
    return (*_without_dates(guess), *_outcome(guess), *_ids(guess), *_times(guess), *_fields(guess))


def _without_dates(guess: LeadGuess) -> Iterator[str]:
    if guess.dated:
        return
    what = " and ".join(guess.missing)
    known = [
        column
        for column in (guess.lead_id.name if guess.lead_id else None, guess.dates.created, *guess.dates.closed)
        if column
    ]
    stay = one_or_many(len(known), "stays", "stay")
    names = ", ".join(map(shown, known))
    kept = f" {names} {stay} in leadq.yaml, as a comment where it cannot be used yet." if known else ""
    yield f"Not found: {what}. The file is read without dates (flat) until it is named.{kept}"
    order = guess.order
    if order.proven:
        first = ", newest first in the file" if order.newest_first else ""
        yield f"The leads are in the order of {shown(order.column)}{first}."
    elif order.column:
        way = "falls" if order.newest_first else "rises"
        yield (
            f"{shown(order.column)} {way} from row to row, but nothing proves that this is the order in which leads came in: nothing is "
            "said of time until leadq.yaml says so (order)."
        )
    else:
        yield "Nothing proves that the rows are in order of time: nothing is said of time until leadq.yaml says so (order)."


def _outcome(guess: LeadGuess) -> Iterator[str]:
    if guess.refused is not None:
        yield f"No outcome: {shown(guess.refused.why)}."
    elif guess.outcome is None:
        yield "No outcome: no column has words for won and lost leads."
    elif guess.outcome.asked:
        words = ", ".join(f"{shown(word)} ({counted(rows, 'row')})" for word, rows in guess.outcome.asked.items())
        yield f"Neither won, lost nor open by what they say: {words}."


def _ids(guess: LeadGuess) -> Iterator[str]:
    if guess.lead_id is not None and guess.repeated:
        values, rows = counted(guess.lead_id.distinct, "value"), counted(guess.sample.rows, "row")
        yield f"{shown(guess.lead_id.name)} is not an id for each row: {values} in {rows}. It is read as the id all the same."


def _times(guess: LeadGuess) -> Iterator[str]:
    if guess.dates.remark:
        yield f"{shown(', '.join(guess.dates.closed))}: {shown(guess.dates.remark)}."
    naive = [column.name for column in guess.sample.columns if column.is_time and column.naive]
    if naive:
        yield f"{shown(naive[0])} has times without a zone: UTC is proposed. Write time_zone: Europe/Amsterdam, or where they were taken."


def _fields(guess: LeadGuess) -> Iterator[str]:
    for column, first in guess.same:
        yield f"{shown(column)} has the same values as {shown(first)} in every row: leadq.yaml has a line that drops it."
    if guess.accounts.key and not guess.accounts.alike:
        names = ", ".join(map(shown, guess.accounts.used))
        if guess.dated:
            yield f"Rows of one {shown(guess.accounts.key)} differ in {names}: the newest row counts for the company."
        else:
            yield f"Rows of one {shown(guess.accounts.key)} differ in {names}: they stay fields of the lead."
