"""Open leads whose status says that nobody works on them any more: lost where ``closed_status`` names the word, else named.

A lead stays open as long as no outcome closes it, whatever its status says. ``closed_status`` of the outcome lists the words that do: such
a lead is lost when its status changed to the word, where changes are recorded, else at its closing date, else at the newest moment in
the data: never earlier than it can have been. A win counts more than any status. An open deal that names the lead counts more than a
word that may mean converted ("Closed"), and than a change to one that says lost ("Disqualified") before the deal was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from leadq.crm.config.schema import Flat, FromLeadColumns, FromOpportunities
from leadq.crm.reading.columns.outcome_meaning import Words, is_named
from leadq.crm.reading.columns.outcomes import OUTCOME, columns_of
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.values.words.folded_words import BETWEEN
from leadq.crm.reading.values.words.outcome_words import looks_closed, says_dead
from leadq.crm.storage.scratch_database import Relation, count, scalar, text, texts
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import Problem
from leadq.foundation.yaml_scalars import quoted_list

_BEGAN = {"events": "occurred_at", "touches": "occurred_at", "field_history": "changed_at"}
_SHOWN = 6


def close_by_status(
    findings: Findings, origin: Words, outcomes: Relation, *, staged: Iterable[str], read_at: datetime
) -> Relation:
    """Return ``outcomes`` and a loss of every open lead whose status is one of ``closed_status``; name those that it should hold.

    Parameters
    ----------
    findings : Findings
        Takes the notes, and ``closed_looking``: the words that look closed on leads that stay open.
    origin : Flat, FromLeadColumns, FromOpportunities or FromEventKinds
    outcomes : Relation
        Rows lead_id, occurred_at, outcome.
    staged : iterable of str
        Tables that have a source.
    read_at : datetime
    """
    by_outcome = isinstance(origin, FromLeadColumns | Flat)
    column = OUTCOME if by_outcome else "status"
    closed = () if isinstance(origin, Flat) else origin.closed_status
    leads = findings.good("leads")
    given = leads.filter(f"{column} IS NOT NULL").project(column).distinct().order(column).fetchall()
    words = [str(word) for (word,) in given]
    if closed and not words:
        findings.problems.append(_no_status())
    dead = [word for word in words if is_named(word, closed)]
    told = () if isinstance(origin, Flat) else origin.open_status
    suspect = [word for word in words if word not in dead and not is_named(word, told) and _looks_closed(word, origin)]
    if not dead and not suspect:
        return outcomes
    where = f"leads column {' | '.join(columns_of(origin)) if by_outcome else 'status'}"
    outcomes.create("_leadq_outcomes")
    kept = findings.connection.table("_leadq_outcomes")
    opened = _open(findings, origin, kept, column, [*dead, *suspect])
    counts = {str(word): int(n) for word, n in opened.aggregate("word, count(*) AS n").order("n DESC, word").fetchall()}
    findings.closed_looking = {word: n for word, n in counts.items() if word in suspect}
    field = "status" if not by_outcome else columns_of(origin)[0]
    if by_outcome:
        _tell_as_lost(findings, dead)
    dated = _dated(findings, opened.filter(f"word IN {texts([*dead, ''])}"), dead, field, [*staged], read_at)
    if isinstance(origin, FromOpportunities):
        newer = "lost.lead_id = deals.lead_id AND deals.created_at > lost.occurred_at"
        dated = dated.set_alias("lost").join(_open_deals(findings), newer, how="anti")
    if not (rows := count(dated)):
        return kept.order("lead_id, occurred_at, outcome")
    findings.notes.append(
        f"{where}: {counted(rows, 'open lead')} {one_or_many(rows, 'counts', 'count')} as lost, because closed_status in leadq.yaml "
        f"names the status: {_listed({word: n for word, n in counts.items() if word in dead})}"
    )
    return kept.union(dated).order("lead_id, occurred_at, outcome")


def _looks_closed(word: str, origin: Words) -> bool:
    """Whether a status looks closed; of words of several columns the last counts, for a lead that was converted lives on as its deal."""
    parts = [part for part in word.split(BETWEEN) if part.strip()] if len(columns_of(origin)) > 1 else [word]
    return bool(parts) and (looks_closed(parts[-1]) or any(says_dead(part) for part in parts))


def _tell_as_lost(findings: Findings, dead: list[str]) -> None:
    """Say of the outcome what the words are now."""
    said = findings.outcome
    if moved := {word: n for word, n in said.get("open", {}).items() if word in dead}:
        said["open"] = {word: n for word, n in said["open"].items() if word not in moved}
        said["lost"] = {**said.get("lost", {}), **moved}


def closed_looking_words(counts: Mapping[str, int], origin: Words) -> str:
    """Say which words look closed on leads that count as open, and the line of ``leadq.yaml`` that makes them lost."""
    rows = sum(counts.values())
    stand = one_or_many(rows, "counts", "count")
    head = (
        f"{counted(rows, 'lead')} {stand} as open, but by {one_or_many(rows, 'its', 'their')} status nobody works on "
        f"{one_or_many(rows, 'it', 'them')}: {_listed(counts)}"
    )
    if isinstance(origin, Flat):
        line = f"lost: {quoted_list(dict.fromkeys([*origin.lost, *counts]))}"
        return f"{head}. If such leads are lost, write under flat in leadq.yaml, and take the words out of open: {line}"
    line = f"closed_status: {quoted_list(dict.fromkeys([*origin.closed_status, *counts]))}"
    return (
        f"{head}. If such leads are lost, write under outcome in leadq.yaml: {line}. Words of leads that sales still works on belong "
        "in open_status instead"
    )


def _listed(counts: Mapping[str, int]) -> str:
    shown = [f"{word!r} ({n:,})" for word, n in counts.items()]
    more = f" and {counted(len(shown) - _SHOWN, 'more word')}" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


def _open(findings: Findings, origin: Words, outcomes: Relation, column: str, words: list[str]) -> Relation:
    """Leads with one of ``words`` that are open by ``outcomes``: lead_id, created_at, closed_at, word."""
    rank = "CASE outcome WHEN 'reopened' THEN 0 WHEN 'won' THEN 1 ELSE 2 END"
    last = outcomes.aggregate(f"lead_id, arg_max(outcome, struct_pack(at := occurred_at, rank := {rank})) AS outcome")
    over = last.filter("outcome <> 'reopened'").set_alias("over")
    leads = findings.good("leads").filter(f"{column} IN {texts(words)}")
    rows = leads.project(f"lead_id, created_at, closed_at, {column} AS word").set_alias("leads")
    rows = rows.join(over, "leads.lead_id = over.lead_id", how="anti")
    if isinstance(origin, FromOpportunities):
        said = texts([*(word for word in words if says_dead(word)), ""])
        alive = f"rest.lead_id = deals.lead_id AND rest.word NOT IN {said}"
        rows = rows.set_alias("rest").join(_open_deals(findings), alive, how="anti")
    return rows


def _open_deals(findings: Findings) -> Relation:
    """Open deals that name their lead; one of its account alone is no sign of life."""
    return findings.good("opportunities").filter("outcome = 'open' AND lead_id IS NOT NULL").set_alias("deals")


def _dated(
    findings: Findings, losses: Relation, dead: list[str], field: str, staged: list[str], read_at: datetime
) -> Relation:
    """Outcome rows of ``losses``, each at the moment at which it was surely lost."""
    newest = _newest(findings, staged, read_at)
    limit = f"TIMESTAMPTZ {text(read_at.isoformat())}"
    known = f"CASE WHEN closed_at <= {limit} THEN closed_at END"
    if "field_history" in staged:
        changes = findings.good("field_history").filter(
            f"entity = 'lead' AND field = {text(field)} AND new_value IN {texts([*dead, ''])}"
        )
        last = changes.aggregate("entity_id, max(changed_at) AS changed_at").set_alias("changes")
        losses = losses.set_alias("losses").join(last, "losses.lead_id = changes.entity_id", how="left")
        known = f"changed_at, {known}"
    at = f"greatest(coalesce({known}, {newest}), created_at)"
    return losses.project(f"lead_id, coalesce({at}, {newest}) AS occurred_at, 'lost' AS outcome")


def _newest(findings: Findings, staged: list[str], read_at: datetime) -> str:
    """Return the newest moment at which anything was recorded, as an SQL literal: the same for the same data."""
    limit = f"TIMESTAMPTZ {text(read_at.isoformat())}"
    asked: list[tuple[Relation, str]] = [(findings.good("leads"), "created_at")]
    asked.append((findings.connection.table("_leadq_outcomes"), "occurred_at"))
    asked += [(findings.good(table), column) for table, column in _BEGAN.items() if table in staged]
    newest = max(scalar(rows.filter(f"{column} <= {limit}"), f"epoch_us(max({column}))") for rows, column in asked)
    return f"make_timestamptz({newest}::BIGINT)"


def _no_status() -> Problem:
    return Problem(
        where="leadq.yaml: outcome.closed_status",
        rule="needs the status of leads, and no lead has one",
        remedy="Map it under columns of leads in leadq.yaml: status: your column. Or take closed_status out.",
    )
