"""Files and further tables as lines of ``leadq.yaml``: how a file is written, accounts, opportunities, activities, joined deals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leadq.crm.reading.proposal.file_sample import Sample
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.reading_lines import reading_lines, shown
from leadq.crm.reading.proposal.tables.deal_outcome import DealJoin
from leadq.crm.reading.proposal.tables.found_tables import FurtherTable
from leadq.foundation.yaml_scalars import quoted, quoted_list


def one_or_more(columns: Sequence[str]) -> str:
    """Return a column, or a list of several of which the first filled counts."""
    return quoted(columns[0]) if len(columns) == 1 else quoted_list(columns)


def file_lines(sample: Sample) -> list[str]:
    """Return the lines that say where a file is and how it is written."""
    file = sample.file
    lines = [f"path: {quoted(str(file.path))}"]
    if len(sample.columns) == 1:
        lines.append("# only one column was found: is a title above the header, or the separator another one?")
    if file.separator not in (None, ","):
        lines.append(f"separator: {quoted(str(file.separator))}")
    if file.encoding not in (None, "utf-8"):
        doubt = f"  # {shown(sample.encoding_doubt)}" if sample.encoding_doubt else ""
        lines.append(f"encoding: {file.encoding}{doubt}")
    settings = {"quote": file.quote, "quote_escape": file.quote_escape, "sheet": file.sheet}
    lines += [f"{key}: {quoted(value)}" for key, value in settings.items() if value is not None]
    if file.header_line is not None:
        lines.append(f"header_line: {file.header_line}")
    return [*lines, *(f"# {shown(note)}" for note in sample.notes)]


def account_lines(guess: LeadGuess, answers: Mapping[str, str]) -> list[str]:
    """Return the table of accounts that is made of the leads' own file; none where it has no fields of accounts."""
    if not guess.has_accounts:
        return []
    accounts = guess.accounts
    columns = {"account_id": accounts.key, **accounts.fields}
    newest_by = "" if accounts.alike else guess.dates.created or ""
    key = next(column for column in guess.sample.columns if column.name == accounts.key)
    lines = [
        *file_lines(guess.sample),
        "columns:",
        *(f"  {new}: {quoted(old)}" for new, old in columns.items()),
        *reading_lines(guess.sample, ids=(accounts.key,), answers=answers, only={*columns.values(), newest_by}),
    ]
    if key.filled < guess.sample.rows:
        lines.append(f'where: {{{quoted(accounts.key)}: ["*"]}}')
    if newest_by:
        lines.append(f"newest_by: {quoted(newest_by)}  # rows of one company differ: the newest counts")
    own = "own_fields: {take: []}  # the other columns are fields of the lead"
    return [
        "accounts:  # industry and size of each lead's company, out of the same file",
        *(f"  {line}" for line in (*lines, own)),
    ]


def further_lines(table: FurtherTable, answers: Mapping[str, str]) -> list[str]:
    """Return a table beside the leads."""
    read = None if table.table == "accounts" else {column for columns in table.columns.values() for column in columns}
    ids = tuple(column for new, columns in table.columns.items() if new.endswith("_id") for column in columns)
    where = [f'where: {{{quoted(table.only)}: ["*"]}}'] if table.only else []
    lines = [
        *file_lines(table.sample),
        "columns:",
        *(f"  {new}: {one_or_more(old)}" for new, old in table.columns.items()),
        *reading_lines(table.sample, ids=ids, answers=answers, only=read),
        *where,
        *_value_lines(table.values),
    ]
    return [f"{table.table}:", *(f"  {line}" for line in lines)]


def _value_lines(values: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return what words mean, a line a word, so that each can be put right."""
    lines = ["values:  # what these words mean; put right what is not so"] if values else []
    for column, meanings in values.items():
        lines.append(f"  {column}:")
        lines += [f"    {quoted(word)}: {meaning}" for word, meaning in meanings.items()]
    return lines


def join_lines(deals: DealJoin, answers: Mapping[str, str]) -> list[str]:
    """Return the join of the deals that leads became."""
    lines = [
        *file_lines(deals.sample),
        f"on: {{{quoted(deals.on)}: {quoted(deals.key)}}}",
        f"take: {quoted_list(deals.take)}",
        *reading_lines(deals.sample, ids=(deals.key,), answers=answers, only=(*deals.take, deals.key)),
    ]
    first, *others = lines
    return ["join:", f"  - {first}", *(f"    {line}" for line in others)]
