"""A history against the truth: lead by lead, and own column by own column; what differs, and whether anybody was told."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from tests.crm.reading.generator.cells import Table
from tests.crm.reading.generator.plan import Plan
from tests.crm.reading.generator.truth import Lead, as_day

_DAY = timedelta(days=1)
_OF_ACCOUNT = re.compile(r"is read as (\w+) of the account")
"""Why an own field of leads is none: industry and size are its account's."""
_ONLY_HOW = re.compile(r"read as (?:times|numbers|yes)|values? that counts? as missing$")
"""A note on how a column was read says nothing of a loss."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it should be: ``about`` is a role of the file, ``told`` whether the notes name its column."""

    about: str
    words: str
    told: bool = False


def differences(plan: Plan, found: Table, history: History) -> list[Difference]:
    """Compare a history with the truth."""
    rows = pq.read_table(history.path("leads")).to_pylist()
    notes = "\n".join(note for note in read_notes(history.folder) if not _ONLY_HOW.search(note))
    got = {_plain_id(row["lead_id"]): row for row in rows}
    if len(got) < len(rows):
        return [Difference("lead_id", "two leads have one id")]
    want = {_plain_id(lead.lead_id): lead for lead in found.truth}
    if lost := [key for key in want if key not in got]:
        return [Difference("rows", f"{len(lost)} leads missing, such as {lost[:2]}; there are {list(got)[:2]}")]
    if more := [key for key in got if key not in want]:
        return [Difference("rows", f"{len(more)} leads too many, such as {more[:2]}")]
    pairs = [(lead, got[key]) for key, lead in want.items()]
    wrong = [*_outcomes(plan, pairs, history), *_created(plan, pairs)]
    for role, heading in zip(found.roles, found.headings, strict=True):
        if role in found.truth[0].own and role != "remark" and role != "blank":
            wrong += _own(plan, role, _column(rows[0], heading, found, role), pairs, heading, notes, history)
    return wrong


def _plain_id(value: str) -> str:
    return re.sub(r"\.0$", "", value)


def _outcomes(plan: Plan, pairs: list[tuple[Lead, dict[str, Any]]], history: History) -> list[Difference]:
    last: dict[str, tuple[datetime, str]] = {}
    for row in pq.read_table(history.path("outcomes")).to_pylist():
        moment = (row["occurred_at"], row["outcome"])
        last[row["lead_id"]] = max(last.get(row["lead_id"], moment), moment)
    exact = max(form.exact for form in plan.times["closed_at"])
    words, moments = [], []
    for lead, row in pairs:
        when, outcome = last.get(row["lead_id"], (None, "open"))
        if outcome != lead.outcome:
            words.append(f"{lead.lead_id} is {lead.outcome}, read as {outcome}")
        elif lead.closed_at is not None and when is not None and not _near(when, lead.closed_at, exact):
            moments.append(f"{lead.lead_id} closed {lead.closed_at}, read as {when}")
    found = [Difference("outcome", _some(words))] if words else []
    return found + ([Difference("closed_at", _some(moments))] if moments else [])


def _created(plan: Plan, pairs: list[tuple[Lead, dict[str, Any]]]) -> list[Difference]:
    exact = max(form.exact for form in plan.times["created_at"])
    wrong = [
        f"{lead.lead_id} created {lead.created_at}, read as {row['created_at']}"
        for lead, row in pairs
        if row["created_at"] is None or not _near(row["created_at"], lead.created_at, exact)
    ]
    return [Difference("created_at", _some(wrong))] if wrong else []


def _near(got: datetime, want: datetime, exact: int) -> bool:
    return abs(got.astimezone(UTC) - want) <= (
        _DAY if exact >= 86_400 else timedelta(seconds=max(1, exact if exact < 60 else 1))
    )


def _some(words: list[str]) -> str:
    return f"{len(words)} leads: {'; '.join(words[:2])}"


def folded(text: str) -> str:
    """Return a heading as it is compared: one blank for all blanks, one way of writing accents."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def _column(row: dict[str, Any], heading: str, found: Table, role: str) -> str | None:
    """Return the name under which the heading was taken; of headings that stand twice in their order."""
    name = "source" if role == "source" else heading
    alike = [column for column in row if folded(column.removeprefix("properties.")) == folded(name)]
    if found.headings.count(heading) > 1:
        alike = [column for column in row if re.fullmatch(re.escape(folded(name)) + r"[ _]*\(?\d*\)?", folded(column))]
        place = [at for at, one in zip(found.roles, found.headings, strict=True) if one == heading].index(role)
        return alike[place] if place < len(alike) else None
    return alike[0] if alike else None


def _own(
    plan: Plan,
    role: str,
    column: str | None,
    pairs: list[tuple[Lead, dict[str, Any]]],
    heading: str,
    notes: str,
    history: History,
) -> list[Difference]:
    told = heading in notes or folded(heading) in folded(notes)
    of_accounts = [one for one in history.own_fields if _OF_ACCOUNT.search(one.why)]
    of_account = next(
        (one for one in of_accounts if folded(one.name.removeprefix("properties.")) == folded(heading)), None
    )
    if of_account is not None and (contract := _OF_ACCOUNT.search(of_account.why)):
        accounts = {row["account_id"]: row for row in pq.read_table(history.path("accounts")).to_pylist()}
        cells = [(lead.own[role], accounts[row["account_id"]][contract[1]]) for lead, row in pairs]
        wrong = _different(role, cells)
        return [Difference(role, f"column {heading!r} of accounts, {wrong}")] if wrong else []
    if column is None:
        return [Difference(role, f"column {heading!r} is not there", told)]
    refused = next((field for field in history.own_fields if field.name == column and field.status == "refused"), None)
    if refused is not None:
        return [Difference(role, f"column {heading!r} refused: it {refused.why}", told=True)]
    cells = [(lead.own[role], row[column]) for lead, row in pairs]
    wrong = _different(role, cells)
    return [Difference(role, f"column {heading!r}, {wrong}", told)] if wrong else []


def _different(role: str, cells: list[tuple[object, object]]) -> str:
    """Say how the values read differ from the truth; empty where they do not."""
    if role in ("flag", "optin"):
        return _bijection(cells)
    for factor in (1.0, 100.0) if role == "percent" else (1.0,):
        wrong = [(want, got) for want, got in cells if not _same(role, want, got, factor)]
        if not wrong:
            return ""
    return f"{len(wrong)} values: {wrong[0][0]!r} read as {wrong[0][1]!r}" + (
        f", {wrong[-1][0]!r} as {wrong[-1][1]!r}" if len(wrong) > 1 else ""
    )


def _same(role: str, want: object, got: object, factor: float) -> bool:
    if want is None or got is None:
        return want is None and got is None
    if role == "due":
        return isinstance(got, (date, datetime)) and abs(as_day(got) - as_day(want)) <= _DAY
    if isinstance(want, (int, float)):
        return isinstance(got, (int, float)) and abs(got * factor - want) <= 1e-6 * max(1.0, abs(want))
    return isinstance(got, str) and got == str(want).strip()


def _bijection(cells: list[tuple[object, object]]) -> str:
    """A flag may be kept as true and false, as 1 and 0 or as its words, if each stands for one thing; blank may be no."""
    seen: dict[object, set[object]] = {}
    for want, got in cells:
        seen.setdefault(want, set()).add(got)
    yes, no, missing = (seen.get(want, set()) for want in (True, False, None))
    if len(yes) > 1 or len(no) > 1 or yes & no or yes & missing or None in yes:
        return f"yes is read as {sorted(map(str, yes))}, no as {sorted(map(str, no))}, missing as {sorted(map(str, missing))}"
    if missing and missing != {None}:
        return f"missing is read as {sorted(map(str, missing))}"
    return "" if not (True in yes or False in yes) or yes == {True} else "yes is read as false"
