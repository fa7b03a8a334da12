"""Where and when a lead came from, what sales qualified, how complete the record is: features of the lead's own row."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.catalogue import Feature
from leadq.features.engine.duckdb_engine import DAY_US, whole_days

_KNOWN = "value of the field as of the moment, rebuilt from its recorded changes"
_CREATED = "the moment of creation is before as-of"
_HOUR_US = DAY_US // 24

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
_TIMING = (
    Feature(
        name="timing_age_days",
        family="timing",
        kind="number",
        unit="days",
        source="leads.created_at",
        meaning="days since the lead was created",
        known_because=_CREATED,
    ),
    Feature(
        name="timing_weekday",
        family="timing",
        kind="number",
        unit="0 = Monday",
        source="leads.created_at",
        meaning="weekday on which the lead came in",
        known_because=_CREATED,
    ),
    Feature(
        name="timing_hour",
        family="timing",
        kind="number",
        unit="hour of the day (UTC)",
        source="leads.created_at",
        meaning="hour at which the lead came in",
        known_because=_CREATED,
    ),
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

UNDATED: tuple[Feature, ...] = _SOURCE + _QUALIFICATION + _COMPLETENESS
DATED: tuple[Feature, ...] = _TIMING


def origin(fields: ir.Table) -> ir.Table:
    """Return ``point_id`` and the columns of :data:`UNDATED`."""
    known = ibis.literal(0, "int64")
    for fact in _USUAL_FACTS:
        known = known + fields[f"field:{fact}"].notnull().cast("int64")
    columns = {
        feature.name: fields[f"field:lead.{feature.source.removeprefix('leads.')}"]
        for feature in _SOURCE + _QUALIFICATION
    }
    return fields.select("point_id", **columns, completeness_share=known / len(_USUAL_FACTS))


def timing(points: ir.Table) -> ir.Table:
    """Return ``point_id`` and the columns of :data:`DATED`."""
    days = whole_days(points.created_us, ibis.literal(0, "int64"))
    return points.select(
        "point_id",
        timing_age_days=(points.as_of_us - points.created_us) / DAY_US,
        timing_weekday=(days + 3) % 7,  # 1970-01-01 was a Thursday
        timing_hour=((points.created_us - days * DAY_US) / _HOUR_US).floor().cast("int64"),
    )
