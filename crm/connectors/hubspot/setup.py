"""HubSpot made ready to take scores: the group and the properties, where they are not there yet.

What is there is looked at first, so that a second run changes nothing. Options of the agreement that a property lacks are added. One
that left the agreement is hidden in delivery's own properties, since records may hold it; in those that people own it stays, as do
options of their own. Leaves out which properties (``properties.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadq.crm.connectors.hubspot.errors import HubspotRefusedError
from leadq.crm.connectors.hubspot.properties import GROUP, GROUP_LABEL, HUMAN_PROPERTIES
from leadq.crm.connectors.hubspot.session import Call, Session
from leadq.foundation.problems import GateStopped, Problem

_SAME = ("value", "label", "hidden")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What was made (or would be), what was changed, and what was there."""

    made: tuple[str, ...]
    changed: tuple[str, ...]
    there: tuple[str, ...]


def set_up(session: Session, kind: str, properties: Sequence[Mapping[str, Any]], *, dry_run: bool) -> SetUp:
    """Make the group and the properties of an object that are not there, and bring options up to date.

    Parameters
    ----------
    session : Session
    kind : str
        ``contacts`` or ``leads``.
    properties : sequence of mapping
        See :func:`leadq.crm.connectors.hubspot.properties.wanted`.
    dry_run : bool
        Look only.

    Raises
    ------
    GateStopped
        A property of that name is there and of another type; nothing was made.
    """
    path = f"/crm/v3/properties/{kind}"
    held = {str(one.get("name")): one for one in session.results(Call(method="GET", path=path))}
    _must_be_same_type(properties, held)
    made, changed, there = [], [], []
    groups = {one.get("name") for one in session.results(Call(method="GET", path=f"{path}/groups"))}
    if GROUP not in groups:
        made.append(f"group {GROUP}")
        if not dry_run:
            _made(session, f"{path}/groups", {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1}, kind="group")
    for wanted in properties:
        name = str(wanted["name"])
        if name not in held:
            made.append(name)
            if not dry_run:
                _must_be_same_type([wanted], {name: _made(session, path, wanted, kind="property")})
        elif (options := _options(wanted, held[name])) is not None:
            changed.append(name)
            if not dry_run:
                session.ask(Call(method="PATCH", path=f"{path}/{name}", body={"options": options}))
        else:
            there.append(name)
    return SetUp(made=tuple(made), changed=tuple(changed), there=tuple(there))


def _made(session: Session, path: str, body: Mapping[str, Any], *, kind: str) -> Mapping[str, Any]:
    """Make it and return it; one that is there by now was made by an earlier call of ours that went unanswered.

    Raises
    ------
    GateStopped
        HubSpot says that it is there, and does not show it: it is archived, or its label is another's.
    """
    try:
        return session.ask(Call(method="POST", path=path, body=body))
    except HubspotRefusedError as error:
        if error.status != 409:
            raise
    try:
        return session.ask(Call(method="GET", path=f"{path}/{body['name']}"))
    except HubspotRefusedError as error:
        where, rule = f"hubspot {kind} {body['name']}", "must not already exist, archived or under another name"
        remedy = "Restore or rename it in HubSpot (archived ones too), then run this again."
        raise GateStopped(Problem(where=where, rule=rule, value=f"label {body['label']!r}", remedy=remedy)) from error


def _options(wanted: Mapping[str, Any], held: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """Return the options as they shall be, or None where they are."""
    agreed: list[Mapping[str, Any]] = list(wanted.get("options") or ())
    found: list[Mapping[str, Any]] = [one for one in held.get("options") or () if isinstance(one, dict)]
    if wanted["name"] in HUMAN_PROPERTIES:
        return _added(agreed, found)
    values, labels = ({one[key] for one in agreed} for key in ("value", "label"))
    left = [
        {
            **one,
            "hidden": True,
            "label": f"{one.get('value')}: {one['label']}" if one.get("label") in labels else one.get("label"),
        }
        for one in found
        if one.get("value") not in values
    ]
    shall = [*agreed, *left]
    same = {one.get("value"): _told(one) for one in shall} == {one.get("value"): _told(one) for one in found}
    return None if same else shall


def _added(agreed: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]] | None:
    """Return what is there with the agreed options that it lacks behind it, or None where it lacks none."""
    values, labels = ({one.get(key) for one in found} for key in ("value", "label"))
    lacking = [one for one in agreed if one["value"] not in values]
    new = [
        {
            **one,
            "displayOrder": place,
            "label": f"{one['value']}: {one['label']}" if one["label"] in labels else one["label"],
        }
        for place, one in enumerate(lacking, len(found))
    ]
    return [*found, *new] if new else None


def _told(option: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(option.get(key) for key in _SAME)


def _must_be_same_type(properties: Sequence[Mapping[str, Any]], held: Mapping[str, Mapping[str, Any]]) -> None:
    remedy = "Rename or archive it in HubSpot: leadq did not create it."
    problems = [
        Problem(
            where=f"hubspot property {one['name']}",
            rule=f"must be of type {one['type']}",
            value=str(held[one["name"]].get("type")),
            remedy=remedy,
        )
        for one in properties
        if one["name"] in held and held[one["name"]].get("type") != one["type"]
    ]
    if problems:
        raise GateStopped(problems)
