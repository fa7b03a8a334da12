"""Where a lead came from, what sales qualified, how complete the record is: features of the lead's own row."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.catalogue import Feature
from leadq.features.groups.protocol import DeclarationContext, FeatureContext

_KNOWN = "value of the field as of the moment, rebuilt from its recorded changes"

_SOURCE = tuple(
    Feature(
        name=name,
        family="source",
        kind="category",
        unit="category",
        source=f"leads.{column}",
        meaning=meaning,
        known_because=_KNOWN,
    )
    for name, column, meaning in (
        ("source_name", "source", "where the lead came from"),
        ("source_campaign", "campaign", "campaign that brought the lead"),
    )
)
_QUALIFICATION = tuple(
    Feature(
        name=f"qualification_{name}",
        family="qualification",
        kind="category",
        unit="category",
        source=f"leads.{name}",
        meaning=meaning,
        known_because=_KNOWN,
    )
    for name, meaning in (
        ("authority", "authority of the person to decide"),
        ("budget", "state of the budget"),
        ("need", "stated need"),
        ("timeline", "stated timeline"),
    )
)
_COMPLETENESS = (
    Feature(
        name="completeness_share",
        family="completeness",
        kind="number",
        unit="share",
        source="leads, accounts",
        meaning="share of the usual facts that are known",
        known_because=_KNOWN,
    ),
)
_USUAL_FACTS = (
    "lead.source",
    "lead.email_domain",
    "lead.title",
    "lead.country",
    "account.industry",
    "account.employees",
    "account.annual_revenue",
    "account.country",
)

DECLARED: tuple[Feature, ...] = _SOURCE + _QUALIFICATION + _COMPLETENESS


class OriginGroup:
    """Source and campaign, what sales qualified, and how complete the record is."""

    name = "origin"
    needs_dates = False
    across_leads = False

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return :data:`DECLARED`."""
        del context
        return DECLARED

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return ``point_id`` and the columns of :data:`DECLARED`."""
        fields = context.values
        known = ibis.literal(0, "int64")
        for fact in _USUAL_FACTS:
            known = known + fields[f"field:{fact}"].notnull().cast("int64")
        columns = {
            feature.name: fields[f"field:lead.{feature.source.removeprefix('leads.')}"]
            for feature in _SOURCE + _QUALIFICATION
        }
        return fields.select("point_id", **columns, completeness_share=known / len(_USUAL_FACTS))
