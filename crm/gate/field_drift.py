"""Tonight's fields held against those that the model was trained on.

What is found is named; whether words or units that changed move tiers, and the night stops, is decided where leads are scored
(``pipelines/night/changed_fields.py``). Compared are shares of the newest leads: of those without a value, of each value, of all frequent
values together, of values never seen, of numbers up to each tenth. A difference counts once it is beyond its limit (``rule_book.py``) and
beyond what chance does in one of a thousand nights. A model without profiles says so, and is not taken for one without a change.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from leadq.crm.contract.history import History
from leadq.crm.gate.field_profiles import CONTRACT_FIELDS, CREATED, TURNING_OVER, FieldProfile
from leadq.crm.gate.filled_in import FILLED_IN, beyond_span, filled_in
from leadq.crm.gate.profile_fields import FieldCount, count_fields, count_values
from leadq.crm.gate.row_changes import row_changes
from leadq.crm.gate.rule_book import (
    LISTED_DIFFER,
    MISSING_DIFFERS,
    SHARE_DIFFERS,
    UNSEEN_LEADS,
    UNSEEN_LOOKED_AT,
    UNSEEN_MOSTLY,
    UNSEEN_SHARE,
)
from leadq.crm.gate.unit_changes import UnitChange, count_hours, unit_changes
from leadq.crm.gate.word_changes import WordChange, word_change
from leadq.foundation.plurals import counted, figure
from leadq.foundation.problems import Problem

_ONE_IN_A_THOUSAND = 3.29
"""Standard errors that a difference of two shares is beyond by chance once in a thousand times."""
_KS_ONE_IN_A_THOUSAND = 1.95
"""The same for the largest difference of two cumulated shares (Kolmogorov and Smirnov)."""
_MCDIARMID_ONE_IN_A_THOUSAND = 1.86
"""The same for half the sum of differences over what it is on average: the root of half of log 1,000."""
_MISSING = "must be missing about as often"
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
    words : tuple of WordChange
        Categories of which words are written otherwise, or most are new.
    units : tuple of UnitChange
        Numbers in another unit.
    """

    recorded: bool
    compared: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    words: tuple[WordChange, ...] = ()
    units: tuple[UnitChange, ...] = ()

    def explained(self, *problems: Problem) -> FieldDrift:
        """Return it with ``problems`` in place of the warnings of changed words and units; what is missing stays."""
        told = {problem.where for problem in problems}
        kept = [one for one in self.warnings if one.where not in told or one.rule.startswith(_MISSING)]
        return replace(self, warnings=(*problems, *kept))

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
            "changed_words": [one.to_document() for one in self.words],
            "changed_units": [{"field": one.column, "factor": one.factor} for one in self.units],
        }


def compare_fields(
    history: History,
    profiles: tuple[FieldProfile, ...] | None,
    *,
    used: Collection[str],
    words: Mapping[str, tuple[str, ...]] | None = None,
    trained_at: datetime | None = None,
    by_pace: bool = True,
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
    trained_at : datetime, optional
        When the data of the training was read: rows of then are counted to tell what its words have become. By default all rows.
    by_pace : bool
        As :func:`leadq.crm.gate.row_changes.row_changes` takes it.
    """
    created = [profile for profile in profiles or () if profile.column == CREATED and profile.type == "month"]
    wanted = [profile for profile in profiles or () if profile.column in used and profile not in created]
    types = {f"{field.entity}s.{field.name}": field.type for field in (*history.own_fields, *CONTRACT_FIELDS)}
    same = [one for one in wanted if (history.dated and one.column == CREATED) or types.get(one.column) == one.type]
    warnings = [_gone(one, types.get(one.column)) for one in wanted if one not in same and one.column != CREATED]
    listed = {profile.column for profile in wanted if profile.known}
    bare = [_of_words(column, known) for column, known in (words or {}).items() if known and column not in listed]
    counts = count_fields(history, [*same, *bare])
    unknown = {profile.column for profile, count in zip(same, counts, strict=False) if not count.rows}
    pairs = [
        (profile, count_hours(history, profile) if profile.type == "hour" else count)
        for profile, count in zip(same, counts, strict=False)
    ]
    changed_words = _word_changes(history, pairs, trained_at or history.read_at)
    changed_units = unit_changes(history, [one for one in pairs if _is_shifted(*one)])
    warnings += [one for pair in pairs for one in _differences(*pair)]
    told = {one.where for one in warnings if one.rule.startswith(_MISSING) or one.remedy == FILLED_IN}
    warnings += filled_in(history, [one for one in same if one.column not in told])
    for profile, count in zip(bare, counts[len(same) :], strict=True):
        warnings += _mostly_new(profile.column, count, "of the values that the model knows")
    if history.dated and trained_at is not None:
        warnings += [one for profile in created for one in row_changes(history, profile, trained_at, by_pace=by_pace)]
    return FieldDrift(
        recorded=profiles is not None,
        compared=tuple(dict.fromkeys(one.column for one in wanted if one.column not in unknown)),
        not_compared=tuple(dict.fromkeys(one.column for one in wanted if one.column in unknown)),
        warnings=tuple(warnings),
        words=changed_words,
        units=changed_units,
    )


def _word_changes(
    history: History, pairs: list[tuple[FieldProfile, FieldCount]], trained_at: datetime
) -> tuple[WordChange, ...]:
    """Return what became of the words of categories that have some that training did not know, where most are such or one was renamed."""
    asked = [profile for profile, count in pairs if _has_new_words(profile, count)]
    others = [profile for profile, _ in pairs]
    counts = count_values(history, asked, until=trained_at)
    found = [word_change(profile, count, others) for profile, count in zip(asked, counts, strict=True)]
    return tuple(one for one in found if one.renamed or (one.leads >= UNSEEN_LEADS and one.share > UNSEEN_MOSTLY))


def _has_new_words(profile: FieldProfile, count: FieldCount) -> bool:
    present = count.rows - count.missing
    share = UNSEEN_MOSTLY if profile.column in TURNING_OVER else UNSEEN_LOOKED_AT
    return count.unseen > 1 and count.unseen > share * present


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
    # none at all any more: something is filled in for what is not known
    limit = MISSING_DIFFERS if count.missing else 0.0
    filled = list(beyond_span(profile, count)) if present and profile.present else []
    if abs(now - before) > max(limit, _chance(before, profile.rows, now, count.rows)) and not (filled and now < before):
        remedy = FILLED_IN if now < before else _REMEDY
        rule = f"{_MISSING} as when the model was trained ({before:.0%} of {counted(profile.rows, 'lead')})"
        yield Problem(where=profile.column, rule=rule, value=f"{now:.0%} of the newest {count.rows:,}", remedy=remedy)
    if not present or not profile.present:
        return
    if profile.column in TURNING_OVER:
        yield from _mostly_new(profile.column, count, "of the values known from training")
        return
    if count.unseen >= UNSEEN_LEADS and count.unseen / present > UNSEEN_SHARE:
        rule = f"must have values known from training in all but {UNSEEN_SHARE:.0%} of the leads"
        value = f"{count.unseen / present:.0%} of the newest {present:,} with other values"
        yield Problem(where=profile.column, rule=rule, value=value, remedy=_REMEDY)
    yield from list(_shifted_number(profile, count, present)) or filled
    yield from list(_shifted_value(profile, count, present)) or _shifted_values(profile, count, present)


def _is_shifted(profile: FieldProfile, count: FieldCount) -> bool:
    """Whether a number lies elsewhere than at training."""
    present = count.rows - count.missing
    return profile.type == "number" and bool(
        present and profile.present and list(_shifted_number(profile, count, present))
    )


def _shifted_number(profile: FieldProfile, count: FieldCount, present: int) -> Iterator[Problem]:
    pairs = [(edge, then, now) for (edge, then), now in zip(profile.up_to, count.up_to, strict=True)]
    edge, then, now = max(pairs, key=lambda pair: abs(pair[2] - pair[1]), default=(0.0, 0.0, 0.0))
    limit = max(SHARE_DIFFERS, _KS_ONE_IN_A_THOUSAND * math.sqrt(1 / profile.present + 1 / present))
    if abs(now - then) > limit:
        of = {"date": " days before the reading", "hour": " o'clock (UTC)"}.get(profile.type, "")
        rule = f"must be at most {figure(edge)}{of} about as often as when the model was trained ({then:.0%} of {profile.present:,})"
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
