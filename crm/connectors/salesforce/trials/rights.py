"""Trials of rights: our fields can be written and nobody else's, the history can be read, and what would run when a lead is saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadq.crm.connectors.protocol import TargetField
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError, shown
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, queries
from leadq.crm.connectors.salesforce.metadata.fields import HUMAN_FIELDS
from leadq.crm.connectors.salesforce.sending.held_fields import ALLOWED, held_fields, must_take
from leadq.crm.connectors.salesforce.trials.trial import queried
from leadq.crm.connectors.verification import Finding, finding
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped, LeadqError

_MOST_NAMED = 12
_RULES = (
    ("assignment rules", "query", "SELECT Name FROM AssignmentRule WHERE SobjectType = 'Lead' AND Active = true", "Name"),
    ("triggers", "tooling/query", "SELECT Name FROM ApexTrigger WHERE TableEnumOrId = 'Lead' AND Status = 'Active'", "Name"),
    (
        "validation rules",
        "tooling/query",
        "SELECT ValidationName FROM ValidationRule WHERE EntityDefinition.QualifiedApiName = 'Lead' AND Active = true",
        "ValidationName",
    ),
    (
        "flows",
        "query",
        "SELECT Label FROM FlowDefinitionView WHERE IsActive = true AND TriggerObjectOrEventLabel = 'Lead'",
        "Label",
    ),
)  # fmt: skip
"""What Salesforce may run when a lead is saved, and where it is listed [recall]; leadq's user mostly may not look."""


def fields(connection: Connection, wanted: Sequence[TargetField]) -> Iterator[Finding]:
    """Try whether ours can be written, and what else could."""
    held = held_fields(connection)
    what = "every field of leadq is there, of its kind and length, with every choice, and writable"
    try:
        must_take(wanted, held)
    except GateStopped as stopped:
        yield from (finding(what, holds=False, found=problem) for problem in stopped.problems)
    else:
        yield finding(what, holds=True, found=counted(len(wanted), "field"))
    others = sorted(name for name, field in held.items() if field.writable and name not in ALLOWED)
    yield finding("no other field of a lead can be written by leadq's user", not others, _listed(others) or "none can")
    peoples = sorted(set(others) & set(HUMAN_FIELDS))
    yield finding(
        "no field that belongs to people can be written by leadq's user", not peoples, _listed(peoples) or "none can"
    )


def history(connection: Connection, settings: HistorySettings) -> Iterator[Finding]:
    """Try whether all that the history needs can be read; the rows are not looked at."""
    for query in queries(settings):
        what = f"the history's fields of {query.name} can be read"
        try:
            queried(connection, f"{query.soql(None)} LIMIT 1", all_rows=True)
        except SalesforceRefusedError as error:
            yield finding(what, holds=False, found=shown(error.problems[0].value))
        else:
            yield finding(what, holds=True, found=counted(len(query.fields), "field"))


def rules(connection: Connection) -> Iterator[Finding]:
    """Look at what would run when a score is written, as far as leadq's user may."""
    for kind, path, query, name in _RULES:
        what = f"no active {kind} of leads can get in the way of a score"
        try:
            active = sorted(str(row[name]) for row in queried(connection, query, path=path))
        except LeadqError as error:
            why = f"leadq's user is not allowed to see this, so ask an administrator ({shown(error.problems[0].value)})"
            yield finding(what, None, why)
        else:
            remedy = f"{_listed(active)}: check that they leave out users with LQ_Skip_Automation"
            yield finding(what, None if active else True, remedy if active else "none is active")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return shown(", ".join(names[:_MOST_NAMED]) + more)
