"""The history of a property as HubSpot gives it: read, ordered, and looked up as of a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from leadq.crm.connectors.hubspot.sending.values import as_moment

KEPT = {"contacts": 45, "companies": 20}
"""So many versions of a property HubSpot keeps; of a history that long the beginning may be gone."""


class Version(NamedTuple):
    """A value, since when, and by whom."""

    since: datetime
    value: str | None
    by: str | None


def versions(written: Sequence[Mapping[str, Any]]) -> list[Version]:
    """Return the versions of a property, oldest first; HubSpot gives the newest first, of the same moment too."""
    found = [
        Version(since, str(one["value"]) if one.get("value") not in (None, "") else None, _who(one))
        for one in reversed(written)
        if (since := as_moment(one.get("timestamp"))) is not None
    ]
    return sorted(found, key=lambda one: one.since)


def value_at(found: Sequence[Version], moment: datetime) -> str | None:
    """Return the value as of a moment."""
    place = bisect_right(found, moment, key=lambda one: one.since)
    return found[place - 1].value if place else None


def current(found: Sequence[Version], held: Mapping[str, Any], name: str) -> str | None:
    """Return the value of now: what the record holds, or the newest version where the answer does not say what it holds.

    They differ after a merge: the value of the record that others were merged into stays, the histories of all stand on it.
    """
    if name in held:
        return None if held[name] in (None, "") else str(held[name])
    return found[-1].value if found else None


def changes(found: Sequence[Version], *, is_cut: bool = False) -> Iterator[tuple[datetime, str | None, str | None]]:
    """Yield moment, old and new value of each change; before the first recorded one the property was empty.

    Of a history whose beginning is gone (``is_cut``), the first recorded version is no change that we know of.
    """
    if not found:
        return
    start = [] if is_cut else [Version(found[0].since, None, None)]
    for before, after in pairwise([*start, *found]):
        if before.value != after.value:
            yield after.since, before.value, after.value


def _who(one: Mapping[str, Any]) -> str | None:
    user = one.get("updatedByUserId")
    return None if user is None else str(user)
