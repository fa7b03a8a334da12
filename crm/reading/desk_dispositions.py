"""Decisions given at the desk as rows of ``dispositions``, beside those a company maps.

Only those given by the moment the data was read: what came later is read the next time. A decision on a lead that the sources
no longer have is left out and counted in a note: nobody can fix it at the source, and it counts again once the lead is read.
"""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from leadq.crm.answers.answer_log import AnswerBook
from leadq.crm.contract.crm_tables import DISPOSITIONS
from leadq.crm.contract.personal_data import without_contact_details
from leadq.crm.reading.findings import Findings
from leadq.crm.storage.scratch_database import ROW, count, name, scalar, text
from leadq.foundation.plurals import counted

TABLE = "dispositions"
_STAGED = f"staged_{TABLE}"


def stage_answers(findings: Findings, book: AnswerBook, *, read_at: datetime, mapped: bool) -> int:
    """Add the desk's decisions to the staged dispositions, which are made where none are mapped.

    Returns
    -------
    int
        How many there are.
    """
    rows = pa.Table.from_batches(book.dispositions(until=read_at), schema=DISPOSITIONS)
    if not len(rows):
        return 0
    first = _last_row(findings) + 1 if mapped else 1
    numbered = rows.append_column(ROW, pa.array(range(first, first + len(rows)), pa.int64()))
    title = book.path.name
    findings.files[TABLE] = f"{findings.files[TABLE]} and {title}" if mapped else title
    findings.notes.append(f"{TABLE}: {counted(len(rows), 'decision')} from the desk, in {title}")
    shown = {"note": f"{without_contact_details('note')} AS note"}
    columns = findings.connection.table(_STAGED).columns if mapped else [ROW, *DISPOSITIONS.names]
    answers = findings.connection.from_arrow(numbered).project(", ".join(shown.get(one, name(one)) for one in columns))
    if mapped:
        answers.insert_into(_STAGED)
    else:
        answers.create(_STAGED)
    return len(rows)


def leave_out_lost_leads(findings: Findings, answers: int) -> int:
    """Leave out those of the last ``answers`` staged dispositions whose lead is in no source (call after ``follow_aliases``).

    Returns
    -------
    int
        How many were left out.
    """
    first = scalar(findings.connection.table(_STAGED), f"max({ROW})") - answers
    given = findings.connection.table(_STAGED).filter(f"{ROW} > {first}").set_alias("given")
    read = findings.connection.table("staged_leads").project("lead_id AS read_id").set_alias("read")
    given.join(read, "given.lead_id = read.read_id", how="anti").project(f"{ROW} AS lost").create("lost_answers")
    gone = count(findings.connection.table("lost_answers"))
    if gone:
        findings.connection.execute(f"DELETE FROM {_STAGED} WHERE {ROW} IN (FROM lost_answers)")  # noqa: S608
        lost = counted(gone, "decision from the desk is about a lead", "decisions from the desk are about leads")
        findings.notes.append(f"{TABLE}: {lost} no longer in leads")
    return gone


def fill_channel(findings: Findings) -> None:
    """Say of mapped dispositions that do not say it that they come from the CRM."""
    findings.connection.execute(f"UPDATE {_STAGED} SET channel = 'crm' WHERE channel IS NULL")  # noqa: S608


def note_unread(findings: Findings, book: AnswerBook, *, read_at: datetime) -> None:
    """Say that a flat source, which has no dates, leaves the desk's decisions out."""
    unread = sum(len(batch) for batch in book.dispositions(until=read_at))
    if unread:
        left_out = counted(unread, "decision from the desk is", "decisions from the desk are")
        findings.notes.append(f"{TABLE}: {left_out} not read, because a flat source has no dates")


def _last_row(findings: Findings) -> int:
    """Highest row number that a mapped disposition has, also a rejected one."""
    gone = findings.connection.table("rejections").filter(f'"table" = {text(TABLE)}')
    return max(scalar(findings.connection.table(_STAGED), f"max({ROW})"), scalar(gone, 'max("row")'))
