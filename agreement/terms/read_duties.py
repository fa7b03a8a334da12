"""``duties`` of the agreement: every key known, of its type and in range, and none that contradicts the tiers.

A duty is kept as the number, flag or text that was written; a length of time as hours or days of business. An agreement that a
model was trained under is read as it stands: what was no error when it was signed must not stop a night (``stored``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from leadq.agreement.calendar.weekly_calendar import Calendar
from leadq.agreement.schema import Agreement, DutyValue, Tier
from leadq.agreement.sections import Section, as_value
from leadq.agreement.terms.tier_duties import COUNTS, PER, TierDuty, weeks_in
from leadq.foundation.yaml_tree import Scalar

SIDES = ("marketing", "sales")
LONGEST_HOURS, LONGEST_DAYS, MOST_LEADS = 2_000.0, 250.0, 1_000_000

Read = Callable[[Section, str, Calendar], DutyValue | None]


@dataclass(frozen=True, slots=True)
class _Duty:
    """A duty that may be agreed: whose, and how its value is read."""

    side: str
    read: Read


def _hours(section: Section, key: str, calendar: Calendar) -> float | None:
    return _plain(section.business_hours(key, None, calendar, low=0.0, high=LONGEST_HOURS))


def _days(section: Section, key: str, calendar: Calendar) -> float | None:
    return _plain(section.business_days(key, None, calendar, low=0.0, high=LONGEST_DAYS))


def _calendar_days(section: Section, key: str, _: Calendar) -> int | None:
    return section.whole_number(key, None, low=1, high=3650)


def _share(section: Section, key: str, _: Calendar) -> float | None:
    return section.share(key, None)


def _flag(section: Section, key: str, _: Calendar) -> bool | None:
    return section.flag(key, None)


def _names(section: Section, key: str, _: Calendar) -> tuple[str, ...] | None:
    return section.names(key, ()) or None


def _leads(section: Section, key: str, _: Calendar) -> int | None:
    return section.whole_number(key, None, low=0, high=MOST_LEADS)


def _counts(section: Section, key: str, _: Calendar) -> str | None:
    return section.choice(key, COUNTS, None)


def _plain(number: float | None) -> float | int | None:
    """Return a number without a needless point: 5 as it was written, no 5.0."""
    return int(number) if number is not None and number == int(number) else number


_DUTIES: dict[str, _Duty] = {
    "hand_over_within_hours": _Duty("marketing", _hours),
    "nurture_days_when_unresponsive": _Duty("marketing", _calendar_days),
    "context_fields": _Duty("marketing", _names),
    "follow_up_share": _Duty("sales", _share),
    "reject_only_on_agreed_reasons": _Duty("sales", _flag),
    "feedback_due_business_days": _Duty("sales", _days),
}


def read_duties(
    top: Section, tiers: tuple[Tier, ...], calendar: Calendar, *, stored: bool
) -> dict[str, dict[str, DutyValue]]:
    """Read what each side owes; what is wrong goes to the findings of ``top``.

    Parameters
    ----------
    top : Section
    tiers : tuple of Tier
        For the duties that a tier gives its name to: ``T1_per_month``, ``T1_counts``.
    calendar : Calendar
        Hours of a business day.
    stored : bool
        Whether the text is of a model: taken as it stands.
    """
    sides = top.section("duties", "duties")
    if sides is None:
        return {}
    if stored:
        return {side: _as_written(sides.section(side, f"duties of {side}")) for side in sides.keys}
    found: dict[str, dict[str, DutyValue]] = {}
    for side in [*(side for side in sides.keys if side in SIDES), *(side for side in SIDES if side not in sides.keys)]:
        section = sides.section(side, f"duties of {side}")
        if section is not None:
            found[side] = _of_side(section, side, tiers, calendar)
    sides.close()
    return found


def _of_side(section: Section, side: str, tiers: tuple[Tier, ...], calendar: Calendar) -> dict[str, DutyValue]:
    known = {name: duty.read for name, duty in _DUTIES.items() if duty.side == side} | {"share_in_time": _share}
    if side == "marketing":
        known |= dict(_of_tiers(tiers, section.keys))
    found: dict[str, DutyValue] = {}
    for name in known:
        section.node(name)  # known, whether written or not
    for key in section.keys:
        value = known[key](section, key, calendar) if key in known else None
        if value is not None:
            found[key] = value
    _check_capacity(section, found, tiers)
    section.close()
    return found


def _of_tiers(tiers: tuple[Tier, ...], written: tuple[str, ...]) -> Iterator[tuple[str, Read]]:
    """Yield the duties that tiers give their names to; those by week or quarter only where they are written."""
    for tier in tiers:
        yield f"{tier.id}_per_month", _leads
        yield f"{tier.id}_counts", _counts
        yield from ((key, _leads) for key in (f"{tier.id}_per_{period}" for period in PER) if key in written)


def _check_capacity(section: Section, found: dict[str, DutyValue], tiers: tuple[Tier, ...]) -> None:
    """Nobody owes more leads of a tier than it was agreed that sales can take."""
    for tier in tiers:
        for key, period in ((f"{tier.id}_per_{period}", period) for period in PER):
            owed = found.get(key)
            if not isinstance(owed, int) or tier.capacity_per_week is None:
                continue
            room = tier.capacity_per_week * weeks_in(period)
            if owed > room:
                rule = f"must not be above what {tier.id} has room for: {tier.capacity_per_week:,} a week are {room:,.0f} a {period}"
                section.note(key, rule, f"Lower it, or raise capacity_per_week of {tier.id}.")


def _as_written(section: Section | None) -> dict[str, DutyValue]:
    if section is None:
        return {}
    nodes = {key: section.node(key) for key in section.keys}
    return {key: as_value(node) if isinstance(node, Scalar) else "" for key, node in nodes.items()}


def tier_duties(agreement: Agreement) -> tuple[TierDuty, ...]:
    """Return how many leads of each tier marketing owes, as far as that is agreed."""
    marketing = agreement.duties.get("marketing", {})
    found: list[TierDuty] = []
    for tier in agreement.tiers:
        for period in PER:
            owed = marketing.get(f"{tier.id}_per_{period}")
            if isinstance(owed, (int, float)) and not isinstance(owed, bool):
                by_rule = marketing.get(f"{tier.id}_counts") == "model_and_rules"
                found.append(TierDuty(tier_id=tier.id, leads=float(owed), period=period, rules_count=by_rule))
    return tuple(found)
