"""What reading finds: problems that stop it, rows that are rejected, notes for the report.

A stray bad row goes to ``rejected`` with its reason; where a rule rejects more than the allowed share of a table's
rows the data is systematically wrong and that is a Problem. Rows are collected, problems raised together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from leadq.crm.reading import FIRST, NEWEST
from leadq.crm.storage.scratch_database import ROW, Connection, Relation, scalar, text
from leadq.foundation.plurals import counted
from leadq.foundation.problems import MAX_EXAMPLES, InputError, Problem

KEYS: dict[str, str] = {
    "leads": "lead_id",
    "accounts": "account_id",
    "opportunities": "opportunity_id",
    "events": "coalesce(lead_id, account_id)",
    "field_history": "entity_id",
    "touches": "lead_id",
    "dispositions": "lead_id",
    "lead_aliases": "old_lead_id",
    "campaign_costs": "campaign",
    "owners": "owner",
    "customers": "account_id",
    "sales_costs": "month",
}
"""What names a row of a table to a person."""

_MOST = 0.5
"""Share of a table's rows above which nobody would go on without them."""
_UNLIKE = 0.02
"""Shares of won, lost and open rows that lie further apart are no accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """A rule a row can break alone: the statement that does not hold, and how to fix it.

    ``follows``: its rows are lost because others are, which are judged, or not lost at all; so there is no Problem of its own.
    ``merged``: nothing that they say is lost, and it was meant so; such rows count as used and are noted, not listed as rejected.
    ``going_on``: what a higher rejected_share means for these rows, where that is not to go on without them.
    """

    reason: str
    remedy: str
    column: str = ""
    follows: bool = False
    merged: bool = False
    going_on: str = ""


@dataclass(slots=True, kw_only=True)
class Findings:
    """Collects while the sources are read.

    Parameters
    ----------
    connection : DuckDBPyConnection
    rejected_share : float
        Share in [0, 1] of a table's rows that one rule may reject before that is a Problem.
    reading : int
        Which reading it is (docs/decisions/0023).
    outcome : dict
        Rows by word of the data, for each of won, lost and open, once outcomes were read.
    closed_looking : dict
        Words of a status that looks closed on leads that count as open, and how many leads.
    later : set of (table, column)
        Columns of ``LATER_COLUMNS`` that this reading knows.
    states : dict
        SQL expression of the state (won, lost or open) of a staged row, by table, where it is known.
    """

    connection: Connection
    rejected_share: float
    reading: int = NEWEST
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rules: dict[tuple[str, str], RowRule] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    emptied: set[tuple[str, str]] = field(default_factory=set)
    personal: set[str] = field(default_factory=set)
    outcome: dict[str, dict[str, int]] = field(default_factory=dict)
    closed_looking: dict[str, int] = field(default_factory=dict)
    later: set[tuple[str, str]] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._new_table()

    def _new_table(self) -> None:
        self.connection.execute(
            'CREATE TABLE rejections ("table" VARCHAR, "row" BIGINT, "key" VARCHAR, reason VARCHAR, "value" VARCHAR)'
        )

    def start_again(self) -> None:
        """Let the engine go on after an error of its own: what was staged is gone, the problems found are kept."""
        self.connection.rollback()
        self.connection.begin()
        self._new_table()

    def stop_on_problems(self) -> None:
        """Raise all that was found so far.

        Raises
        ------
        InputError
        """
        if self.problems:
            raise InputError(self.problems)

    def reject(self, table: str, rows: Relation, rule: RowRule, *, value: str = "NULL", key: str = "") -> int:
        """Reject ``rows`` (staged rows of ``table``) under ``rule``; ``value`` is an SQL expression shown in examples."""
        self.rules[table, rule.reason] = rule
        found = rows.project(
            f"{text(table)}, {ROW}, CAST({key or KEYS[table]} AS VARCHAR), {text(rule.reason)}, "
            f"left(CAST({value} AS VARCHAR), 60)"
        )
        before = self._rejected(table)
        found.insert_into("rejections")
        return self._rejected(table) - before

    def _rejected(self, table: str) -> int:
        return scalar(self.connection.table("rejections").filter(f'"table" = {text(table)}'), "count(*)")

    def good(self, table: str) -> Relation:
        """Rows of staged ``table`` that no rule rejected so far."""
        staged = self.connection.table(f"staged_{table}").set_alias("staged")
        gone = self.connection.table("rejections").filter(f'"table" = {text(table)}').set_alias("gone")
        return staged.join(gone, f'staged.{ROW} = gone."row"', how="anti")

    def rejected_rows(self, table: str) -> int:
        """How many rows of ``table`` are rejected, each counted once."""
        return scalar(self._not_merged().filter(f'"table" = {text(table)}'), 'count(DISTINCT "row")')

    def rejected(self) -> Relation:
        """Return every rejected row once, with its first reason in alphabetical order, in a total order."""
        once = self._not_merged().aggregate('"table", "row", min("key") AS "key", min(reason) AS reason')
        return once.order('"table", "row"')

    def _not_merged(self) -> Relation:
        rows = self.connection.table("rejections")
        for (table, reason), rule in self.rules.items():
            if rule.merged:
                rows = rows.filter(f'NOT ("table" = {text(table)} AND reason = {text(reason)})')
        return rows

    def judge(self, read: dict[str, int]) -> None:
        """Turn every rule that rejected more than the allowed share of a table into a Problem."""
        by_reason = self.connection.table("rejections").aggregate('"table", reason, count(DISTINCT "row")')
        for table, reason, rows in sorted(by_reason.fetchall()):
            rule = self.rules[table, reason]
            if rule.follows:
                continue
            if rows > self.rejected_share * read[table]:
                self.problems.append(self._problem(table, rule, rows, read[table]))
            elif lost := self._unlike(table, rule):
                self.notes.append(f"{table}: {counted(rows, 'row')} left out, {rule.reason}: {lost}")

    def _problem(self, table: str, rule: RowRule, rows: int, read: int) -> Problem:
        broken = self.connection.table("rejections").filter(f'"table" = {text(table)} AND reason = {text(rule.reason)}')
        shown = broken.order('"row"').limit(MAX_EXAMPLES).project('"row", "key", "value"').fetchall()
        examples = tuple(
            f"row {row}" + (f" ({key})" if key else "") + (f": {value!r}" if value is not None else "")
            for row, key, value in shown
        )
        where = self.files.get(table, table) + (f" column {rule.column}" if rule.column else "")
        return Problem(
            where=f"{table}: {where}",
            rule=f"{rule.reason} in {rows / read:.1%} of {counted(read, 'row')}, more than the {self.rejected_share:.1%} that may "
            "be rejected",
            value=next((repr(value) for _, _, value in shown if value is not None), ""),
            remedy=f"{rule.remedy} {rule.going_on or self._going_on(table, rule, rows / read)}".rstrip(),
            count=rows,
            examples=examples,
        )

    def _going_on(self, table: str, rule: RowRule, share: float) -> str:
        """Return how to go on without the rows of a rule; not offered where they are most, or wins, or open leads, more than others."""
        if share > _MOST:
            return ""
        lost = self._unlike(table, rule)
        if not lost:
            return "Or raise rejected_share in leadq.yaml to go on without these rows."
        return (
            f"Do not raise rejected_share for them: without these rows you would lose {lost}, and learn what is not so."
        )

    def _unlike(self, table: str, rule: RowRule) -> str:
        """Say which shares of won, lost and open rows a rule rejects; empty where they lie too near to each other to matter."""
        if self.reading == FIRST or table not in self.states:
            return ""
        gone = self.connection.table("rejections").filter(f'"table" = {text(table)} AND reason = {text(rule.reason)}')
        staged = self.connection.table(f"staged_{table}").project(f"{ROW}, {self.states[table]} AS _leadq_state")
        broken = gone.project('"row" AS _leadq_broken').distinct().set_alias("broken")
        joined = staged.set_alias("staged").join(broken, f"staged.{ROW} = broken._leadq_broken", how="left")
        found = joined.aggregate("_leadq_state, count(_leadq_broken) / count(*)").filter("_leadq_state IS NOT NULL")
        shares = {str(state): float(share) for state, share in found.fetchall()}
        most, least = max(shares.values(), default=0.0), min(shares.values(), default=0.0)
        if len(shares) < 2 or most <= 2 * least or most - least <= _UNLIKE:
            return ""
        named = {"won": "wins", "lost": "lost leads", "open": "open leads"}
        *first, last = [f"{shares[state]:.1%} of your {called}" for state, called in named.items() if state in shares]
        return f"{', '.join(first)} and {last}"
