"""A proposal as the text of ``leadq.yaml``: settings, their reasons, and what is asked, as comments with lines to paste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.reading.proposal.date_guess import Dates
from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.proposal.outcome_guess import Outcome, columns_with_few_words
from leadq.crm.reading.proposal.reading_lines import reading_lines, shown
from leadq.foundation.plurals import counted
from leadq.foundation.yaml_scalars import quoted, quoted_list

NO_OUTCOME = "(name the column that says who was won and who was lost)"
"""Stands for the outcome's column where none was found, so that reading stops with the columns there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the columns seem to be: contract column to file columns, outcome, dates, the id where it is not unique.

    ``refused`` says why a flag that looks like the outcome was not taken.
    """

    dated: bool
    mapping: dict[str, tuple[str, ...]]
    outcome: Outcome | None
    dates: Dates
    repeated_id: Column | None
    refused: str = ""


def write_proposal(sample: Sample, proposal: Proposal) -> str:
    """Return the text of ``leadq.yaml``."""
    reads = reading_lines(sample, ids=proposal.mapping.get("lead_id", ()))
    lines = [
        f"# Proposed by leadq init from {shown(sample.file.path.name)}. Read every line; what is wrong here is wrong in every score.",
        "store: store",
        "agreement: agreement.yaml",
        "playbook: playbook.yaml",
        *_time_zone(sample),
        *(
            ["reading: 2  # how values are read; the lines of read and missing below are of this reading"]
            if reads
            else []
        ),
    ]
    lines += (
        ["sources:", "  leads:"]
        if proposal.dated
        else ["flat:  # no id, creation and closing date found: only the order of rows is used"]
    )
    indent = "    " if proposal.dated else "  "
    lines += [indent + line for line in (*_file_lines(sample), *_columns(sample, proposal), *reads)]
    lines += [indent + line for line in _own(sample, proposal)]
    if proposal.dated:
        lines += ["outcome:", "  from: lead_columns"]
    elif proposal.dates.created:
        lines.append(f"  order: {quoted(proposal.dates.created)}")
    lines += [f"  {line}" for line in _outcome(sample, proposal)]
    return "\n".join(lines) + "\n"


def _time_zone(sample: Sample) -> list[str]:
    naive = [column.name for column in sample.columns if column.is_time and column.naive]
    asked = "has times without an offset: where were they taken? Europe/Amsterdam?"
    return [f"time_zone: UTC  # {shown(naive[0])} {asked}"] if naive else []


def _file_lines(sample: Sample) -> list[str]:
    """How the file is written."""
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


def _columns(sample: Sample, proposal: Proposal) -> list[str]:
    kept = dict(proposal.mapping)
    if proposal.dated:
        dates = proposal.dates
        kept = {"lead_id": kept.pop("lead_id"), "created_at": (str(dates.created),), "closed_at": dates.closed, **kept}
    if not kept:
        return []
    return ["columns:", *(f"  {new}: {_one_or_more(old)}{_remark(new, sample, proposal)}" for new, old in kept.items())]


def _one_or_more(columns: Sequence[str]) -> str:
    return quoted(columns[0]) if len(columns) == 1 else quoted_list(columns)


def _remark(contract: str, sample: Sample, proposal: Proposal) -> str:
    repeated = proposal.repeated_id
    if contract == "lead_id" and repeated is not None:
        values, rows = counted(repeated.distinct, "value"), counted(sample.rows, "row")
        return f"  # not an id for each row: {values} in {rows}; fix the export"
    if contract == "closed_at" and proposal.dates.remark:
        return f"  # {shown(proposal.dates.remark)}"
    return ""


def _own(sample: Sample, proposal: Proposal) -> list[str]:
    used = {column for columns in proposal.mapping.values() for column in columns}
    used |= set(proposal.outcome.columns) if proposal.outcome else set()
    if proposal.dated:
        used |= {str(proposal.dates.created), *proposal.dates.closed}
    elif proposal.dates.created:
        used.add(proposal.dates.created)
    left = [column.name for column in sample.columns if column.name not in used]
    same = [column for column in left if column.lower() in TABLES["leads"].names]
    own = ", ".join(shown(column) for column in left if column not in same)
    lines = [f"# own fields taken: {own or 'none'}"]
    if same:
        lines.append(f"# read as leadq's columns of that name (own_fields.rename: else): {', '.join(same)}")
    return lines


def _outcome(sample: Sample, proposal: Proposal) -> list[str]:
    key = "column" if proposal.dated else "outcome"
    outcome = proposal.outcome
    if outcome is None:
        few = "; ".join(shown(one) for one in columns_with_few_words(sample.columns))
        return [
            f"{key}: {quoted(NO_OUTCOME)}  # no column with words like won and lost was found",
            *([f"# {shown(proposal.refused)}"] if proposal.refused else []),
            *([f"# columns with few words: {few}"] if few else []),
            'won: ["won"]  # write the words of that column that mean won, lost and open',
            'lost: ["lost"]',
        ]
    remark = f"  # {shown(outcome.remark)}" if outcome.remark else ""
    lines = [f"{key}: {_one_or_more(outcome.columns)}{remark}"]
    lines += [f"won: {quoted_list(outcome.won)}", f"lost: {quoted_list(outcome.lost)}"]
    if outcome.open:
        lines.append(f"open: {quoted_list(outcome.open)}  # check these")
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
