"""The properties of leadq on a HubSpot record: which of them delivery writes, which people own, and how each is made.

A name outside ``OUR_FIELDS`` is never written by delivery. Leaves out making them (``setup.py``) and values (``sending/values.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadq.agreement.schema import DISQUALIFIED, Agreement
from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.delivered_fields import (
    HELP_OF_REJECTIONS,
    OF_REJECTIONS,
    OF_SCORES,
    REASONS,
    target_fields,
)
from leadq.crm.connectors.protocol import FieldKind, TargetField
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped, Problem

GROUP, GROUP_LABEL = "lead_quality", "Lead quality"
SCORE, TIER, CHANCE = "lq_score", "lq_tier", "lq_chance"
SCORED_AT, MODEL_VERSION, STATUS = "lq_scored_at", "lq_model_version", "lq_status"
REASONS_FOR = tuple(f"lq_reason_{place}" for place in range(1, REASONS + 1))
REASONS_AGAINST = tuple(f"lq_reason_against_{place}" for place in range(1, REASONS + 1))
TIER_OVERRIDE, REJECTION_REASON, DECISION = "lq_tier_override", "lq_rejection_reason", "lq_decision"
DECISIONS = ("accepted", "rejected")

OUR_FIELDS = target_fields(OF_SCORES, column_name)
"""All that delivery may write: the allow-list. The chance is in percent, 12.5 for 0.125."""
AFTER_REJECTION = target_fields(OF_REJECTIONS, column_name)
"""What follows a rejection; only to a target with ``rejections: true``."""
ALLOWED: Mapping[str, TargetField] = {field.name: field for field in (*OUR_FIELDS, *AFTER_REJECTION)}
HUMAN_PROPERTIES = (TIER_OVERRIDE, DECISION, REJECTION_REASON)
"""Written by people; never in a payload."""

TYPES: Mapping[FieldKind, tuple[str, str]] = {
    "number": ("number", "number"),
    "text": ("string", "text"),
    "picklist": ("enumeration", "select"),
    "moment": ("datetime", "date"),
}
"""HubSpot's type and the kind of its form field."""


def wanted(agreement: Agreement) -> tuple[dict[str, Any], ...]:
    """Return every property as HubSpot is asked to make it, delivery's first."""
    tiers = _options([*((tier.id, tier.label) for tier in agreement.tiers), (DISQUALIFIED, "Disqualified")])
    days = agreement.outcome.horizon_days
    helps = {
        SCORE: "0 to 100, for sorting. 70 means better than 70 of 100 open leads.",
        TIER: "The tier, as sales and marketing agreed.",
        CHANCE: f"How many of 100 leads like this one are won within {counted(days, 'day')}.",
        SCORED_AT: "When the score last changed.",
        MODEL_VERSION: "The model that gave the score.",
        STATUS: "Scored, or why there is no score.",
        **dict.fromkeys(REASONS_FOR, "What speaks for this lead, strongest first."),
        **dict.fromkeys(REASONS_AGAINST, "What speaks against this lead, strongest first."),
    }
    helps |= {column_name(name): words for name, words in HELP_OF_REJECTIONS.items()}
    further = AFTER_REJECTION if agreement.after_rejection else ()
    made = [_property(field.name, field.kind, helps[field.name]) for field in (*OUR_FIELDS, *further)]
    made[1]["options"] = tiers
    override = "Your own tier instead of the score's. leadq never writes here."
    made.append(_property(TIER_OVERRIDE, "picklist", override) | {"options": tiers})
    decided = [(value, value.capitalize()) for value in DECISIONS]
    made.append(_property(DECISION, "picklist", "Your answer to this lead.") | {"options": _options(decided)})
    if reasons := agreement.rejection_reasons:
        words = [(reason, reason.replace("_", " ").capitalize()) for reason in reasons]
        why = "Why sales rejects this lead, from the reasons both sides agreed on."
        made.append(_property(REJECTION_REASON, "picklist", why) | {"options": _options(words)})
    return tuple(made)


def must_be_allowed(names: Iterable[str]) -> None:
    """Stop where a property is not ours to write.

    Raises
    ------
    GateStopped
        All such properties.
    """
    wrong = sorted(set(names) - set(ALLOWED))
    if wrong:
        rule, remedy = "is not leadq's to write", "Leave it out of what is delivered."
        raise GateStopped(Problem(where=f"hubspot property {name}", rule=rule, remedy=remedy) for name in wrong)


def must_take(fields: Sequence[TargetField], held: Mapping[str, Mapping[str, Any]]) -> None:
    """Stop where a property is missing, of another type, read-only or lacks a choice.

    Raises
    ------
    GateStopped
        All that is wrong at once.
    """
    must_be_allowed(field.name for field in fields)
    problems = [
        Problem(where=f"hubspot property {field.name}", rule=rule, value=value, remedy="Run leadq crm setup hubspot.")
        for field in fields
        for rule, value in _wrong(field, held.get(field.name))
    ]
    if problems:
        raise GateStopped(problems)


def _wrong(field: TargetField, held: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if held is None:
        return [("must be there", "nothing")]
    kind = TYPES[field.kind][0]
    if held.get("type") != kind:
        return [(f"must be of type {kind}", str(held.get("type")))]
    found = []
    if held.get("calculated") or (held.get("modificationMetadata") or {}).get("readOnlyValue"):
        found.append(("must be writable", "read-only"))
    known = {str(one.get("value")) for one in held.get("options") or ()}
    if missing := sorted(set(field.choices) - known):
        found.append(("must have all options", f"no {', '.join(missing)}"))
    return found


def _property(name: str, kind: FieldKind, words: str) -> dict[str, Any]:
    type_, field_type = TYPES[kind]
    label = f"LQ {name.removeprefix('lq_').replace('_', ' ')}"
    return {
        "name": name,
        "label": label,
        "description": words,
        "groupName": GROUP,
        "type": type_,
        "fieldType": field_type,
        "formField": False,
    }


def _options(named: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return options; a label begins with the id where labels alone would not tell two apart."""
    labels = [label for _, label in named]
    return [
        {
            "value": value,
            "label": label if labels.count(label) == 1 else f"{value}: {label}",
            "displayOrder": place,
            "hidden": False,
        }
        for place, (value, label) in enumerate(named)
    ]
