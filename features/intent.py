"""What the buyer did: counts, distinct days, recency and trend of events, per kind and over all kinds.

An event counts at as-of only if it had occurred *and* was known by then. Kinds are found in the data at training and
frozen in the catalogue; kinds that are outcomes are never features. Everything is an integer count or whole days.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.catalogue import Feature
from features.engine import DAY_US, Tables, whole_days
from features.naming import plain_names
from features.settings import FeatureSettings

WINDOWS_DAYS = (7, 30, 90)
_BOTH_CLOCKS = "occurred_at and known_at are not after as-of"


def find_kinds(tables: Tables, settings: FeatureSettings) -> tuple[str, ...]:
    """Event kinds seen on enough leads, most frequent first (ties by name), without the outcome kinds."""
    events = tables.events.filter(
        tables.events.lead_id.notnull(), tables.events.kind.notin([*tables.history.outcome_kinds, ""])
    )
    seen = (
        events.group_by("kind").agg(leads=events.lead_id.nunique()).filter(ibis._.leads >= settings.min_leads_of_kind)
    )
    ordered = seen.order_by(ibis._.leads.desc(), "kind").limit(settings.max_event_kinds)
    return tuple(ordered.kind.to_pyarrow().to_pylist())


def declare(kinds: tuple[str, ...]) -> tuple[Feature, ...]:
    """Features of every kind, then those over all kinds."""
    families = families_of(kinds)
    per_kind = [feature for kind in kinds for feature in _declare_group(families[kind], kind.replace("_", " "))]
    overall = _declare_group("engagement", "activity of any kind") if kinds else []
    return (*per_kind, *overall)


def families_of(kinds: tuple[str, ...]) -> dict[str, str]:
    """Event kind to the family of its features."""
    return {kind: f"intent_{name}" for kind, name in plain_names(kinds).items()}


def _declare_group(family: str, what: str) -> list[Feature]:
    def feature(suffix: str, unit: str, meaning: str, window: int | None = None) -> Feature:
        return Feature(
            name=f"{family}_{suffix}",
            family=family,
            kind="number",
            unit=unit,
            source="events",
            meaning=meaning,
            known_because=_BOTH_CLOCKS,
            window_days=window,
        )

    counts = [feature(f"count_{days}d", "count", f"{what} in the last {days} days", days) for days in WINDOWS_DAYS]
    days_active = [
        feature(f"active_days_{days}d", "days", f"days with {what} out of the last {days}", days)
        for days in WINDOWS_DAYS
    ]
    rest = [
        feature("days_since", "days", f"days since the last {what}"),
        feature("trend", "events a week", f"{what}: last 7 days against the 23 before", 30),
    ]
    kinds = [feature("kinds_30d", "count", "different kinds of activity in the last 30 days", 30)]
    return counts + days_active + rest + (kinds if family == "engagement" else [])


def intent(tables: Tables, points: ir.Table, kinds: tuple[str, ...]) -> ir.Table:
    """Return ``point_id`` and the columns that :func:`declare` names for ``kinds``, for points with any such event.

    Points without an event are absent: counts are then 0 and days since are missing (see ``build.assemble``).
    """
    events = tables.events.filter(tables.events.kind.isin(list(kinds)), tables.events.lead_id.notnull())
    events = events.select("lead_id", "kind", "occurred_us", "visible_us")
    seen = points.select("point_id", "lead_id", "as_of_us").inner_join(events, "lead_id")
    seen = seen.filter(seen.visible_us <= seen.as_of_us)
    seen = seen.mutate(
        ago_us=seen.as_of_us - seen.occurred_us, day=whole_days(seen.occurred_us, ibis.literal(0, "int64"))
    )
    columns: dict[str, ir.Value] = {}
    families = families_of(kinds)
    for kind in kinds:
        columns |= _group(seen, families[kind], seen.kind == kind)
    columns |= _group(seen, "engagement", ibis.literal(True))
    columns["engagement_kinds_30d"] = seen.kind.nunique(where=seen.ago_us <= 30 * DAY_US)
    counted = seen.group_by("point_id").agg(**columns)
    return _recency_and_trend(counted, ["engagement", *families.values()])


def _group(seen: ir.Table, family: str, of_kind: ir.BooleanValue) -> dict[str, ir.Value]:
    columns: dict[str, ir.Value] = {f"{family}_least_ago_us": seen.ago_us.min(where=of_kind)}
    for days in WINDOWS_DAYS:
        recent = (of_kind & (seen.ago_us <= days * DAY_US)).fill_null(False)
        columns[f"{family}_count_{days}d"] = seen.count(where=recent)
        columns[f"{family}_active_days_{days}d"] = seen.day.nunique(where=recent)
    return columns


def _recency_and_trend(counted: ir.Table, families: list[str]) -> ir.Table:
    columns: dict[str, ir.Value] = {}
    for family in families:
        week, month = counted[f"{family}_count_7d"], counted[f"{family}_count_30d"]
        columns[f"{family}_days_since"] = whole_days(counted[f"{family}_least_ago_us"], ibis.literal(0, "int64"))
        columns[f"{family}_trend"] = (week * 23 - (month - week) * 7) / 23
    return counted.mutate(**columns).drop(*(f"{family}_least_ago_us" for family in families))
