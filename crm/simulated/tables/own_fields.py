"""The company's own fields: three that matter, one that is filled in afterwards, and many that mean nothing.

``procurement_contact`` is planted: it is filled in after the close, mostly for wins, and has no recorded history.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.arrow_columns import labels, moments, numbers
from leadq.crm.simulated.moments import DAY, draw_arrivals
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Ints

BACKFILLED = "procurement_contact"
_CONTACTS = tuple(f"buyer desk {letter}" for letter in "ABCDEF")
_MEANINGLESS = ("north", "east", "south", "west", "centre", "abroad")
_NAMES = (
    "visit_minutes",
    "sales_region",
    "newsletter",
    "form_completeness",
    "badge_scans",
    "branch_office",
    "data_import_date",
    "spelling_score",
    "page_width",
    "mail_district",
    "listed_in_directory",
    "address_quality",
)
"""Of the fields that mean nothing, as a company would call them; further ones are numbered."""


def lead_fields(world: World, rows: Ints, read_at: int) -> dict[str, pa.Array]:
    """Own fields of the leads numbered ``rows`` (a second entry repeats its original's)."""
    leads = world.leads
    fields = {
        "product_interest": labels(leads.product[rows], words.PRODUCT.names),
        "seats_wanted": numbers(leads.seats[rows]),
        "current_tool": labels(leads.tool[rows], words.TOOL.names),
        BACKFILLED: _backfilled(world, read_at).take(pa.array(rows)),
    }
    count = world.settings.noise_fields
    for index in range(count - count // 6):
        name, column = _noise(world, index, len(leads.created), "lead")
        fields[name] = column.take(pa.array(rows))
    return fields


def account_fields(world: World, rows: Ints) -> dict[str, pa.Array]:
    """Own fields of the accounts numbered ``rows``: every sixth field of noise."""
    count = world.settings.noise_fields
    fields = {}
    for index in range(count - count // 6, count):
        name, column = _noise(world, index, len(world.accounts.industry), "account")
        fields[name] = column.take(pa.array(rows))
    return fields


def _backfilled(world: World, read_at: int) -> pa.Array:
    """Empty while a lead is open; filled after the close for 85 % of wins and 4 % of losses."""
    random = world.settings.random("own.backfilled")
    n = len(world.leads.created)
    filled = random.random(n) < np.where(world.fate.won, 0.85, 0.04)
    later = world.fate.closed + (random.random(n) * 3 * DAY).astype(np.int64)
    shown = filled & (later <= read_at)
    return labels(np.where(shown, random.integers(0, len(_CONTACTS), n), -1), _CONTACTS)


def _noise(world: World, index: int, size: int, entity: str) -> tuple[str, pa.Array]:
    """One field of noise: its name and its values, some missing."""
    random = world.settings.random(f"own.{entity}.noise.{index}")
    present = random.random(size) >= (0.0, 0.1, 0.4)[index % 3]
    kind = ("number", "category", "flag", "score")[index % 4] if index != 6 else "date"
    again = index // len(_NAMES)
    name = _NAMES[index % len(_NAMES)] + (f"_{kind}_{again + 1}" if again else "")
    if kind == "number":
        return name, numbers(np.round(random.lognormal(2.0, 1.0, size), 2), present)
    if kind == "score":
        return name, numbers(random.integers(0, 101, size).astype(np.float64), present)
    if kind == "category":
        return name, labels(np.where(present, random.integers(0, len(_MEANINGLESS), size), -1), _MEANINGLESS)
    if kind == "flag":
        return name, pa.array(random.random(size) < 0.3, mask=~present)
    return name, moments(draw_arrivals(random, world.settings, size) - 400 * DAY, present)
