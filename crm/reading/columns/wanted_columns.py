"""Facts about the contract's tables that the steps of reading share: which have own fields, which columns are ids."""

from __future__ import annotations

from typing import Literal

Entity = Literal["lead", "account"]
WITH_OWN_FIELDS: dict[str, Entity] = {"leads": "lead", "accounts": "account"}
CONTRACT_IDS = frozenset(("lead_id", "account_id", "opportunity_id", "entity_id", "old_lead_id"))
OWN_KEYS = {"leads": "lead_id", "accounts": "account_id", "opportunities": "opportunity_id", "owners": "owner"}
"""The id by which a table's own rows are known."""
