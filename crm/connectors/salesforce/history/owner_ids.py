"""Changes of an owner by id alone: of the two rows that Salesforce keeps of each, the one with people's names is emptied."""

from __future__ import annotations

import re

_USER_OR_QUEUE = re.compile(r"(?:005|00G)[A-Za-z0-9]{12}(?:[A-Z0-5]{3})?")
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_OLD, _NEW = "OldValue", "NewValue"


def owners_by_id(row: dict[str, str | None]) -> dict[str, str | None]:
    """Return a row of a lead's history with its owners as ids of 18 characters, and with none where it tells them by name.

    >>> row = {"Field": "Owner", "OldValue": None, "NewValue": "005Hs00000AbCdE"}
    >>> owners_by_id(row)
    {'Field': 'Owner', 'OldValue': None, 'NewValue': '005Hs00000AbCdEIAV'}
    >>> owners_by_id(row | {"NewValue": "Zora Quill"})
    {'Field': 'Owner', 'OldValue': None, 'NewValue': None}
    """
    told = [value for value in (row[_OLD], row[_NEW]) if value is not None]
    if not all(_USER_OR_QUEUE.fullmatch(value) for value in told):
        return {**row, _OLD: None, _NEW: None}
    return {**row, _OLD: _long(row[_OLD]), _NEW: _long(row[_NEW])}


def _long(owner: str | None) -> str | None:
    """Return the form of an id that no longer depends on case, in which Salesforce gives ``OwnerId``: five characters give one more."""
    if owner is None or len(owner) == 18:
        return owner
    fives = (owner[place : place + 5] for place in (0, 5, 10))
    return owner + "".join(_CHECKSUM[sum(one.isupper() << place for place, one in enumerate(five))] for five in fives)
