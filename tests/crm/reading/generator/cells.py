"""The truth as cells of text: how a plan writes each lead, heading by heading."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.crm.reading.generator.plan import Plan, negative_form
from tests.crm.reading.generator.time_forms import TimeForm, as_moment, truncated
from tests.crm.reading.generator.truth import Lead, leads
from tests.crm.reading.generator.words import SOURCES

REMARKS = ("ok", 'He said "yes, soon"', "first line\nsecond line; later", "back\\slash, and more")
NUMBERS = ("amount", "employees", "share", "percent")


@dataclass(slots=True)
class Table:
    """Headings and rows of text, with the role of each column and what is true of each lead."""

    roles: list[str]
    headings: list[str]
    rows: list[list[str]]
    truth: list[Lead]


def table(plan: Plan) -> Table:
    """Write the leads of a plan as cells; ``truth`` is cut to what the cells can say."""
    dice = random.Random(plan.seed + 1)
    truth = leads(
        dice, count=plan.count, days_up_to_12=plan.days_up_to_12, ids=plan.ids, planned=plan.planned, three_decimals=plan.three_decimals
    )  # fmt: skip
    roles = plan.columns
    headings = [plan.headings[role] for role in roles]
    if plan.quirk == "line_break":
        headings[roles.index("employees")] = headings[roles.index("employees")] + "\n(FTE)"
    rows = [_row(plan, lead, roles, dice, place) for place, lead in enumerate(truth)]
    found = Table(roles=list(roles), headings=headings, rows=rows, truth=truth)
    if plan.outcome == "two_flags":
        found.roles.append("is_closed")
        found.headings.append("Is Closed")
        for row, lead in zip(found.rows, truth, strict=True):
            row.append("false" if lead.outcome == "open" else "true")
    if plan.quirk == "duplicates":
        _add(
            found,
            ["twin_a", "twin_b"],
            ["Note", "Note"],
            lambda place, lead: [("x", "y", "z")[place % 3], ("p", "q")[place % 2]],
        )
        _add(found, ["blank"], [""], lambda place, lead: [""])
    if plan.quirk == "index":
        for row, place in zip(found.rows, range(len(found.rows)), strict=True):
            row.insert(0, str(place))
        found.roles.insert(0, "index")
        found.headings.insert(0, "")
    if plan.quirk == "remark":
        _add(found, ["remark"], ["Remark"], lambda place, lead: [REMARKS[(place * 7) % 4]])
    return found


def _add(found: Table, roles: list[str], headings: list[str], values: object) -> None:
    found.roles += roles
    found.headings += headings
    for place, (row, lead) in enumerate(zip(found.rows, found.truth, strict=True)):
        cells = values(place, lead)  # type: ignore[operator]
        lead.own.update(zip(roles, cells, strict=True))
        row.extend(cells)


def _row(plan: Plan, lead: Lead, roles: list[str], dice: random.Random, place: int) -> list[str]:
    cells = []
    for role in roles:
        if role in NUMBERS and role == "amount" and plan.negative and place % 9 == 0:
            lead.own["amount"] = -float(str(lead.own["amount"]))
        if (
            role in lead.own
            and role != "share"
            and dice.random() < plan.missing_share
            and not (role == "flag" and "" in plan.flag_words)
        ):
            lead.own[role] = None
            cells.append(plan.marker)
        else:
            cells.append(_cell(plan, lead, role, place))
    return cells


def _cell(plan: Plan, lead: Lead, role: str, place: int) -> str:
    if role == "lead_id":
        return _dressed(plan, lead)
    if role == "outcome":
        return _outcome(plan, lead, place)
    if role == "source":
        lead.own["source"] = SOURCES[(place * 7 + place // 5) % 5]
        return str(lead.own["source"])
    if role == "created_at":
        form = _of(plan, role, place)
        lead.created_at = truncated(lead.created_at, form.exact)
        return form.write(lead.created_at)
    if role == "closed_at":
        return _closed(plan, lead, place)
    if role == "due":
        return _of(plan, role, place).write(as_moment(lead.own["due"]))
    return _own(plan, lead, role)


def _of(plan: Plan, role: str, place: int) -> TimeForm:
    forms = plan.times[role]
    return forms[place * len(forms) // plan.count]


def _closed(plan: Plan, lead: Lead, place: int) -> str:
    form = _of(plan, "closed_at", place)
    if lead.closed_at is not None:
        lead.closed_at = truncated(lead.closed_at, form.exact)
        return form.write(lead.closed_at)
    return form.write(lead.planned) if lead.planned is not None else plan.closed_marker


def _own(plan: Plan, lead: Lead, role: str) -> str:
    value = lead.own[role]
    if role in NUMBERS:
        assert isinstance(value, (int, float))
        lead.own[role] = value = round(float(value), plan.decimals[role])
        text = plan.numbers[role].write(abs(value), plan.decimals[role])
        return negative_form(plan).format(text) if value < 0 else text
    if role == "flag":
        return plan.flag_words[0 if value else 1]
    if role == "optin":
        return plan.optin_words[0 if value else 1]
    if role == "category":
        assert isinstance(value, int)
        lead.own[role] = plan.language.categories[value]
    return str(lead.own[role])


def _dressed(plan: Plan, lead: Lead) -> str:
    if plan.id_dress == "formula":
        return f'="{lead.lead_id}"'
    return lead.lead_id + {"tab": "\t", "float": ".0"}.get(plan.id_dress, "")


def _outcome(plan: Plan, lead: Lead, place: int) -> str:
    words = {"won": plan.won, "lost": plan.lost, "open": plan.open}[lead.outcome]
    return words[place % len(words)]
