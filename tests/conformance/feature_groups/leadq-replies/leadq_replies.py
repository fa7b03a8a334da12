"""How a lead replies to us: a feature group for leadq that is no part of it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.catalogue import Feature, FeatureWords
from leadq.features.engine.duckdb_engine import DAY_US
from leadq.features.groups.protocol import DeclarationContext, FeatureContext

REPLIES = ("demo_request", "email_click")
HOUR_US = DAY_US // 24
KNOWN = "occurred_at and known_at are not after as-of"


class RepliesGroup:
    """How soon a lead first replied, and how often lately."""

    name = "replies"
    needs_dates = True
    across_leads = False

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return a duration, a count and a category."""
        return (
            Feature(
                name="reply_hours",
                family="replies",
                kind="number",
                unit="hours",
                source="events",
                meaning="hours from creation to the first reply",
                known_because=KNOWN,
                absent="missing",
                words=FeatureWords(
                    label="Time to the first reply",
                    value="First replied {value} hours after coming in",
                    missing="Has not replied so far",
                    style="whole",
                ),
            ),
            Feature(
                name="reply_count_30d",
                family="replies",
                kind="number",
                unit="count",
                source="events",
                meaning="replies in the last 30 days",
                known_because=KNOWN,
                absent="zero",
                window_days=30,
            ),
            Feature(
                name="reply_speed",
                family="replies",
                kind="category",
                unit="category",
                source="events",
                meaning="speed of the first reply",
                known_because=KNOWN,
            ),
        )

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return a row for every point by which the lead had replied."""
        events = context.tables.events
        replies = events.filter(events.kind.isin(REPLIES)).select("lead_id", "occurred_us", "visible_us")
        seen = context.points.select("point_id", "lead_id", "created_us", "as_of_us").inner_join(replies, "lead_id")
        seen = seen.filter(seen.visible_us <= seen.as_of_us, seen.occurred_us >= seen.created_us)
        found = seen.group_by("point_id").agg(
            first_us=(seen.occurred_us - seen.created_us).min(),
            reply_count_30d=seen.count(where=seen.occurred_us >= seen.as_of_us - 30 * DAY_US),
        )
        within = ibis.cases(
            (found.first_us <= DAY_US, "within a day"),
            (found.first_us <= 7 * DAY_US, "within a week"),
            else_="later",
        )
        return found.select(
            "point_id",
            "reply_count_30d",
            reply_hours=(found.first_us / HOUR_US).floor(),
            reply_speed=within,
        )


GROUP = RepliesGroup()
