"""When a lead came in and how old it is: features of the moment it was created. A history without dates has none of them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.catalogue import Feature
from leadq.features.engine.duckdb_engine import DAY_US, whole_days
from leadq.features.groups.protocol import DeclarationContext, FeatureContext

_CREATED = "the moment of creation is before as-of"
_HOUR_US = DAY_US // 24

DECLARED: tuple[Feature, ...] = (
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


class TimingGroup:
    """Age, weekday and hour."""

    name = "timing"
    needs_dates = True
    across_leads = False

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return :data:`DECLARED`."""
        del context
        return DECLARED

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return ``point_id`` and the columns of :data:`DECLARED`."""
        points = context.points
        entered_us = points.entered_us if "entered_us" in points.columns else points.created_us
        days = whole_days(points.created_us, ibis.literal(0, "int64"))
        return points.select(
            "point_id",
            timing_age_days=(points.as_of_us - entered_us) / DAY_US,
            timing_weekday=(days + 3) % 7,  # 1970-01-01 was a Thursday
            timing_hour=((points.created_us - days * DAY_US) / _HOUR_US).floor().cast("int64"),
        )
