"""Merged and converted leads: what belonged to an old lead belongs to the surviving one, known from the merge on.

Chains (a into b, b into c) are followed, circles refused. Old lead rows leave the leads; an event of an old lead is known of
the survivor only from ``merged_at``, and where that is not recorded only from when the data was read.
"""

from __future__ import annotations

from datetime import datetime

from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.storage.scratch_database import Relation, count, scalar, text
from leadq.foundation.plurals import counted
from leadq.foundation.problems import MAX_EXAMPLES, Problem

REKEYED = ("opportunities", "events", "touches", "dispositions")
_LONGEST_CHAIN = 40
"""Doublings of a pointer: chains of up to 2**40 merges."""


def follow_aliases(findings: Findings, tables: set[str], *, read_at: datetime) -> None:
    """Rekey the staged ``tables`` to surviving leads and take merged leads out of ``staged_leads``.

    Circles become a Problem; an alias to a lead that is not there is a rejected row.
    """
    if "lead_aliases" not in tables or not _build_map(findings, read_at):
        return
    aliases = findings.connection.table("survivors").set_alias("aliases")
    for table in REKEYED:
        if table in tables:
            staged = findings.connection.table(f"staged_{table}").set_alias("staged")
            joined = staged.join(aliases, "staged.lead_id = aliases.old_id", how="left")
            columns = [f'staged."{column}"' for column in staged.columns]
            _replace(findings, table, joined.project(", ".join(_rekeyed(table, columns))))
    if "field_history" in tables:
        staged = findings.connection.table("staged_field_history").set_alias("staged")
        joined = staged.join(aliases, "staged.entity_id = aliases.old_id AND staged.entity = 'lead'", how="left")
        columns = [f'staged."{column}"' for column in staged.columns]
        swapped = ["coalesce(new_id, entity_id) AS entity_id" if c.endswith('"entity_id"') else c for c in columns]
        _replace(findings, "field_history", joined.project(", ".join(swapped)))
    leads = findings.connection.table("staged_leads").set_alias("staged")
    merged = count(leads.join(aliases, "staged.lead_id = aliases.old_id", how="semi"))
    findings.notes.append(f"leads: {merged:,} merged into others; their rows count as used")
    _replace(findings, "leads", leads.join(aliases, "staged.lead_id = aliases.old_id", how="anti"))


def _rekeyed(table: str, columns: list[str]) -> list[str]:
    swaps = {'staged."lead_id"': "coalesce(aliases.new_id, staged.lead_id) AS lead_id"}
    if table == "events":
        known = "greatest(coalesce(staged.known_at, staged.occurred_at), aliases.merged_at) AS known_at"
        swaps['staged."known_at"'] = known
    return [swaps.get(column, column) for column in columns]


def _replace(findings: Findings, table: str, rows: Relation) -> None:
    rows.create(f"rekeyed_{table}")
    findings.connection.execute(f"DROP TABLE staged_{table}")
    findings.connection.execute(f"ALTER TABLE rekeyed_{table} RENAME TO staged_{table}")


def _build_map(findings: Findings, read_at: datetime) -> bool:
    """Create table ``survivors`` (old_id, new_id, merged_at); False where the aliases cannot be followed."""
    connection = findings.connection
    rule = RowRule(reason="merges a lead into itself", remedy="Remove the row from lead_aliases.", column="old_lead_id")
    findings.reject("lead_aliases", findings.good("lead_aliases").filter("old_lead_id = lead_id"), rule)
    unknown = f"coalesce(max(merged_at), TIMESTAMPTZ {text(read_at.isoformat())})"
    once = findings.good("lead_aliases").aggregate(
        f"old_lead_id AS old_id, min(lead_id) AS new_id, {unknown} AS merged_at, count(DISTINCT lead_id) AS targets"
    )
    once.create("aliases_0")
    step = connection.table("aliases_0")
    if _refuse(findings, step.filter("targets > 1"), "an old lead must be merged into one lead only"):
        return False
    if undated := scalar(findings.good("lead_aliases").filter("merged_at IS NULL"), "count(*)"):
        rows = counted(undated, "row has", "rows have")
        findings.notes.append(f"lead_aliases: {rows} no merged_at; the events of those leads count only from now on")
    for place in range(1, _LONGEST_CHAIN):
        here, there = step.set_alias("here"), step.set_alias("there")
        further = here.join(there, "here.new_id = there.old_id")
        if count(further) == 0:
            break
        here.join(there, "here.new_id = there.old_id", how="left").project(
            "here.old_id AS old_id, coalesce(there.new_id, here.new_id) AS new_id, "
            "greatest(here.merged_at, there.merged_at) AS merged_at, here.targets AS targets"
        ).create(f"aliases_{place}")
        step = connection.table(f"aliases_{place}")
        if count(step.filter("old_id = new_id")):
            break
    here, there = step.set_alias("here"), step.set_alias("there")
    circle = here.join(there, "here.new_id = there.old_id", how="semi")
    if _refuse(findings, circle, "merges must not run in a circle"):
        return False
    _reject_orphans(findings, step)
    survivors = connection.table("staged_leads").project("lead_id").set_alias("known")
    found = step.set_alias("step").join(survivors, "step.new_id = known.lead_id", how="semi")
    found.project("old_id, new_id, merged_at").create("survivors")
    return True


def _refuse(findings: Findings, broken: Relation, rule: str) -> bool:
    rows = count(broken)
    if rows:
        shown = broken.order("old_id").limit(MAX_EXAMPLES).project("old_id, new_id").fetchall()
        findings.problems.append(
            Problem(
                where=f"lead_aliases: {findings.files.get('lead_aliases', '')}",
                rule=rule,
                count=rows,
                value=repr(shown[0][0]),
                remedy="Fix lead_aliases so that every chain ends in one surviving lead.",
                examples=tuple(f"{old!r} into {new!r}" for old, new in shown),
            )
        )
    return rows > 0


def _reject_orphans(findings: Findings, step: Relation) -> None:
    known = findings.connection.table("staged_leads").project("lead_id AS known_id").set_alias("known")
    lost = step.set_alias("step").join(known, "step.new_id = known.known_id", how="anti").set_alias("lost")
    rows = findings.good("lead_aliases").set_alias("rows").join(lost, "rows.old_lead_id = lost.old_id")
    rule = RowRule(
        reason="merges into a lead that is not in leads", remedy="Export the surviving leads too.", column="lead_id"
    )
    findings.reject("lead_aliases", rows, rule, value="lead_id", key="old_lead_id")


def surviving_only(findings: Findings, table: str, column: str = "lead_id") -> None:
    """Reject rows of staged ``table`` whose lead is not in leads (call after :func:`follow_aliases`).

    Those of a lead that was itself rejected are told apart: the fault is the lead's, and judged there.
    """
    known = findings.good("leads").project("lead_id AS known_id").set_alias("known")
    rows = findings.good(table).set_alias("rows")
    named = rows.filter(f"rows.{column} IS NOT NULL").set_alias("rows")
    if table == "field_history":
        named = rows.filter("rows.entity = 'lead'").set_alias("rows")
    orphans = named.join(known, f"rows.{column} = known.known_id", how="anti").set_alias("rows")
    read = findings.connection.table("staged_leads").project("lead_id AS read_id").set_alias("read")
    lost = RowRule(reason="its lead was rejected", remedy="Fix the lead.", column=column, follows=True)
    findings.reject(table, orphans.join(read, f"rows.{column} = read.read_id", how="semi"), lost, value=column)
    orphans = orphans.join(read, f"rows.{column} = read.read_id", how="anti")
    rule = RowRule(
        reason=f"{column} names no lead that is in leads",
        remedy="Export the leads of the same period too, declare merged leads in lead_aliases, or map the ids.",
        column=column,
    )
    findings.reject(table, orphans, rule, value=column)
