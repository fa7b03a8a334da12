"""Outcomes out of opportunities, lead columns or event kinds: one row a change of a lead's state.

Every path makes candidate rows (lead, time, won | lost | reopened); ``outcome_rows`` then keeps those that change
something: every win, a loss of an open lead, a re-opening of a closed one. An opportunity of an account belongs to that
account's latest lead created before it. Leaves out horizons and labels, which are `features`' work.
"""

from __future__ import annotations

from leadq.crm.config.schema import Flat, FromEventKinds, FromLeadColumns, FromOpportunities
from leadq.crm.reading.columns.outcome_rows import from_opportunities, state_changes
from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.storage.scratch_database import Relation, count, matches, name
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import MAX_EXAMPLES, Problem
from leadq.foundation.suggestions import did_you_mean

OUTCOME = "_leadq_outcome"
"""Staged column of leads that holds the outcome where it comes from lead columns or a flat file."""

Words = FromOpportunities | FromLeadColumns | FromEventKinds | Flat


def distil(findings: Findings, origin: Words, **_present: object) -> Relation:
    """Return the outcome rows (lead_id, occurred_at, outcome) in a total order.

    Rows without a usable outcome are rejected, unknown outcome words go to ``findings.problems``.
    """
    if isinstance(origin, FromOpportunities):
        candidates = from_opportunities(findings, origin)
    elif isinstance(origin, FromEventKinds):
        candidates = _from_events(findings, origin)
    else:
        candidates = _from_leads(findings, origin)
    return state_changes(candidates).order("lead_id, occurred_at, outcome")


def _word(origin: Words, column: str) -> str:
    """Return the SQL expression of a source word as won, lost, open or null (unknown)."""
    opened = () if isinstance(origin, FromEventKinds) else origin.open
    return (
        f"CASE WHEN {matches(column, origin.won)} THEN 'won' WHEN {matches(column, origin.lost)} THEN 'lost' "
        f"WHEN {column} IS NULL OR {matches(column, opened)} THEN 'open' END"
    )


def _unknown_words(findings: Findings, origin: Words, rows: Relation, column: str, where: str) -> None:
    """Add a Problem for words of ``column`` that the configuration does not name."""
    unknown = rows.filter(f"({_word(origin, name(column))}) IS NULL")
    found = count(unknown)
    if not found:
        return
    words = unknown.aggregate(f"{name(column)} AS word, count(*) AS n").order("n DESC, word")
    shown = words.limit(MAX_EXAMPLES).fetchall()
    known = [*origin.won, *origin.lost, *(() if isinstance(origin, FromEventKinds) else origin.open)]
    hint = did_you_mean(str(shown[0][0]), known)
    findings.problems.append(
        Problem(
            where=where,
            rule="an outcome must be named in leadq.yaml as won, lost or open",
            value=repr(shown[0][0]),
            count=found,
            remedy=f"{hint}Add it to won, lost or open of the outcome (a pattern may end in *), or map it with values.",
            examples=tuple(f"{word!r}: {counted(n, 'row')}" for word, n in shown),
        )
    )


def _from_leads(findings: Findings, origin: FromLeadColumns | Flat) -> Relation:
    leads = findings.good("leads")
    _unknown_words(findings, origin, leads, OUTCOME, f"leads: {findings.files.get('leads', '')}")
    rule = RowRule(
        reason="won or lost without closed_at", remedy="Map closed_at, or fill it in the source.", column="closed_at"
    )
    word = _word(origin, OUTCOME)
    findings.reject("leads", leads.filter(f"closed_at IS NULL AND {word} IN ('won', 'lost')"), rule, value=OUTCOME)
    closed = findings.good("leads").project(f"lead_id, closed_at AS occurred_at, {word} AS outcome")
    return closed.filter("outcome IN ('won', 'lost')")


def _from_events(findings: Findings, origin: FromEventKinds) -> Relation:
    events = findings.good("events")
    outcomes = events.project(f"lead_id, occurred_at, {_word(origin, 'kind')} AS outcome").filter("outcome IS NOT NULL")
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
    patterns = (*origin.won, *origin.lost)
    found = (
        findings.good("events").filter(matches("kind", patterns)).project("kind").distinct().order("kind").fetchall()
    )
    named = [pattern for pattern in patterns if not pattern.endswith("*")]
    return tuple(dict.fromkeys([*named, *(str(kind) for (kind,) in found)]))


def type_opportunities(findings: Findings, origin: FromOpportunities) -> None:
    """Turn ``outcome`` of the staged opportunities into won, lost or open; ``closed_at`` of an open one is only a plan."""
    _unknown_words(
        findings, origin, findings.good("opportunities"), "outcome",
        f"opportunities: {findings.files.get('opportunities', '')} column outcome",
    )  # fmt: skip
    staged = findings.connection.table("staged_opportunities")
    word = f"coalesce({_word(origin, 'outcome')}, 'open')"
    shown = {
        "outcome": f"{word} AS outcome",
        "closed_at": f"CASE WHEN {word} <> 'open' THEN closed_at END AS closed_at",
    }
    staged.project(", ".join(shown.get(column, name(column)) for column in staged.columns)).create(
        "typed_opportunities"
    )
    findings.connection.execute("DROP TABLE staged_opportunities")
    findings.connection.execute("ALTER TABLE typed_opportunities RENAME TO staged_opportunities")
    rule = RowRule(
        reason="won or lost without closed_at", remedy="Map closed_at, or fill it in the source.", column="closed_at"
    )
    undated = findings.good("opportunities").filter("outcome <> 'open' AND closed_at IS NULL")
    findings.reject("opportunities", undated, rule, value="outcome")
