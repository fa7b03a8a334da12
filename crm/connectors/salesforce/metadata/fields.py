"""The fields of leadq on a Salesforce lead: which of them delivery writes, and which people own.

Leaves out their XML (``component_xml.py``). A name outside ``OUR_FIELDS`` is never written by delivery.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from leadq.agreement.schema import DISQUALIFIED, Agreement
from leadq.crm.connectors.delivered_fields import (
    HELP_OF_REJECTIONS,
    LONGEST_TEXT,
    OF_REJECTIONS,
    OF_SCORES,
    REASONS,
    target_fields,
)
from leadq.foundation.plurals import counted
from leadq.foundation.problems import AgreementError, Problem

FieldType = Literal["Number", "Percent", "Text", "Picklist", "DateTime", "LongTextArea"]

LONGEST_REASON = LONGEST_TEXT
"""Longest text that list views can filter and formulas can read."""

SCORE, TIER, CHANCE = "LQ_Score__c", "LQ_Tier__c", "LQ_Chance__c"
STATUS, SCORED_AT, MODEL_VERSION = "LQ_Status__c", "LQ_Scored_At__c", "LQ_Model_Version__c"
REASONS_DETAIL = "LQ_Reasons_Detail__c"
REASONS_FOR = tuple(f"LQ_Reason_{place}__c" for place in range(1, REASONS + 1))
REASONS_AGAINST = tuple(f"LQ_Reason_Against_{place}__c" for place in range(1, REASONS + 1))
TIER_OVERRIDE, OVERRIDE_REASON = "LQ_Tier_Override__c", "LQ_Override_Reason__c"
REJECTION_REASON = "LQ_Rejection_Reason__c"
EFFECTIVE_TIER = "LQ_Effective_Tier__c"


def salesforce_name(name: str) -> str:
    """Return how Salesforce calls a field of leadq's.

    >>> salesforce_name("Reason_Against_1")
    'LQ_Reason_Against_1__c'
    """
    return f"LQ_{name}__c"


OUR_FIELDS = target_fields(OF_SCORES, salesforce_name)
"""All that delivery writes; with :data:`AFTER_REJECTION` the allow-list. The chance is in percent, 12.5 for 0.125, as Salesforce keeps
it; the status is ``scored``, ``rejected: why`` or ``not_scored: why``. Choices of the tier come from the agreement, see
:func:`tier_choices`."""

AFTER_REJECTION = target_fields(OF_REJECTIONS, salesforce_name)
"""What follows a rejection; only to a target with ``rejections: true``."""

HUMAN_FIELDS = (TIER_OVERRIDE, OVERRIDE_REASON, REJECTION_REASON)
"""Written by people; never in a payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value of a picklist: what is stored and what people see."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadField:
    """A field of leadq on the lead.

    Parameters
    ----------
    name : str
        API name, ``LQ_..__c``, at most 40 characters before its ending.
    label, help : str
        As people see them.
    type : str
        Of Salesforce.
    length : int
        Most characters of a text; digits of a number, of which ``decimals`` after the point.
    choices : tuple of Choice
        Of a picklist; no other value is taken.
    formula : str
        Of a field that nobody writes.
    tracked : bool
        Its changes are worth a place among the fields whose history Salesforce keeps.
    """

    name: str
    label: str
    help: str
    type: FieldType
    length: int = 0
    decimals: int = 0
    choices: tuple[Choice, ...] = ()
    formula: str = ""
    tracked: bool = False


def tier_choices(agreement: Agreement) -> tuple[Choice, ...]:
    """Return the tiers, best first, and what a rule disqualifies.

    Raises
    ------
    AgreementError
        Two tiers differ in capitals only, which Salesforce holds for the same.
    """
    agreed = [Choice(value=tier.id, label=_labelled(tier.id, tier.label)) for tier in agreement.tiers]
    return _distinct("tiers", (*agreed, Choice(value=DISQUALIFIED, label="Disqualified")))


def rejection_choices(agreement: Agreement) -> tuple[Choice, ...]:
    """Return the agreed reasons for a rejection, in words where these still tell them apart.

    Raises
    ------
    AgreementError
        Two reasons differ in capitals only.
    """
    worded = {reason: reason.replace("_", " ").replace("-", " ").capitalize() for reason in agreement.rejection_reasons}
    said = Counter(worded.values())
    choices = (Choice(value=reason, label=words if said[words] == 1 else reason) for reason, words in worded.items())
    return _distinct("rejection_reasons", tuple(choices))


def lead_fields(agreement: Agreement, *, detail: bool = False) -> tuple[LeadField, ...]:
    """Return every field of the lead, delivery's first.

    Parameters
    ----------
    agreement : Agreement
    detail : bool
        With the long text of all reasons too, which lists and formulas cannot use.
    """
    tiers = tier_choices(agreement)
    after = _after_rejection() if agreement.after_rejection else ()
    fields = [*_scored(agreement, tiers), *_reasons(detail=detail), *after, *_owned_by_people(tiers)]
    if reasons := rejection_choices(agreement):
        fields.append(
            LeadField(
                name=REJECTION_REASON,
                label="LQ Rejection Reason",
                help="Why sales rejects this lead, from the reasons both sides agreed on.",
                type="Picklist",
                choices=reasons,
                tracked=True,
            )
        )
    return tuple(fields)


def _scored(agreement: Agreement, tiers: tuple[Choice, ...]) -> tuple[LeadField, ...]:
    days = agreement.outcome.horizon_days
    return (
        LeadField(
            name=SCORE,
            label="LQ Score",
            help="0 to 100, for sorting. 70 means better than 70 of 100 open leads.",
            type="Number",
            length=3,
            tracked=True,
        ),
        LeadField(
            name=TIER,
            label="LQ Tier",
            help="The tier, as sales and marketing agreed.",
            type="Picklist",
            choices=tiers,
            tracked=True,
        ),
        LeadField(
            name=CHANCE,
            label="LQ Chance",
            help=f"How many of 100 leads like this one are won within {counted(days, 'day')}.",
            type="Percent",
            length=5,
            decimals=2,
        ),
        LeadField(name=SCORED_AT, label="LQ Scored At", help="When the score last changed.", type="DateTime"),
        LeadField(
            name=MODEL_VERSION, label="LQ Model Version", help="The model that gave the score.", type="Text", length=40
        ),
        LeadField(
            name=STATUS, label="LQ Status", help="Scored, or why there is no score.", type="Text", length=LONGEST_REASON
        ),
    )


def _after_rejection() -> Iterator[LeadField]:
    for name, kind, length in OF_REJECTIONS:
        label, help_ = f"LQ {name.replace('_', ' ')}", HELP_OF_REJECTIONS[name]
        type_: FieldType = "DateTime" if kind == "moment" else "Text"
        yield LeadField(name=salesforce_name(name), label=label, help=help_, type=type_, length=length)


def _reasons(*, detail: bool) -> tuple[LeadField, ...]:
    fields = [
        LeadField(
            name=name,
            label=f"LQ {'Reason' if side == 'for' else 'Reason Against'} {place}",
            help=f"What speaks {side} this lead, strongest first.",
            type="Text",
            length=LONGEST_REASON,
        )
        for side, names in (("for", REASONS_FOR), ("against", REASONS_AGAINST))
        for place, name in enumerate(names, start=1)
    ]
    if detail:
        words = "All reasons with their strength."
        fields.append(
            LeadField(name=REASONS_DETAIL, label="LQ Reasons", help=words, type="LongTextArea", length=32_000)
        )
    return tuple(fields)


def _owned_by_people(tiers: tuple[Choice, ...]) -> tuple[LeadField, ...]:
    return (
        LeadField(
            name=TIER_OVERRIDE,
            label="LQ Tier Override",
            help="Your own tier instead of the score's. leadq never writes here.",
            type="Picklist",
            choices=tiers,
            tracked=True,
        ),
        LeadField(
            name=OVERRIDE_REASON,
            label="LQ Override Reason",
            help="Why you see it differently.",
            type="Text",
            length=LONGEST_REASON,
        ),
        LeadField(
            name=EFFECTIVE_TIER,
            label="LQ Effective Tier",
            help="The override if there is one, else the score's tier: for lists and routing.",
            type="Text",
            formula=f"IF(ISBLANK(TEXT({TIER_OVERRIDE})), TEXT({TIER}), TEXT({TIER_OVERRIDE}))",
        ),
    )


def _labelled(value: str, label: str) -> str:
    """Begin with the id: labels must be unique too, and nothing says that the agreement's are."""
    return value if label == value else f"{value}: {label}"


def _distinct(where: str, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    folded = Counter(choice.value.casefold() for choice in choices)
    twice = [choice.value for choice in choices if folded[choice.value.casefold()] > 1]
    if twice:
        rule = "must differ in more than capital letters, which Salesforce ignores"
        remedy = "Rename one of them in agreement.yaml."
        raise AgreementError(Problem(where=where, rule=rule, value=", ".join(twice), remedy=remedy))
    return choices
