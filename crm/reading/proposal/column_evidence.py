"""How each column of a proposal is read and what it is mapped to, with two examples; those of personal columns are never shown.

Examples are of numbers, times, flags and few words only. Texts of many values may be names, notes or addresses, and are not shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leadq.crm.reading.people.headings import is_of_people
from leadq.crm.reading.proposal.asking.personal_words import is_personal, names_somebody
from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.proposal.tables.found_tables import Tables
from leadq.foundation.plurals import counted

_LONGEST, _DIGITS = 40, 9
NOT_SHOWN = "(not shown)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnEvidence:
    """One column as a person checks it."""

    file: str
    column: str
    read_as: str
    mapped_to: str
    examples: str


def column_evidence(tables: Tables) -> tuple[ColumnEvidence, ...]:
    """Return the columns of every file that is taken, in the files' order."""
    found = list(_of(tables.leads.sample, _leads(tables), "own field"))
    for table in [one for one in tables.further if one.sample is not tables.leads.sample]:
        own = "own field" if table.table == "accounts" else "not read"
        mapped = {column: f"{table.table}.{new}" for new, columns in table.columns.items() for column in columns}
        found += _of(table.sample, mapped, own)
    if tables.deals is not None:
        mapped = dict.fromkeys(tables.deals.take, "outcome or closed_at") | {tables.deals.key: "key of the deal"}
        found += _of(tables.deals.sample, mapped, "not read")
    return tuple(found)


def _leads(tables: Tables) -> dict[str, str]:
    guess = tables.leads
    mapped = {column: f"own field, same as {first}" for column, first in guess.same}
    mapped |= dict.fromkeys(guess.told_by_closing, "refused, known only when closed")
    if guess.has_accounts:
        mapped |= {column: f"accounts.{new}" for new, column in guess.accounts.fields.items()}
    mapped |= {column: new for new, columns in reversed(guess.mapping.items()) for column in columns}
    if guess.dates.created:
        mapped[guess.dates.created] = "created_at" if guess.dated else "order"
    if guess.dated:
        mapped |= dict.fromkeys(guess.dates.closed, "closed_at")
    if guess.outcome is not None:
        mapped |= dict.fromkeys((one for one in guess.outcome.columns if one not in mapped), "outcome")
    if tables.deals is not None:
        mapped[tables.deals.on] = "key of the deal"
    return mapped


def _of(sample: Sample, mapped: dict[str, str], otherwise: str) -> Iterator[ColumnEvidence]:
    for column in sample.columns:
        yield ColumnEvidence(
            file=sample.file.path.name,
            column=column.name,
            read_as=_read_as(column, sample.rows),
            mapped_to=mapped.get(column.name, "left out, personal" if is_of_people(column.name) else otherwise),
            examples=_examples(column, mapped.get(column.name, "")),
        )


def _read_as(column: Column, rows: int) -> str:
    if not column.filled:
        return "empty"
    reading = column.reading
    kind = {"time": "time", "number": "number", "flag": "yes or no", "id": "id", "text": "text"}[reading.kind]
    form = f" {' or '.join(reading.forms)}" if reading.kind == "time" and reading.forms else ""
    if reading.kind == "number" and reading.forms and not reading.bare:
        form = f" such as {reading.forms[0]}"
    if reading.kind == "text" and column.words:
        kind = counted(len(column.words), "word")
    gaps = f", {1 - column.filled / rows:.0%} empty" if column.filled < 0.995 * rows else ""
    return f"{kind}{form}{gaps}"


def _examples(column: Column, mapped_to: str) -> str:
    if is_personal(column):
        return NOT_SHOWN
    if column.words:
        shown = [word for word, _ in column.words[:2]]
    else:
        shown = [*column.reading.evidence.examples[:2]] if column.reading.kind in ("time", "number", "flag") else []
    known = column.is_time or mapped_to.startswith("accounts.")
    if not shown or any(_may_be_personal(one, digits=not known) for one in shown):
        return NOT_SHOWN if column.filled else ""
    return ", ".join(shown)


def _may_be_personal(example: str, *, digits: bool) -> bool:
    """Whether an example may be a note, an address or the number of a person."""
    number = digits and sum(sign.isdigit() for sign in example) >= _DIGITS
    return len(example) > _LONGEST or number or names_somebody(example)
