"""Fields that a Salesforce lead really has, and whether ours can be written to them.

Leaves out what ours are (``crm/connectors/salesforce/metadata/fields.py``) and values (``values.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadq.crm.connectors.protocol import FieldKind, TargetField
from leadq.crm.connectors.salesforce.calls import Call
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.metadata.fields import AFTER_REJECTION, HUMAN_FIELDS, OUR_FIELDS, REASONS_DETAIL
from leadq.foundation.problems import GateStopped, Problem

ALLOWED = frozenset({field.name for field in (*OUR_FIELDS, *AFTER_REJECTION)} | {REASONS_DETAIL}) - frozenset(
    HUMAN_FIELDS
)
"""All that may ever be sent."""
_KINDS: Mapping[str, FieldKind] = {
    "double": "number",
    "int": "number",
    "percent": "number",
    "currency": "number",
    "string": "text",
    "textarea": "text",
    "picklist": "picklist",
    "datetime": "moment",
}
_DEPLOY = "Deploy the fields and the permission set that leadq crm setup salesforce writes."


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldField:
    """A field as the organisation has it.

    Parameters
    ----------
    kind : {"number", "text", "picklist", "moment"} or None
        None where it is of a kind that we do not write.
    length : int
        Most characters of a text; 0 where it has no limit.
    choices : frozenset of str
        Of a picklist that takes no other value; empty where it takes any.
    writable : bool
        By our user.
    """

    kind: FieldKind | None
    length: int
    choices: frozenset[str]
    writable: bool


def held_fields(connection: Connection) -> dict[str, HeldField]:
    """Return the fields of a lead that our user can see, by name."""
    return connection.read(Call(method="GET", path="sobjects/Lead/describe"), _fields)


def _fields(described: Mapping[str, Any]) -> dict[str, HeldField]:
    may_update = bool(described.get("updateable", True))
    return {str(field["name"]): _held(field, may_update=may_update) for field in described["fields"]}


def _held(field: Mapping[str, Any], *, may_update: bool) -> HeldField:
    kind = _KINDS.get(str(field.get("type")))
    restricted = kind == "picklist" and field.get("restrictedPicklist", True)
    values = {str(one["value"]) for one in field.get("picklistValues") or () if one.get("active", True)}
    return HeldField(
        kind=kind,
        length=int(field.get("length") or 0) if kind == "text" else 0,
        choices=frozenset(values if restricted else ()),
        writable=bool(field.get("updateable")) and may_update,
    )


def must_be_allowed(names: Iterable[str]) -> None:
    """Stop where a field is not ours to write.

    Raises
    ------
    GateStopped
        All such fields.
    """
    wrong = sorted(set(names) - ALLOWED)
    if wrong:
        rule, remedy = "is not leadq's to write", "Leave it out of what is delivered."
        raise GateStopped(Problem(where=f"Lead.{name}", rule=rule, remedy=remedy) for name in wrong)


def must_take(wanted: Sequence[TargetField], held: Mapping[str, HeldField]) -> None:
    """Stop where a field is missing, too short, of another kind, lacks a choice or cannot be written.

    Raises
    ------
    GateStopped
        All that is wrong at once.
    """
    must_be_allowed(field.name for field in wanted)
    problems = [problem for field in wanted for problem in _problems(field, held.get(field.name))]
    if problems:
        raise GateStopped(problems)


def _problems(wanted: TargetField, held: HeldField | None) -> list[Problem]:
    where = f"Lead.{wanted.name}"
    if held is None:
        return [Problem(where=where, rule="must exist and be visible to leadq's user", remedy=_DEPLOY)]
    if held.kind != wanted.kind:
        return [
            Problem(where=where, rule=f"must be a {wanted.kind}", value=held.kind or "another kind", remedy=_DEPLOY)
        ]
    found = []
    if not held.writable:
        found.append(Problem(where=where, rule="must be writable by leadq's user", remedy=_DEPLOY))
    if wanted.kind == "text" and 0 < held.length < wanted.length:
        rule = f"must have room for {wanted.length} characters"
        found.append(Problem(where=where, rule=rule, value=str(held.length), remedy=_DEPLOY))
    if missing := _missing(wanted.choices, held.choices):
        found.append(
            Problem(where=where, rule="must have all values", value=f"no {', '.join(missing)}", remedy=_DEPLOY)
        )
    return found


def _missing(wanted: Collection[str], held: Collection[str]) -> list[str]:
    return sorted(set(wanted) - set(held)) if held else []
