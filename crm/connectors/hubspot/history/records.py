"""What a record of HubSpot says: a property now and in its versions, when it came in, and what was merged into what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from leadq.crm.connectors.hubspot.history.pages import Record
from leadq.crm.connectors.hubspot.history.property_versions import KEPT, Version, current, versions
from leadq.crm.connectors.hubspot.history.queries import CREATED
from leadq.crm.connectors.hubspot.sending.target import MERGED
from leadq.crm.connectors.hubspot.sending.values import as_moment


def merged_ids(value: object) -> list[str]:
    """Return the ids in a list of merged records."""
    return [name.strip() for name in str(value or "").split(";") if name.strip()]


def now(one: Record, name: str) -> str | None:
    """Return what a property holds now."""
    return current(of(one, name), one["properties"], name)


def of(one: Record, name: str) -> list[Version]:
    """Return the versions of a property, oldest first."""
    written: Sequence[Mapping[str, Any]] = one["history"].get(name) or ()
    return versions(written)


def is_cut(one: Record, kind: str, name: str) -> bool:
    """Return whether the history of a property is as long as HubSpot keeps it, so that its beginning may be gone."""
    return len(one["history"].get(name) or ()) >= KEPT[kind]


def came_in(one: Record) -> datetime | None:
    """Return when a contact came in."""
    moments = (as_moment(one["created_at"]), as_moment(one["properties"].get(CREATED)))
    return min((moment for moment in moments if moment is not None), default=None)


def merged_into(found: Iterable[Record]) -> dict[str, str]:
    """Return the records that were merged, each with the one that it was merged into."""
    return {old: one["id"] for one in found for old in merged_ids(one["properties"].get(MERGED))}


def survivor(one: str | None, into: Mapping[str, str]) -> str | None:
    """Return what a record has become after any number of merges."""
    seen = set()
    while one is not None and one in into and one not in seen:
        seen.add(one)
        one = into[one]
    return one
