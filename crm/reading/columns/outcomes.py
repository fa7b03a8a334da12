"""Outcomes out of opportunities, lead columns or event kinds: one row a change of a lead's state.

Every path makes candidate rows (lead, time, won | lost | reopened); ``outcome_rows`` then keeps those that change
something: every win, a loss of an open lead, a re-opening of a closed one. An opportunity of an account belongs to that
account's latest lead created before it. Leaves out horizons and labels, which are `features`' work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from leadq.crm.config.schema import Flat, FromEventKinds, FromLeadColumns, FromOpportunities
from leadq.crm.reading.columns.outcome_meaning import Words, is_named, state_of, states_in, unnamed_words
from leadq.crm.reading.columns.outcome_rows import from_opportunities, state_changes
from leadq.crm.reading.columns.undated_outcomes import without_closing_date
from leadq.crm.reading.findings import Findings
from leadq.crm.storage.scratch_database import Relation, count, name, text, texts
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import Problem

OUTCOME = "_leadq_outcome"
"""Staged column of leads that holds the outcome where it comes from lead columns or a flat file."""


def distil(
    findings: Findings, origin: Words, *, dates: Mapping[str, str] | None = None, closed_at: tuple[str, ...] = ()
) -> Relation:
    """Return the outcome rows (lead_id, occurred_at, outcome) in a total order.

    Rows without a usable outcome are rejected, unknown outcome words go to ``findings.problems``.

    Parameters
    ----------
    findings : Findings
    origin : Flat, FromLeadColumns, FromOpportunities or FromEventKinds
    dates : mapping of column of the source to staged column, optional
        The company's own columns of leads: those of dates are named where a closing date is missing.
    closed_at : tuple of str, optional
        Columns of the source that ``closed_at`` is read from.
    """
    if isinstance(origin, FromOpportunities):
        candidates = from_opportunities(findings, origin)
    elif isinstance(origin, FromEventKinds):
        candidates = _from_events(findings, origin)
    else:
        candidates = _from_leads(findings, origin, dates or {}, closed_at)
    return state_changes(candidates).order("lead_id, occurred_at, outcome")


def clear_planned_dates(findings: Findings, origin: Words, read_at: datetime) -> None:
    """Empty ``closed_at`` of staged leads that are neither won nor lost: the closing date of an open lead is a plan.

    Of a lead that ``closed_status`` closes it stays, unless it lies after ``read_at``.

    Call it before rows are checked, so that a plan lies neither in the future nor before the lead was created.
    """
    if not isinstance(origin, FromLeadColumns):
        return
    staged = findings.connection.table("staged_leads")
    closed = f"coalesce({states_in(staged, OUTCOME, origin)}, '') IN ('won', 'lost')"
    if origin.closed_status:
        given = staged.filter(f"{name(OUTCOME)} IS NOT NULL").project(name(OUTCOME)).distinct().fetchall()
        dead = [str(word) for (word,) in given if is_named(str(word), origin.closed_status)]
        in_dead = f"coalesce({name(OUTCOME)} IN {texts([*dead, ''])}, false)"
        closed = f"{closed} OR ({in_dead} AND closed_at <= TIMESTAMPTZ {text(read_at.isoformat())})"
    findings.connection.execute(
        f"UPDATE staged_leads SET closed_at = NULL WHERE closed_at IS NOT NULL AND NOT ({closed})"  # noqa: S608
    )


def _from_leads(
    findings: Findings, origin: FromLeadColumns | Flat, dates: Mapping[str, str], closed_at: tuple[str, ...]
) -> Relation:
    leads = findings.good("leads")
    where = f"leads: {findings.files.get('leads', '')} column {' | '.join(columns_of(origin))}"
    word = _named(findings, origin, leads, OUTCOME, where)
    undated = leads.filter(f"closed_at IS NULL AND {word} IN ('won', 'lost')")
    rule = without_closing_date(undated, dates, closed_at)
    findings.reject("leads", undated, rule, value=OUTCOME)
    closed = findings.good("leads").project(f"lead_id, closed_at AS occurred_at, {word} AS outcome")
    return closed.filter("outcome IN ('won', 'lost')")


def columns_of(origin: Words) -> tuple[str, ...]:
    """Columns of the data that hold the outcome."""
    if isinstance(origin, Flat):
        return origin.outcome
    if isinstance(origin, FromLeadColumns):
        return origin.column
    return ("kind",) if isinstance(origin, FromEventKinds) else ("outcome",)


def _named(findings: Findings, origin: Words, rows: Relation, column: str, where: str) -> str:
    """Return the SQL expression of the state that ``column`` says; words that nobody named go to ``findings.problems``."""
    found = rows.filter(f"{name(column)} IS NOT NULL").aggregate(f"{name(column)} AS word, count(*) AS n")
    counts = {str(word): int(n) for word, n in found.order("n DESC, word").fetchall()}
    findings.outcome = {
        state: {word: n for word, n in counts.items() if state_of(word, origin) == state}
        for state in ("won", "lost", "open")
    }
    if problem := unnamed_words(origin, counts, where):
        findings.problems.append(problem)
    return states_in(rows, column, origin, tuple(counts))


def _from_events(findings: Findings, origin: FromEventKinds) -> Relation:
    events = findings.good("events")
    state = states_in(events, "kind", origin)
    outcomes = events.project(f"lead_id, occurred_at, {state} AS outcome").filter("outcome IS NOT NULL")
    if nobody := count(outcomes.filter("lead_id IS NULL")):
        events = counted(nobody, "outcome event names", "outcome events name")
        findings.notes.append(
            f"outcomes: {events} only an account, so {one_or_many(nobody, 'it is', 'they are')} unattributed"
        )
    if count(outcomes) == 0:
        seen = [str(kind) for (kind,) in events.project("kind").distinct().order("kind").limit(50).fetchall()]
        findings.problems.append(
            Problem(
                where=f"events: {findings.files.get('events', '')} column kind",
                rule="must contain the kinds that outcome names",
                value=", ".join([*origin.won, *origin.lost]),
                remedy=f"Use kinds that occur in the data: {', '.join(seen)}.",
            )
        )
    return outcomes.filter("lead_id IS NOT NULL").distinct()


def outcome_kinds(findings: Findings, origin: FromEventKinds) -> tuple[str, ...]:
    """Kinds of events that are outcomes: those named, and those in the data that a named pattern matches."""
    kinds = findings.good("events").project("kind").distinct().order("kind").fetchall()
    found = [str(kind) for (kind,) in kinds if kind is not None and state_of(str(kind), origin) is not None]
    named = [pattern for pattern in (*origin.won, *origin.lost) if not pattern.endswith("*")]
    return tuple(dict.fromkeys([*named, *found]))


def type_opportunities(findings: Findings, origin: FromOpportunities) -> None:
    """Turn ``outcome`` of the staged opportunities into won, lost or open; ``closed_at`` of an open one is only a plan."""
    good = findings.good("opportunities")
    where = f"opportunities: {findings.files.get('opportunities', '')} column outcome"
    staged = findings.connection.table("staged_opportunities")
    word = f"coalesce({_named(findings, origin, good, 'outcome', where)}, 'open')"
    shown = {
        "outcome": f"{word} AS outcome",
        "closed_at": f"CASE WHEN {word} <> 'open' THEN closed_at END AS closed_at",
    }
    staged.project(", ".join(shown.get(column, name(column)) for column in staged.columns)).create(
        "typed_opportunities"
    )
    findings.connection.execute("DROP TABLE staged_opportunities")
    findings.connection.execute("ALTER TABLE typed_opportunities RENAME TO staged_opportunities")
    undated = findings.good("opportunities").filter("outcome <> 'open' AND closed_at IS NULL")
    findings.reject("opportunities", undated, without_closing_date(undated, {}, ()), value="outcome")
