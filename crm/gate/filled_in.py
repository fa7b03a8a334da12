"""What stands tonight where nothing was known at training: 0 for a number that is not known, "Other" for an empty word.

Among the newest leads it is often too little to be told from chance; over all rows of a table it is not. A field that was empty in one
row of twenty and is empty in none has been filled in, by people who found out or by an export that writes something for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from leadq.crm.contract.history import History
from leadq.crm.gate.field_profiles import FieldProfile
from leadq.crm.gate.profile_fields import FieldCount, count_whole
from leadq.foundation.plurals import counted, figure
from leadq.foundation.problems import Problem

_EXPECTED = 10
"""So many rows must be expected without a value, by their share at training, before their absence means something."""
_LEFT = 0.25
"""Part of those expected that may be left where most were filled in."""
_BEYOND = 5
"""So many of the newest leads must lie beyond all numbers of training."""
_ONE_IN_A_THOUSAND = math.log(1000)
FILLED_IN = (
    "Ask whether the export now writes a word or a number where nothing is known; say which under missing: of the column in leadq.yaml, "
    "or train again if the values are real."
)


def filled_in(history: History, profiles: Sequence[FieldProfile]) -> Iterator[Problem]:
    """Warn of each field that is hardly ever without a value tonight, and was at training.

    Parameters
    ----------
    history : History
        Tonight's.
    profiles : sequence of FieldProfile
        Of the bundle that scores; those without counts of all rows say nothing.
    """
    asked = [one for one in profiles if one.all_missing >= _EXPECTED]
    for then, now in zip(asked, count_whole(history, asked), strict=True):
        expected = then.all_missing / then.all_rows * now.all_rows
        if expected >= _EXPECTED and now.all_missing <= _LEFT * expected:
            rows = counted(then.all_rows, "row")
            rule = f"must be missing where nothing is known, as when the model was trained (in {then.all_missing:,} of {rows})"
            value = f"{now.all_missing:,} of {counted(now.all_rows, 'row')}"
            yield Problem(where=then.column, rule=rule, value=value, remedy=FILLED_IN)


def beyond_span(profile: FieldProfile, count: FieldCount) -> Iterator[Problem]:
    """Warn where more of the newest leads than chance has it lie beyond all numbers of training: 0, -1 or 99999 for what is not known.

    That the ``k`` largest of two samples of one kind, ``m`` and ``n`` long, are all of the first, happens with the chance
    ``(m / (m + n)) ** k`` at most.
    """
    present = count.rows - count.missing
    for number, end, side in zip((count.below, count.above), profile.span, ("at least", "at most"), strict=False):
        known = profile.all_rows - profile.all_missing
        if number >= _BEYOND and number * math.log1p(known / present) > _ONE_IN_A_THOUSAND:
            rule = f"must be {side} {figure(end)}, as in all {counted(known, 'row')} when the model was trained"
            value = f"{'lower' if side == 'at least' else 'higher'} in {number:,} of the newest {present:,}"
            yield Problem(where=profile.column, rule=rule, value=value, remedy=FILLED_IN)
