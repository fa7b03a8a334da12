"""A simulated company put into a real Tryton server with its whole past, as an import out of an older system would.

Parties and leads are made over RPC. What happened to them, and when, is written into the file while the server is stopped: no call
can set the clock back. Left out are merged leads and what Tryton has no place for (events of the website).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadq.crm.simulated.simulate import SimulatedCompany
from tests.tryton_server import REP, Tryton

OWN = {
    "lead_source": "source",
    "campaign": "campaign",
    "job_title": "title",
    "authority": "authority",
    "budget": "budget",
    "need": "need",
    "timeline": "timeline",
}
"""Column of the contract by the company's own field in Tryton."""
ACCOUNT = ("industry", "employees")
FIELDS = (*OWN, *ACCOUNT)
_HISTORY = "sale_opportunity__history"
_CHANGING = ("state", "lq_decision", "lq_rejection_reason", *FIELDS)


@dataclass(slots=True, kw_only=True)
class Past:
    """What happened to a lead: values from a moment on, the first being its creation; ``touches`` are notes."""

    name: str
    account: str
    changes: list[tuple[datetime, dict[str, Any]]]
    touches: list[datetime] = field(default_factory=list)

    def until(self, moment: datetime) -> Past:
        return Past(
            name=self.name,
            account=self.account,
            changes=[one for one in self.changes if one[0] <= moment],
            touches=[one for one in self.touches if one <= moment],
        )

    def revisions(self) -> list[tuple[datetime, dict[str, Any]]]:
        """Whole values at each moment."""
        held: dict[str, Any] = dict.fromkeys(_CHANGING)
        found: dict[datetime, dict[str, Any]] = {}
        for moment, values in sorted(self.changes, key=lambda one: one[0]):
            held = {**held, **values}
            found[moment] = held
        return list(found.items())


def pasts_of(company: SimulatedCompany) -> list[Past]:
    """Return every lead of the company, in order of creation."""
    tables = {name: table.to_pylist() for name, table in company.tables.items()}
    accounts = {row["account_id"]: row for row in tables["accounts"]}
    changes, touches = _by_lead(tables["field_history"], "entity_id"), _by_lead(tables["touches"], "lead_id")
    endings, answers = _by_lead(tables["opportunities"], "lead_id"), _by_lead(tables["dispositions"], "lead_id")
    found = []
    for row in sorted(tables["leads"], key=lambda one: (one["created_at"], one["lead_id"])):
        lead, made = row["lead_id"], row["created_at"]
        account = accounts.get(row["account_id"], {})
        first = {name: row[column] for name, column in OWN.items()} | {name: account.get(name) for name in ACCOUNT}
        later: list[tuple[datetime, dict[str, Any]]] = []
        for change in sorted(changes[lead], key=lambda one: one["changed_at"], reverse=True):
            if (name := next((own for own, column in OWN.items() if column == change["field"]), None)) is not None:
                later.append((change["changed_at"], {name: change["new_value"]}))
                first[name] = change["old_value"]
        later += _endings(row, endings[lead])
        later += [
            (one["decided_at"], {"lq_decision": one["decision"], "lq_rejection_reason": one["reason"]})
            for one in answers[lead]
        ]
        begun = [(made, {"state": "lead", **first})]
        when = [one["occurred_at"] for one in touches[lead]]
        found.append(
            Past(
                name=lead,
                account=row["account_id"] or "",
                changes=begun + [(max(moment, made), values) for moment, values in later],
                touches=when,
            )
        )
    return found


def put_leads(server: Tryton, pasts: Sequence[Past]) -> dict[str, int]:
    """Make parties and leads over RPC and return the leads' numbers."""
    rep = server.rpc(REP)
    names = sorted({past.account for past in pasts})
    rows = [{"name": name or "Nobody's", "addresses": [["create", [{}]]]} for name in names]
    parties = dict(zip(names, _in_calls(rep, "party.party.create", rows), strict=True))
    leads = [rep.lead(party=parties[past.account], **_first(past)) for past in pasts]
    return dict(zip((past.name for past in pasts), _in_calls(rep, "sale.opportunity.create", leads), strict=True))


def put_past(server: Tryton, pasts: Sequence[Past], numbers: dict[str, int], *, after: datetime | None = None) -> None:
    """Write what happened, or what happened after a moment, with the server stopped for it."""
    user = server.rpc(REP).user_id
    server.stop()
    made = server.asked(
        "SELECT id, company, currency, number, party, employee, start_date, conversion_probability FROM sale_opportunity"
    )
    kept = {row[0]: row[1:] for row in made}
    new = [past for past in pasts if after is None or past.changes[0][0] > after]
    server.sql(f"DELETE FROM {_HISTORY} WHERE id = ?", [(numbers[past.name],) for past in new])
    history, now = [], []
    for past in pasts:
        number, whole = numbers[past.name], past.revisions()
        begun = _written(whole[0][0])
        for place, (moment, values) in enumerate(whole):
            changed = (_written(moment), user) if place else (None, None)
            row = (number, *kept[number], begun, user, *changed, *(values[name] for name in _CHANGING))
            if after is None or moment > after:
                history.append(row)
        now.append((begun, user, *changed, *(values[name] for name in _CHANGING), number))
    columns = ("id", "company", "currency", "number", "party", "employee", "start_date", "conversion_probability",
               "create_date", "create_uid", "write_date", "write_uid", *_CHANGING)  # fmt: skip
    marks = ", ".join("?" * len(columns))
    server.sql(f"INSERT INTO {_HISTORY} ({', '.join(columns)}) VALUES ({marks})", sorted(history, key=_moment_of))
    changing = ", ".join(f"{name} = ?" for name in columns[8:])
    server.sql(f"UPDATE sale_opportunity SET {changing} WHERE id = ?", now)
    notes = [
        (_written(moment), user, f"sale.opportunity,{numbers[past.name]}", "Called.")
        for past in pasts
        for moment in past.touches
        if after is None or moment > after
    ]
    server.sql("INSERT INTO ir_note (create_date, create_uid, resource, message) VALUES (?, ?, ?, ?)", notes)
    server.start()


def last_revision(server: Tryton) -> int:
    """Return the number of the newest revision of any lead."""
    return int(server.asked(f"SELECT max(__id) FROM {_HISTORY}")[0][0] or 0)


def set_back(server: Tryton, *, after: int, to: datetime) -> None:
    """Move what was written after a revision to moments after ``to``, in the same order: the server's own clock is today's."""
    server.stop()
    revisions = server.asked(f"SELECT __id, id, write_date FROM {_HISTORY} WHERE __id > {after} ORDER BY __id")
    stamps = sorted({str(moment) for _, _, moment in revisions})
    new = {old: _written(to.replace(microsecond=place + 1)) for place, old in enumerate(stamps)}
    server.sql(
        f"UPDATE {_HISTORY} SET write_date = ? WHERE __id = ?", [(new[str(old)], key) for key, _, old in revisions]
    )
    server.sql(
        "UPDATE sale_opportunity SET write_date = ? WHERE id = ?", [(new[str(old)], lead) for _, lead, old in revisions]
    )
    server.start()


def _endings(
    lead: dict[str, Any], opportunities: Iterable[dict[str, Any]]
) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield how the lead's state turned: as an opportunity, won or lost, or given up without one."""
    closed = None
    for one in sorted(opportunities, key=lambda row: row["created_at"]):
        if closed is not None and one["created_at"] <= closed:
            continue
        yield one["created_at"], {"state": "opportunity"}
        if one["closed_at"] is not None and one["outcome"] in ("won", "lost"):
            yield one["closed_at"], {"state": one["outcome"]}
            closed = one["closed_at"]
    if lead["closed_at"] is not None and (closed is None or lead["closed_at"] > closed):
        yield lead["closed_at"], {"state": "lost"}


def _by_lead(rows: Iterable[dict[str, Any]], key: str) -> defaultdict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def _first(past: Past) -> dict[str, Any]:
    return {name: value for name, value in past.revisions()[0][1].items() if name in FIELDS and value is not None}


def _in_calls(rpc: Any, method: str, rows: Sequence[dict[str, Any]]) -> list[int]:
    return [made for first in range(0, len(rows), 500) for made in rpc(method, list(rows[first : first + 500]))]


def _written(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _moment_of(row: tuple[Any, ...]) -> str:
    return str(row[10] or row[8])
