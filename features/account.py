"""What is going on at the lead's account: other people, their activity, earlier leads, wins and losses as known then.

Computed by running sums over each account's facts in order of time (one sort, no join of everybody with everybody), so
that an account with ten thousand leads costs no more per lead than one with two. A fact that stops counting after a window is
a second fact of -1. Nothing is counted for longer than two years, and no days since a win are told: a count "so far" grows
with the age of the CRM and is a clock in disguise.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.catalogue import Feature
from features.engine import DAY_US, Tables

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


def account(tables: Tables, points: ir.Table, outcome_kinds: tuple[str, ...]) -> ir.Table:
    """Return ``point_id`` and the columns of :data:`DECLARED`; missing where the lead has no account."""
    looks = points.filter(points.account_id.notnull())
    facts = _facts(tables, outcome_kinds)
    at_looks = looks.select(
        "account_id",
        at_us=looks.as_of_us,
        is_look=ibis.literal(1, "int64"),
        **{name: ibis.literal(0, "int64") for name in _RUNNING},
        point_id=looks.point_id,
    )
    timeline = (
        facts.mutate(is_look=ibis.literal(0, "int64"), point_id=ibis.null("int64"))
        .select(*at_looks.columns)
        .union(at_looks)
    )
    so_far = ibis.cumulative_window(group_by=timeline.account_id, order_by=[timeline.at_us, timeline.is_look])
    sums = {name: timeline[name].sum().over(so_far) for name in _RUNNING}
    run = timeline.mutate(**sums).filter(ibis._.is_look == 1)
    looked = run.select("point_id", *_RUNNING, as_of_us=run.at_us)
    own = _own_activity(tables, points, outcome_kinds)
    looked = looked.left_join(own, "point_id").drop("point_id_right")
    looked = looked.inner_join(points.select("point_id", "created_us"), "point_id")
    return looked.select(
        "point_id",
        account_people=looked.people - (looked.as_of_us - looked.created_us <= _YEARS_US).cast("int64"),
        account_people_active_30d=looked.active - looked.own_active.fill_null(0),
        account_events_30d=looked.events,
        history_wins=looked.wins,
        history_losses=looked.losses,
        history_wins_180d=looked.recent_wins,
    )


def _facts(tables: Tables, outcome_kinds: tuple[str, ...]) -> ir.Table:
    """Everything that happened at an account as rows of differences: ``account_id, at_us``, :data:`_RUNNING`."""
    accounts = tables.leads.filter(ibis._.account_id.notnull() & ibis._.created_us.notnull())
    accounts = accounts.select("lead_id", "account_id", "created_us")
    people = accounts.select("account_id", at_us=accounts.created_us)
    outcomes = tables.outcomes.inner_join(accounts, "lead_id").select("account_id", "outcome", at_us=ibis._.occurred_us)
    wins, losses = (outcomes.filter(outcomes.outcome == outcome).drop("outcome") for outcome in ("won", "lost"))
    spells = _activity_spells(tables, outcome_kinds).inner_join(accounts, "lead_id")
    # visits before somebody became a lead are known to be theirs only from then on
    spells = spells.mutate(from_us=ibis.greatest(spells.from_us, spells.created_us)).filter(
        ibis._.from_us <= ibis._.until_us
    )
    active = spells.select("account_id", at_us=spells.from_us)
    passive = spells.select("account_id", at_us=spells.until_us + 1)
    signals = tables.events.filter(tables.events.lead_id.isnull() & tables.events.account_id.notnull())
    fresh = signals.filter(signals.visible_us <= signals.occurred_us + _WINDOW_US)
    rows = (
        *_for_a_while(people, "people"),
        _difference(active, active=1),
        _difference(passive, active=-1),
        _difference(fresh.select("account_id", at_us=fresh.visible_us), events=1),
        _difference(fresh.select("account_id", at_us=fresh.occurred_us + _WINDOW_US + 1), events=-1),
        *_for_a_while(wins, "wins"),
        *_for_a_while(wins, "recent_wins", _HALF_YEAR_US),
        *_for_a_while(losses, "losses"),
    )
    return ibis.union(*rows)


def _for_a_while(facts: ir.Table, name: str, within_us: int = _YEARS_US) -> tuple[ir.Table, ir.Table]:
    """Count a fact from its moment on and no longer than ``within_us``."""
    return _difference(facts, **{name: 1}), _difference(facts.mutate(at_us=facts.at_us + within_us + 1), **{name: -1})


def _difference(facts: ir.Table, **change: int) -> ir.Table:
    amounts = {name: ibis.literal(change.get(name, 0), "int64") for name in _RUNNING}
    return facts.select("account_id", "at_us", **amounts)


def _activity_spells(tables: Tables, outcome_kinds: tuple[str, ...]) -> ir.Table:
    """When each lead counted as active: disjoint spells ``lead_id, from_us, until_us`` (an event in the last 30 days was known)."""
    events = tables.events.filter(tables.events.lead_id.notnull(), tables.events.kind.notin([*outcome_kinds, ""]))
    spans = events.select("lead_id", from_us=events.visible_us, until_us=events.occurred_us + _WINDOW_US)
    spans = (
        spans.filter(spans.from_us <= spans.until_us).group_by("lead_id", "from_us").agg(until_us=ibis._.until_us.max())
    )
    order = ibis.window(group_by=spans.lead_id, order_by=spans.from_us, preceding=(None, 1))
    spans = spans.mutate(reached_us=spans.until_us.max().over(order))
    starts = spans.mutate(starts=(spans.reached_us.isnull() | (spans.reached_us < spans.from_us)).cast("int64"))
    numbered = starts.mutate(
        spell=starts.starts.sum().over(ibis.cumulative_window(group_by=starts.lead_id, order_by=starts.from_us))
    )
    return (
        numbered.group_by("lead_id", "spell")
        .agg(from_us=ibis._.from_us.min(), until_us=ibis._.until_us.max())
        .drop("spell")
    )


def _own_activity(tables: Tables, points: ir.Table, outcome_kinds: tuple[str, ...]) -> ir.Table:
    spells = _activity_spells(tables, outcome_kinds)
    inside = points.select("point_id", "lead_id", "as_of_us").inner_join(spells, "lead_id")
    inside = inside.filter((inside.from_us <= inside.as_of_us) & (inside.as_of_us <= inside.until_us))
    return inside.group_by("point_id").agg(own_active=ibis._.count())
