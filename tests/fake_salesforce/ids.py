"""Ids as Salesforce makes them, and the three users of the organisation."""

from __future__ import annotations

import string

PREFIXES = {
    "Lead": "00Q",
    "Account": "001",
    "Contact": "003",
    "User": "005",
    "Opportunity": "006",
    "OpportunityHistory": "008",
    "Task": "00T",
    "Event": "00U",
    "CampaignMember": "00v",
    "LeadHistory": "017",
    "IngestJob": "750",
}
_SUFFIX = string.ascii_uppercase + "012345"


def full_id(fifteen: str) -> str:
    """Return the 18 characters of an id of 15: three more say which letters are capitals."""
    parts = (fifteen[start : start + 5] for start in (0, 5, 10))
    return fifteen + "".join(
        _SUFFIX[sum(1 << place for place, letter in enumerate(part) if letter in string.ascii_uppercase)]
        for part in parts
    )


def new_id(table: str, number: int) -> str:
    """Return the id of the ``number``-th record of a table."""
    return full_id(f"{PREFIXES.get(table, 'a00')}Fk{number:010d}")


INTEGRATION_USER = new_id("User", 1)
HUMAN = new_id("User", 2)
RULE_OWNER = new_id("User", 3)
"""Whom assignment rules make the owner of a lead where they run."""
