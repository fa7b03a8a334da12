"""Ids that one table writes otherwise than the table that owns them: after staging, and before anything is joined by them.

Leads own lead ids (they go back to the CRM as the leads' source writes them), accounts own account ids, or the leads where no accounts are
read. Leaves out ids that nobody has; rows with them are rejected where they are looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadq.crm.config.schema import Source
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.values.key_matching import Follower, asked_of, match_keys, rekey
from leadq.crm.storage.scratch_database import Relation, name, text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    table: str
    column: str
    entity: str = ""


_OLD_LEADS = (
    _Reference(table="lead_aliases", column="lead_id"),
    _Reference(table="lead_aliases", column="old_lead_id"),
)
_OF_LEADS = (
    *(_Reference(table=table, column="lead_id") for table in ("opportunities", "events", "touches", "dispositions")),
    _Reference(table="field_history", column="entity_id", entity="lead"),
)
_OF_ACCOUNTS = (
    *(_Reference(table=table, column="account_id") for table in ("leads", "opportunities", "events", "customers")),
    _Reference(table="field_history", column="entity_id", entity="account"),
)


def follow_ids(findings: Findings, staged: set[str], sources: Mapping[str, Source]) -> None:
    """Give every id of the ``staged`` tables as its owner writes it; call when all are staged, before merges are followed.

    What was found is noted; what the data do not settle goes to ``findings.problems``.
    """
    connection = findings.connection
    leads = connection.table("staged_leads").project("lead_id")
    for one in _OLD_LEADS:
        _follow(findings, one, leads, "leads", staged, sources)
    if "lead_aliases" in staged:
        leads = leads.union(connection.table("staged_lead_aliases").project("old_lead_id"))
    for one in _OF_LEADS:
        _follow(findings, one, leads, "leads", staged, sources)
    owner = "accounts" if "accounts" in staged else "leads"
    accounts = connection.table(f"staged_{owner}").project("account_id")
    for one in _OF_ACCOUNTS:
        if one.table != owner:
            _follow(findings, one, accounts, owner, staged, sources)


def _follow(
    findings: Findings, one: _Reference, owned: Relation, owner: str, staged: set[str], sources: Mapping[str, Source]
) -> None:
    if one.table not in staged:
        return
    rows = findings.connection.table(f"staged_{one.table}")
    only = f"entity = {text(one.entity)}" if one.entity else "true"
    source = sources.get(one.table)
    column = source.named.get(one.column, one.column) if source is not None else one.column
    follower = Follower(
        table=one.table,
        column=column,
        owner=owner,
        where=f"{one.table}: {findings.files.get(one.table, one.table)} column {column}",
        asked=asked_of(source.read, column, one.column) if source is not None else "",
    )
    if match_keys(findings, rows.filter(only).project(name(one.column)), owned, follower):
        rekey(findings, f"staged_{one.table}", one.column, only)
