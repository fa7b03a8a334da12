"""A proposal as the text of ``leadq.yaml``: settings, their reasons, and what is asked, as comments with lines to paste."""

from __future__ import annotations

from collections.abc import Mapping

from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.reading.proposal.asking.personal_words import is_personal
from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.outcome_guess import Outcome, columns_with_few_words
from leadq.crm.reading.proposal.reading_lines import reading_lines, shown
from leadq.crm.reading.proposal.tables.found_tables import Tables
from leadq.crm.reading.proposal.tables.table_lines import (
    account_lines,
    file_lines,
    further_lines,
    join_lines,
    one_or_more,
)
from leadq.crm.reading.values.words.outcome_words import looks_closed
from leadq.foundation.plurals import counted
from leadq.foundation.yaml_scalars import quoted, quoted_list

NO_OUTCOME = "(name the column that says who was won and who was lost)"
"""Stands for the outcome's column where none was found, so that reading stops with the columns there are."""
_NAME_IT = {
    "lead_id": "(name the column with the id of the lead)",
    "created_at": "(name the column that says when it was created)",
    "closed_at": "(name the column that says when it was closed)",
}


def write_proposal(tables: Tables, answers: Mapping[str, str]) -> str:
    """Return the text of ``leadq.yaml``, with what a person answered."""
    guess, sample = tables.leads, tables.leads.sample
    reads = reading_lines(sample, ids=guess.mapping.get("lead_id", ()), answers=answers)
    further = [*account_lines(guess, answers)] if guess.dated else []
    for table in tables.further:
        further += further_lines(table, answers)
    joins = join_lines(tables.deals, answers) if tables.deals else []
    numbered = any(line.strip() in ("read:", "missing:") for line in (*further, *joins)) or bool(reads)
    files = [sample, *(table.sample for table in tables.further), *([tables.deals.sample] if tables.deals else [])]
    lines = [
        f"# Proposed by leadq init from {_listed(files)}. Read every line; what is wrong here is wrong in every score.",
        "store: store",
        "agreement: agreement.yaml",
        "playbook: playbook.yaml",
        *_time_zone(files),
        *(
            ["reading: 2  # how values are read; the lines of read and missing below are of this reading"]
            if numbered
            else []
        ),
    ]
    lines += ["sources:", "  leads:"] if guess.dated else _flat_heading(guess)
    indent = "    " if guess.dated else "  "
    status = _status(tables)
    lines += [indent + line for line in (*file_lines(sample), *_columns(guess, status), *reads, *joins, *_own(guess))]
    lines += [f"  {line}" for line in further]
    if guess.dated:
        lines += ["outcome:", f"  from: {'opportunities' if tables.of_opportunities else 'lead_columns'}"]
    else:
        lines += [f"  {line}" for line in (*_flat_account(guess), *_order(guess))]
    lines += [f"  {line}" for line in _outcome(tables)]
    return "\n".join([*lines, *_once_named(guess)]) + "\n"


def _listed(files: list[Sample]) -> str:
    return ", ".join(dict.fromkeys(shown(sample.file.path.name) for sample in files))


def _time_zone(files: list[Sample]) -> list[str]:
    naive = [column.name for sample in files for column in sample.columns if column.is_time and column.naive]
    asked = "has times without an offset: where were they taken? Europe/Amsterdam?"
    return [f"time_zone: UTC  # {shown(naive[0])} {asked}"] if naive else []


def _flat_heading(guess: LeadGuess) -> list[str]:
    what = " and ".join(guess.missing)
    then = "the order of rows is used" if guess.order.proven else "rows have no order in time"
    return [f"flat:  # not found: {what}; only {then}" if guess.order.proven else f"flat:  # not found: {what}; {then}"]


def _status(tables: Tables) -> Column | None:
    """Return the leads' own status where their deals are the outcome: it says which leads nobody works on any more."""
    own = tables.leads.outcome
    if tables.of_opportunities is None or own is None or len(own.columns) > 1:
        return None
    return next((one for one in tables.leads.sample.columns if one.name == own.columns[0]), None)


def _columns(guess: LeadGuess, status: Column | None) -> list[str]:
    kept = dict(guess.mapping) | ({"status": (status.name,)} if status is not None else {})
    if guess.dated:
        dates = guess.dates
        closed = {"closed_at": dates.closed} if dates.closed else {}
        kept = {"lead_id": kept.pop("lead_id"), "created_at": (str(dates.created),), **closed, **kept}
    if not kept:
        return []
    return ["columns:", *(f"  {new}: {one_or_more(old)}{_remark(new, guess)}" for new, old in kept.items())]


def _remark(contract: str, guess: LeadGuess) -> str:
    if contract == "lead_id" and guess.repeated and guess.lead_id is not None:
        values, rows = counted(guess.lead_id.distinct, "value"), counted(guess.sample.rows, "row")
        return f"  # not an id for each row: {values} in {rows}; fix the export"
    if contract == "closed_at" and guess.dates.remark:
        return f"  # {shown(guess.dates.remark)}"
    return ""


def _own(guess: LeadGuess) -> list[str]:
    left = [column.name for column in guess.sample.columns if column.name not in guess.used]
    left = [column for column in left if column not in guess.told_by_closing]
    same = [column for column in left if column.lower() in TABLES["leads"].names]
    own = ", ".join(shown(column) for column in left if column not in same)
    lines = [*_refused(guess), f"# own fields taken: {own or 'none'}"]
    if same:
        lines.append(f"# read as leadq's columns of that name (own_fields.rename: else): {', '.join(same)}")
    return lines


def _refused(guess: LeadGuess) -> list[str]:
    """Columns that are no own fields, with the reason; those with the values of another one as lines to take."""
    why = dict.fromkeys(guess.told_by_closing, "is known only once a lead is closed")
    if guess.has_accounts:
        fields = {column: contract for contract, column in guess.accounts.fields.items() if contract != "country"}
        why |= {column: f"is read as {contract} of the account" for column, contract in fields.items()}
    same = {later: first for later, first in guess.same if later not in guess.used and later not in why}
    drop = [f"  # {quoted(later)}: {quoted(f'is the same as {first}')}" for later, first in same.items()]
    kept = [f"  {quoted(column)}: {quoted(reason)}" for column, reason in why.items()]
    if kept:
        offered = [f"  # {len(drop)} with the values of another column: take # away to drop"] if drop else []
        return ["own_fields:", "  refuse:", *(f"  {line}" for line in (*kept, *offered, *drop))]
    offer = "have the values of another column; to drop them, take # away:"
    return (
        [f"# {offer}", "# own_fields:", "#   refuse:", *(f"#   {line.replace('# ', '', 1)}" for line in drop)]
        if drop
        else []
    )


def _flat_account(guess: LeadGuess) -> list[str]:
    if not guess.has_accounts:
        return []
    fields = ", ".join(f"{new}: {quoted(old)}" for new, old in guess.accounts.fields.items())
    return [f"account: {{{fields}}}  # fields of its company, for the checks of agreement.yaml"]


def _order(guess: LeadGuess) -> list[str]:
    order = guess.order
    if order.proven:
        return [f"order: {quoted(order.column)}" + ("  # newest first in the file" if order.newest_first else "")]
    lines = ["order_is_time: false  # nothing proves that the rows are in order of time, so nothing is said of time"]
    if order.column:
        way = "falls from row to row: newest first?" if order.newest_first else "rises from row to row."
        lines += [
            f"# {shown(order.column)} {way} If it counts leads as they came in, write in place of the line above:",
            f"# order: {quoted(order.column)}",
        ]
    else:
        lines.append("# If the rows stand in the order in which leads came in, the oldest first, take that line out.")
    return lines


def _outcome(tables: Tables) -> list[str]:
    guess = tables.leads
    key = "column" if guess.dated else "outcome"
    outcome = tables.of_opportunities or guess.outcome
    if outcome is None:
        nobodys = tuple(column for column in guess.sample.columns if not is_personal(column))
        few = "; ".join(shown(one) for one in columns_with_few_words(nobodys))
        return [
            f"{key}: {quoted(NO_OUTCOME)}  # no column with words like won and lost was found",
            *([f"# {shown(guess.refused.why)}"] if guess.refused else []),
            *([f"# columns with few words: {few}"] if few else []),
            'won: ["won"]  # write the words of that column that mean won, lost and open',
            'lost: ["lost"]',
        ]
    remark = f"  # {shown(outcome.remark)}" if outcome.remark else ""
    lines = [] if tables.of_opportunities else [f"{key}: {one_or_more(outcome.columns)}{remark}"]
    lines += [f"won: {quoted_list(outcome.won)}", f"lost: {quoted_list(outcome.lost)}"]
    if outcome.open:
        lines.append(f"open: {quoted_list(outcome.open)}  # check these")
    if (status := _status(tables)) and (words := [word for word, _ in status.words if looks_closed(word)]):
        lines.append(
            f"closed_status: {quoted_list(words)}  # leads that nobody works on: lost, unless a deal says otherwise"
        )
    return lines + _asked(outcome)


def _asked(outcome: Outcome) -> list[str]:
    if not outcome.asked:
        return []
    words = ", ".join(f"{shown(word)} ({counted(rows, 'row')})" for word, rows in outcome.asked.items())
    return [
        f"# Are these lost, or open? leadq check refuses them until you say so: {words}",
        f"# If they are lost, write in place of the line of lost: lost: {quoted_list((*outcome.lost, *outcome.asked))}",
        f"# If sales still works on them, write in place of the line of open: open: {quoted_list((*outcome.open, *outcome.asked))}",
    ]


def _once_named(guess: LeadGuess) -> list[str]:
    """Keep what is known of id, creation and closing as the comment that makes the file one of dated leads."""
    if guess.dated:
        return []
    known: dict[str, tuple[str, ...]] = {
        "lead_id": (guess.lead_id.name,) if guess.lead_id else (),
        "created_at": (guess.dates.created,) if guess.dates.created else (),
        "closed_at": guess.dates.closed,
    }
    if not any(known.values()):
        return []
    outcome = guess.outcome
    column = one_or_more(outcome.columns) if outcome else quoted(NO_OUTCOME)
    lines = [
        f"Once the export has {' and '.join(guess.missing)}: write this in place of flat, with the other lines of flat under leads,",
        "won, lost and open under outcome, and without order.",
        "sources:",
        "  leads:",
        "    columns:",
        *(f"      {new}: {one_or_more(old) if old else quoted(_NAME_IT[new])}" for new, old in known.items()),
        "outcome:",
        "  from: lead_columns",
        f"  column: {column}",
    ]
    return [f"# {line}" for line in lines]
