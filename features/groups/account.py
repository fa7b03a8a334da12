"""What is going on at the lead's account: other people, their activity, earlier leads, wins and losses as known then.

Computed by running sums over each account's facts in order of time (one sort, no join of everybody with everybody), so
that an account with ten thousand leads costs no more per lead than one with two. A fact that stops counting after a window is
a second fact of -1; facts of one account and moment are one row. Nothing is counted for longer than two years, and no days since
a win are told: a count "so far" grows with the age of the CRM and is a clock in disguise.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.catalogue import Feature
from leadq.features.engine.duckdb_engine import DAY_US, Tables
from leadq.features.groups.protocol import DeclarationContext, FeatureContext

_WINDOW_US = 30 * DAY_US
_YEARS_US = 730 * DAY_US
_HALF_YEAR_US = 180 * DAY_US
_RUNNING = ("people", "active", "events", "wins", "recent_wins", "losses")


def _feature(name: str, family: str, unit: str, source: str, meaning: str, window: int | None = None) -> Feature:
    return Feature(
        name=name,
        family=family,
        kind="number",
        unit=unit,
        source=source,
        meaning=meaning,
        known_because="only what was known of the account by as-of is counted",
        window_days=window,
    )


DECLARED: tuple[Feature, ...] = (
    _feature(
        "account_people", "account", "count", "leads", "other leads of the same company in the last two years", 730
    ),
    _feature(
        "account_people_active_30d",
        "account",
        "count",
        "events",
        "other people of the company active in the last 30 days",
        30,
    ),
    _feature(
        "account_events_30d", "account", "count", "events", "signals of the company as a whole in the last 30 days", 30
    ),
    _feature("history_wins", "history", "count", "outcomes", "wins with the same company in the last two years", 730),
    _feature(
        "history_losses", "history", "count", "outcomes", "losses with the same company in the last two years", 730
    ),
    _feature(
        "history_wins_180d", "history", "count", "outcomes", "wins with the same company in the last half year", 180
    ),
)


class AccountGroup:
    """Others at the company, its signals, and earlier business with it; across leads by its nature."""

    name = "account"
    needs_dates = True
    across_leads = True

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return :data:`DECLARED`."""
        del context
        return DECLARED

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return ``point_id`` and the columns of :data:`DECLARED`; a lead without an account has no row."""
        tables, points = context.tables, context.points
        outcome_kinds = tables.history.outcome_kinds
        span = _span(points)
        facts = _facts(tables, outcome_kinds, span)
        looks = points.filter(points.account_id.notnull())
        moments = looks.select("account_id", at_us=looks.as_of_us, **_changes())
        moments = moments.mutate(is_look=ibis.literal(1, "int64"))
        timeline = facts.mutate(is_look=ibis.literal(0, "int64")).union(moments)
        timeline = timeline.group_by("account_id", "at_us").agg(
            **{name: timeline[name].sum() for name in _RUNNING}, is_look=timeline.is_look.max()
        )
        so_far = ibis.cumulative_window(group_by=timeline.account_id, order_by=timeline.at_us)
        run = timeline.mutate(**{name: timeline[name].sum().over(so_far) for name in _RUNNING})
        run = run.filter(run.is_look == 1).select("account_id", *_RUNNING, as_of_us=run.at_us)
        looked = looks.select("point_id", "lead_id", "account_id", "created_us", "as_of_us")
        looked = looked.inner_join(run, ["account_id", "as_of_us"])
        own = _own_activity(tables, points, outcome_kinds, span).mutate(own_active=ibis.literal(1, "int64"))
        looked = looked.left_join(own, "point_id").drop("point_id_right")
        return looked.select(
            "point_id",
            account_people=looked.people - (looked.as_of_us - looked.created_us <= _YEARS_US).cast("int64"),
            account_people_active_30d=looked.active - looked.own_active.fill_null(0),
            account_events_30d=looked.events,
            history_wins=looked.wins,
            history_losses=looked.losses,
            history_wins_180d=looked.recent_wins,
        )


def _span(points: ir.Table) -> tuple[int, int]:
    """First and last moment that is looked at. Tonight both are one: then hardly any fact is read."""
    found = points.aggregate(first=points.as_of_us.min(), last=points.as_of_us.max()).to_pyarrow().to_pylist()[0]
    return found["first"] or 0, found["last"] or 0


def _facts(tables: Tables, outcome_kinds: tuple[str, ...], span: tuple[int, int]) -> ir.Table:
    """Everything that happened at an account as rows of differences: ``account_id, at_us``, :data:`_RUNNING`.

    What happened before the first look counts from the first look on, what happened after the last one is left out.
    """
    first, last = span
    accounts = tables.leads.filter(ibis._.account_id.notnull() & ibis._.created_us.notnull())
    accounts = accounts.select("lead_id", "account_id", "created_us")
    people = accounts.select("account_id", at_us=accounts.created_us)
    outcomes = tables.outcomes.inner_join(accounts, "lead_id").select("account_id", "outcome", at_us=ibis._.occurred_us)
    wins, losses = (outcomes.filter(outcomes.outcome == outcome).drop("outcome") for outcome in ("won", "lost"))
    signals = _near(tables.events.filter(tables.events.lead_id.isnull() & tables.events.account_id.notnull()), span)
    fresh = signals.filter(signals.visible_us <= signals.occurred_us + _WINDOW_US)
    rows = ibis.union(
        *_for_a_while(people, "people"),
        *_activity(tables, accounts, outcome_kinds, span),
        _difference(fresh.select("account_id", at_us=fresh.visible_us), events=1),
        _difference(fresh.select("account_id", at_us=fresh.occurred_us + _WINDOW_US + 1), events=-1),
        *_for_a_while(wins, "wins"),
        *_for_a_while(wins, "recent_wins", _HALF_YEAR_US),
        *_for_a_while(losses, "losses"),
    )
    return rows.mutate(at_us=ibis.greatest(rows.at_us, first)).filter(ibis._.at_us <= last)


def _for_a_while(facts: ir.Table, name: str, within_us: int = _YEARS_US) -> tuple[ir.Table, ir.Table]:
    """Count a fact from its moment on and no longer than ``within_us``."""
    return _difference(facts, **{name: 1}), _difference(facts.mutate(at_us=facts.at_us + within_us + 1), **{name: -1})


def _difference(facts: ir.Table, **change: int) -> ir.Table:
    return facts.select("account_id", "at_us", **_changes(**change))


def _changes(**change: int) -> dict[str, ir.Value]:
    return {name: ibis.literal(change.get(name, 0), "int64") for name in _RUNNING}


def _near(events: ir.Table, span: tuple[int, int]) -> ir.Table:
    """Keep the events that count within 30 days at any look."""
    first, last = span
    return events.filter(events.visible_us <= last, events.occurred_us >= first - _WINDOW_US)


def _of_leads(tables: Tables, outcome_kinds: tuple[str, ...], span: tuple[int, int]) -> ir.Table:
    """When a lead's events count: ``lead_id, from_us, until_us`` (known, and no longer ago than 30 days)."""
    events = tables.events.filter(tables.events.lead_id.notnull(), tables.events.kind.notin([*outcome_kinds, ""]))
    near = _near(events, span)
    return near.select("lead_id", from_us=near.visible_us, until_us=near.occurred_us + _WINDOW_US)


def _activity(
    tables: Tables, accounts: ir.Table, outcome_kinds: tuple[str, ...], span: tuple[int, int]
) -> tuple[ir.Table, ir.Table, ir.Table]:
    """Differences of how many leads are active: each lead's stretches of time joined where they meet."""
    spans = _of_leads(tables, outcome_kinds, span)
    spans = spans.mutate(from_us=ibis.greatest(spans.from_us, span[0])).filter(ibis._.from_us <= ibis._.until_us)
    spans = spans.group_by("lead_id", "from_us").agg(until_us=spans.until_us.max()).inner_join(accounts, "lead_id")
    # visits before somebody became a lead are known to be theirs only from then on
    spans = spans.mutate(from_us=ibis.greatest(spans.from_us, spans.created_us)).filter(
        ibis._.from_us <= ibis._.until_us
    )
    before = ibis.window(group_by=spans.lead_id, order_by=spans.from_us, preceding=(None, 1))
    spans = spans.mutate(reached_us=spans.until_us.max().over(before))
    starts = spans.filter(spans.reached_us.isnull() | (spans.reached_us < spans.from_us))
    rests = starts.filter(starts.reached_us.notnull())
    ends = spans.group_by("lead_id", "account_id").agg(until_us=spans.until_us.max())
    return (
        _difference(starts.select("account_id", at_us=starts.from_us), active=1),
        _difference(rests.select("account_id", at_us=rests.reached_us + 1), active=-1),
        _difference(ends.select("account_id", at_us=ends.until_us + 1), active=-1),
    )


def _own_activity(tables: Tables, points: ir.Table, outcome_kinds: tuple[str, ...], span: tuple[int, int]) -> ir.Table:
    """Points (``point_id``, distinct) whose own lead is active."""
    own = points.select("point_id", "lead_id", "as_of_us")
    own = own.inner_join(_of_leads(tables, outcome_kinds, span), "lead_id")
    return own.filter(own.from_us <= own.as_of_us, own.as_of_us <= own.until_us).select("point_id").distinct()
