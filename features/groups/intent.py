"""What the buyer did: counts, distinct days, recency and trend of events, per kind and over all kinds.

An event counts at as-of only if it had occurred *and* was known by then. Kinds are found in the data at training and
frozen in the catalogue; kinds that are outcomes are never features. Everything is an integer count or whole days.

Distinct days are the dearest thing to count. Here a day is a bit, set by any event of that day, so that one pass over the events
with a few numbers a lead and kind gives them exactly. A window of whole days ends within a day: that one has a bit a window.
"""

from __future__ import annotations

from functools import reduce
from operator import add, or_

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from leadq.features.catalogue import Absent, Feature
from leadq.features.engine.duckdb_engine import DAY_US, Tables, whole_days
from leadq.features.feature_settings import FeatureSettings
from leadq.features.groups.column_names import plain_names
from leadq.features.groups.protocol import DeclarationContext, FeatureContext
from leadq.foundation.plurals import counted

WINDOWS_DAYS = (7, 30, 90)
_PARTS = ("week", "month", "quarter", "least_ago_us", "near", "far")
"""Of a point and kind: events in each window, how long ago the last one was, active days as bits.

``near``: bits 0 to 30 for the days 0 to 30 back, then a bit each for the part of day 7 within 7 days and of day 30 within
30 days. ``far``: the days 31 to 90 back."""
_LAST_OF_WEEK, _LAST_OF_MONTH = 31, 32
_BOTH_CLOCKS = "occurred_at and known_at are not after as-of"


@ibis.udf.agg.builtin(name="bit_or")  # type: ignore[untyped-decorator]
def bit_or(bits: dt.int64) -> dt.int64:
    """All bits that any row has; by this name in every engine."""


@ibis.udf.scalar.builtin(name="bit_count")  # type: ignore[untyped-decorator]
def bit_count(bits: dt.int64) -> dt.int64:
    """How many bits are set; by this name in every engine."""


def find_kinds(tables: Tables, settings: FeatureSettings) -> tuple[str, ...]:
    """Event kinds seen on enough leads, most frequent first (ties by name), without the outcome kinds."""
    events = tables.events.filter(
        tables.events.lead_id.notnull(), tables.events.kind.notin([*tables.history.outcome_kinds, ""])
    )
    on_leads = events.select("kind", "lead_id").distinct()
    seen = on_leads.group_by("kind").agg(leads=on_leads.count()).filter(ibis._.leads >= settings.min_leads_of_kind)
    ordered = seen.order_by(ibis._.leads.desc(), "kind").limit(settings.max_event_kinds)
    return tuple(ordered.kind.to_pyarrow().to_pylist())


def families_of(kinds: tuple[str, ...]) -> dict[str, str]:
    """Event kind to the family of its features."""
    return {kind: f"intent_{name}" for kind, name in plain_names(kinds).items()}


class IntentGroup:
    """Features of every kind of event, then those over all kinds."""

    name = "intent"
    needs_dates = True
    across_leads = False

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return the features of every kind, then those over all kinds."""
        kinds = context.event_kinds
        families = families_of(kinds)
        per_kind = [feature for kind in kinds for feature in _declare_family(families[kind], kind.replace("_", " "))]
        overall = _declare_family("engagement", "activity of any kind") if kinds else []
        return (*per_kind, *overall)

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return ``point_id`` and the declared columns, for points with any event of the kinds.

        Points without one are absent: counts are then 0, and the days since are missing. Every event is read once, into a row a
        point and kind; only those few rows are spread over columns.
        """
        kinds = context.event_kinds
        by_kind = _by_kind(_seen(context.tables, context.points, kinds))
        families = families_of(kinds)
        parts = {
            f"{family}:{name}": by_kind[name].max(where=by_kind.kind == kind)
            for kind, family in families.items()
            for name in _PARTS
        }
        spread = by_kind.group_by("point_id").agg(**parts)
        groups = [{name: _part(spread, family, name) for name in _PARTS} for family in families.values()]
        columns: dict[str, ir.Value] = {}
        for family, group in zip(families.values(), groups, strict=True):
            columns |= _columns(family, group)
        columns |= _columns("engagement", _together(groups))
        of_month = [(group["month"] > 0).cast("int64") for group in groups]
        return spread.select("point_id", **columns, engagement_kinds_30d=reduce(add, of_month))


def _declare_family(family: str, what: str) -> list[Feature]:
    def feature(suffix: str, unit: str, meaning: str, window: int | None = None, absent: Absent = "zero") -> Feature:
        return Feature(
            name=f"{family}_{suffix}",
            family=family,
            kind="number",
            unit=unit,
            source="events",
            meaning=meaning,
            known_because=_BOTH_CLOCKS,
            absent=absent,
            window_days=window,
        )

    counts = [
        feature(f"count_{days}d", "count", f"{what} in the last {counted(days, 'day')}", days) for days in WINDOWS_DAYS
    ]
    days_active = [
        feature(f"active_days_{days}d", "days", f"days with {what} out of the last {days}", days)
        for days in WINDOWS_DAYS
    ]
    rest = [
        feature("days_since", "days", f"days since the last {what}", absent="missing"),
        feature("trend", "events a week", f"{what}: last 7 days against the 23 before", 30),
    ]
    kinds = [feature("kinds_30d", "count", "different kinds of activity in the last 30 days", 30)]
    return counts + days_active + rest + (kinds if family == "engagement" else [])


def _seen(tables: Tables, points: ir.Table, kinds: tuple[str, ...]) -> ir.Table:
    """Events known at their point: ``point_id, kind, ago_us, days_back`` (calendar days, UTC, before that of as-of)."""
    events = tables.events.filter(tables.events.kind.isin(list(kinds)), tables.events.lead_id.notnull())
    events = events.select("lead_id", "kind", "occurred_us", "visible_us")
    seen = points.select("point_id", "lead_id", "as_of_us").inner_join(events, "lead_id")
    seen = seen.filter(seen.visible_us <= seen.as_of_us)
    start = ibis.literal(0, "int64")
    return seen.select(
        "point_id",
        "kind",
        ago_us=seen.as_of_us - seen.occurred_us,
        days_back=whole_days(seen.as_of_us, start) - whole_days(seen.occurred_us, start),
    )


def _by_kind(seen: ir.Table) -> ir.Table:
    """Count a point's events in a row a kind: ``point_id, kind`` and :data:`_PARTS`."""
    week, month, quarter = (seen.ago_us <= days * DAY_US for days in WINDOWS_DAYS)
    near = (
        _bit(seen.days_back, quarter & (seen.days_back <= 30))
        + _bit(_LAST_OF_WEEK, week & (seen.days_back == 7))
        + _bit(_LAST_OF_MONTH, month & (seen.days_back == 30))
    )
    return seen.group_by("point_id", "kind").agg(
        week=seen.count(where=week),
        month=seen.count(where=month),
        quarter=seen.count(where=quarter),
        least_ago_us=seen.ago_us.min(),
        near=bit_or(near),
        far=bit_or(_bit(seen.days_back - 31, quarter & (seen.days_back > 30))),
    )


def _bit(position: ir.IntegerValue | int, where: ir.BooleanValue) -> ir.IntegerValue:
    """Return the bit at ``position`` (0 to 59; its power of two is exact in a float64), or no bit."""
    power = ibis.literal(2.0) ** position
    return ibis.ifelse(where, power.cast("int64"), ibis.literal(0, "int64"))


def _part(spread: ir.Table, family: str, name: str) -> ir.IntegerValue:
    value = spread[f"{family}:{name}"]
    return value if name == "least_ago_us" else value.fill_null(0)


def _together(groups: list[dict[str, ir.IntegerValue]]) -> dict[str, ir.IntegerValue]:
    """Put the parts of all kinds together: an active day of two kinds is one day."""
    together = {name: reduce(add, [group[name] for group in groups]) for name in ("week", "month", "quarter")}
    together |= {name: reduce(or_, [group[name] for group in groups]) for name in ("near", "far")}
    return {**together, "least_ago_us": ibis.least(*(group["least_ago_us"] for group in groups))}


def _columns(family: str, parts: dict[str, ir.IntegerValue]) -> dict[str, ir.Value]:
    week, month, near = parts["week"], parts["month"], parts["near"]
    return {
        f"{family}_count_7d": week,
        f"{family}_count_30d": month,
        f"{family}_count_90d": parts["quarter"],
        f"{family}_active_days_7d": bit_count(near & (2**7 - 1 + 2**_LAST_OF_WEEK)),
        f"{family}_active_days_30d": bit_count(near & (2**30 - 1 + 2**_LAST_OF_MONTH)),
        f"{family}_active_days_90d": bit_count(near & (2**31 - 1)) + bit_count(parts["far"]),
        f"{family}_days_since": whole_days(parts["least_ago_us"], ibis.literal(0, "int64")),
        f"{family}_trend": (week * 23 - (month - week) * 7) / 23,
    }
