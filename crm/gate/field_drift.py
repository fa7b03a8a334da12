"""Tonight's fields held against those that the model was trained on. Warnings only: a new campaign is no reason to stop.

Compared are shares of the newest leads: of those without a value, of each value, of all frequent values together, of values never seen,
of numbers up to each tenth. A difference counts once it is beyond its limit (``rule_book.py``) and beyond what chance does in one of a
thousand nights. A model that has no profiles says so; it is never taken for one whose fields are as they were.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leadq.crm.contract.history import History
from leadq.crm.gate.field_profiles import CONTRACT_FIELDS, TURNING_OVER, FieldProfile
from leadq.crm.gate.profile_fields import FieldCount, count_fields
from leadq.crm.gate.rule_book import (
    LISTED_DIFFER,
    MISSING_DIFFERS,
    SHARE_DIFFERS,
    UNSEEN_LEADS,
    UNSEEN_MOSTLY,
    UNSEEN_SHARE,
)
from leadq.foundation.plurals import counted
from leadq.foundation.problems import Problem

_ONE_IN_A_THOUSAND = 3.29
"""Standard errors that a difference of two shares is beyond by chance once in a thousand times."""
_KS_ONE_IN_A_THOUSAND = 1.95
"""The same for the largest difference of two cumulated shares (Kolmogorov and Smirnov)."""
_MCDIARMID_ONE_IN_A_THOUSAND = 1.86
"""The same for half the sum of differences over what it is on average: the root of half of log 1,000."""
_NOT_LISTED = 0.05
_LEADS_OF_A_VALUE = 5
"""A value that fewer leads had at training counts with the rest: it may have been among the frequent ones by chance."""
_NOT_RECORDED = "Own fields: not recorded when the model was trained, so not compared with tonight's; the next training records them."
_REMEDY = "Ask who changed the form, the import or the list of values; if it is meant, train again."


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDrift:
    """What comparing tonight's fields with those at training gave.

    Parameters
    ----------
    recorded : bool
        False: the model was trained before profiles were kept, and nothing was compared.
    compared : tuple of str
        Fields that were compared, ``"leads.plan"``.
    not_compared : tuple of str
        Fields that no lead among the newest could have, as where no lead has an account.
    warnings : tuple of Problem
    """

    recorded: bool
    compared: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def in_words(self) -> str:
        """Return a few lines for the command line; empty where there are no own fields."""
        lines = []
        if not self.recorded:
            lines.append(_NOT_RECORDED)
        if self.warnings:
            among = f" on {counted(len(self.compared), 'field')}" if self.compared else ""
            lines.append(f"Fields: {counted(len(self.warnings), 'warning')}{among}.")
            lines += [f"  {problem}" for problem in self.warnings]
        elif self.compared:
            fields = counted(len(self.compared), "field")
            lines.append(f"Fields: {fields} compared, no difference from when the model was trained.")
        if self.not_compared:
            names = ", ".join(self.not_compared)
            lines.append(f"Fields: not compared, for none of the newest leads could have a value: {names}.")
        return "\n".join(lines)

    def to_document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "recorded": self.recorded,
            "compared": list(self.compared),
            "not_compared": list(self.not_compared),
            "warnings": [str(problem) for problem in self.warnings],
        }


def compare_fields(
    history: History,
    profiles: tuple[FieldProfile, ...] | None,
    *,
    used: Collection[str],
    words: Mapping[str, tuple[str, ...]] | None = None,
) -> FieldDrift:
    """Compare the fields of a history with their profiles.

    Parameters
    ----------
    history : History
        Tonight's.
    profiles : tuple of FieldProfile or None
        Of the bundle that scores; None where it has none.
    used : collection of str
        Fields that the model uses, ``"leads.plan"``; others are left out.
    words : mapping of str to tuple of str, optional
        Values that the model knows of each category it uses, by column: what is held against where no profile lists them.
    """
    wanted = [profile for profile in profiles or () if profile.column in used]
    types = {(field.entity, field.name): field.type for field in (*history.own_fields, *CONTRACT_FIELDS)}
    same = [profile for profile in wanted if types.get((profile.entity, profile.name)) == profile.type]
    warnings = [_gone(one, types.get((one.entity, one.name))) for one in wanted if one not in same]
    listed = {profile.column for profile in wanted if profile.known}
    bare = [_of_words(column, known) for column, known in (words or {}).items() if known and column not in listed]
    counts = count_fields(history, [*same, *bare])
    unknown = set[str]()
    for profile, count in zip(same, counts[: len(same)], strict=True):
        warnings += _differences(profile, count)
        if not count.rows:
            unknown.add(profile.column)
    for profile, count in zip(bare, counts[len(same) :], strict=True):
        warnings += _mostly_new(profile.column, count, "of the values that the model knows")
    return FieldDrift(
        recorded=profiles is not None,
        compared=tuple(one.column for one in wanted if one.column not in unknown),
        not_compared=tuple(one.column for one in wanted if one.column in unknown),
        warnings=tuple(warnings),
    )


def _of_words(column: str, known: tuple[str, ...]) -> FieldProfile:
    """Return a profile of which nothing but the values is known."""
    (field,) = (one for one in CONTRACT_FIELDS if f"{one.entity}s.{one.name}" == column)
    return FieldProfile(entity=field.entity, name=field.name, type="category", rows=0, missing=0, known=known)


def _mostly_new(column: str, count: FieldCount, known: str) -> Iterator[Problem]:
    """Warn where most leads have a value that is new to the model: words renamed at the source, or a new list of them."""
    present = count.rows - count.missing
    if count.unseen >= UNSEEN_LEADS and count.unseen > UNSEEN_MOSTLY * present:
        rule = f"must have one {known} in at least {1 - UNSEEN_MOSTLY:.0%} of the leads"
        value = f"other values in {count.unseen / present:.0%} of the newest {present:,}"
        yield Problem(where=column, rule=rule, value=value, remedy=_REMEDY)


def _gone(profile: FieldProfile, kind: str | None) -> Problem:
    value = "no such field" if kind is None else f"a {kind}"
    rule = f"must be a {profile.type}, as when the model was trained"
    return Problem(where=profile.column, rule=rule, value=value, remedy=_REMEDY)


def _differences(profile: FieldProfile, count: FieldCount) -> Iterator[Problem]:
    if not count.rows:
        return
    present = count.rows - count.missing
    before, now = profile.missing_share, count.missing / count.rows
    if abs(now - before) > max(MISSING_DIFFERS, _chance(before, profile.rows, now, count.rows)):
        rule = f"must be missing about as often as when the model was trained ({before:.0%} of {counted(profile.rows, 'lead')})"
        yield Problem(where=profile.column, rule=rule, value=f"{now:.0%} of the newest {count.rows:,}", remedy=_REMEDY)
    if not present or not profile.present:
        return
    if profile.column in TURNING_OVER:
        yield from _mostly_new(profile.column, count, "of the values known from training")
        return
    if count.unseen >= UNSEEN_LEADS and count.unseen / present > UNSEEN_SHARE:
        rule = f"must have values known from training in all but {UNSEEN_SHARE:.0%} of the leads"
        value = f"{count.unseen / present:.0%} of the newest {present:,} with other values"
        yield Problem(where=profile.column, rule=rule, value=value, remedy=_REMEDY)
    yield from _shifted_number(profile, count, present)
    yield from list(_shifted_value(profile, count, present)) or _shifted_values(profile, count, present)


def _shifted_number(profile: FieldProfile, count: FieldCount, present: int) -> Iterator[Problem]:
    pairs = [(edge, then, now) for (edge, then), now in zip(profile.up_to, count.up_to, strict=True)]
    edge, then, now = max(pairs, key=lambda pair: abs(pair[2] - pair[1]), default=(0.0, 0.0, 0.0))
    limit = max(SHARE_DIFFERS, _KS_ONE_IN_A_THOUSAND * math.sqrt(1 / profile.present + 1 / present))
    if abs(now - then) > limit:
        of = " days before the reading" if profile.type == "date" else ""
        rule = f"must be at most {edge:,.6g}{of} about as often as when the model was trained ({then:.0%} of {profile.present:,})"
        yield Problem(where=profile.column, rule=rule, value=f"{now:.0%} of the newest {present:,}", remedy=_REMEDY)


def _shifted_value(profile: FieldProfile, count: FieldCount, present: int) -> Iterator[Problem]:
    pairs = [(value, then, now) for (value, then), now in zip(profile.shares, count.shares, strict=True)]
    value, then, now = max(pairs, key=lambda pair: abs(pair[2] - pair[1]), default=("", 0.0, 0.0))
    if abs(now - then) > max(SHARE_DIFFERS, _chance(then, profile.present, now, present)):
        rule = f"must be {value!r:.60} about as often as when the model was trained ({then:.0%} of {profile.present:,})"
        yield Problem(where=profile.column, rule=rule, value=f"{now:.0%} of the newest {present:,}", remedy=_REMEDY)


def _shifted_values(profile: FieldProfile, count: FieldCount, present: int) -> Iterator[Problem]:
    """Compare all frequent values at once, for many small differences are a large one."""
    pairs = [
        (then, now)
        for (_, then), now in zip(profile.shares, count.shares, strict=True)
        if then * profile.present >= _LEADS_OF_A_VALUE - 0.5
    ]
    listed_then, listed_now = sum(then for then, _ in pairs), sum(now for _, now in pairs)
    cells = [*pairs, (max(0.0, 1 - listed_then), max(0.0, 1 - listed_now))]
    differ = sum(abs(now - then) for then, now in cells) / 2
    limit = min(SHARE_DIFFERS, LISTED_DIFFER * listed_then)
    if differ > max(limit, _chance_of_all(cells, profile.present, present)):
        rule = (
            f"must have its {counted(len(pairs), 'most frequent value')} about as often as when the model was trained "
            f"({listed_then:.0%} of {profile.present:,})"
        )
        value = f"{listed_now:.0%} of the newest {present:,}, and {differ:.0%} with other values than then"
        yield Problem(where=profile.column, rule=rule, value=value, remedy=_REMEDY)


def _chance_of_all(cells: list[tuple[float, float]], rows: int, other_rows: int) -> float:
    """How far half the sum of differences lies from 0 by chance; the last of the cells are the values that are not listed.

    Wide enough for values that are listed because they were frequent then, some of them by chance. Where nearly all values are
    listed there is no such choice, and the bound of McDiarmid for the sum as a whole is closer.
    """
    apart = [one * (1 - one) / rows + other * (1 - other) / other_rows for one, other in cells]
    pooled = [_chance(one, rows, other, other_rows) for one, other in cells]
    singly = (
        sum(max(both, _ONE_IN_A_THOUSAND * math.sqrt(max(0.0, each))) for both, each in zip(pooled, apart, strict=True))
        / 2
    )
    if cells[-1][0] > _NOT_LISTED:
        return singly
    return min(
        singly, singly / _ONE_IN_A_THOUSAND + _MCDIARMID_ONE_IN_A_THOUSAND * math.sqrt(1 / rows + 1 / other_rows)
    )


def _chance(one: float, rows: int, other: float, other_rows: int) -> float:
    """How far two shares of the same leads lie apart by chance once in a thousand times."""
    pooled = (one * rows + other * other_rows) / (rows + other_rows)
    return _ONE_IN_A_THOUSAND * math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / rows + 1 / other_rows))
