"""Leads as lines at a terminal: id, tier, chance, account and the strongest reason, all cleaned of what could steer it.

Nobody's name is in them: an account is shown as the score table has it, an owner is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from leadq.agreement.schema import BY_MODEL
from leadq.serving.words.card import percent, why_not_scored
from leadq.serving.words.text import clean, uncapitalised, words

_HEADS = ("lead", "tier", "chance", "account", "what speaks most for it")
_WIDEST = (40, 12, 8, 24, 160)
"""In characters; what is longer ends in an ellipsis."""

Row = Mapping[str, Any]


def lead_lines(rows: Sequence[Row]) -> list[str]:
    """Return a line a row under one of headings; columns are as wide as needed, and an account is left out where none is known."""
    cells = [_HEADS, *(_cells(row) for row in rows)]
    shown = [at for at in range(len(_HEADS)) if at != _HEADS.index("account") or any(line[at] for line in cells[1:])]
    widths = {at: max(cell_len(line[at]) for line in cells) for at in shown}
    return ["  " + "  ".join(_padded(line[at], widths[at], at) for at in shown).rstrip() for line in cells]


def reason_of(row: Row) -> str:
    """Say what speaks most for a lead, or against it where nothing does; the agreed rule that decided its tier; why it has no score."""
    if row["status"] != "scored":
        return why_not_scored(row)
    reason = clean(row["reason_for"] or "", _WIDEST[-1])
    if not reason and row["reason_against"]:
        reason = f"against it: {uncapitalised(clean(row['reason_against'], _WIDEST[-1]))}"
    if row["tier_by"] is None or row["tier_by"] == BY_MODEL:
        return reason
    rule = f"by the agreed rule {words(row['tier_by'])!r}"
    return f"{rule}; {reason}" if reason else rule


def _cells(row: Row) -> tuple[str, ...]:
    scored = row["status"] == "scored"
    texts = (
        row["lead_id"],
        row["tier"] or ("no tier" if scored else row["status"].replace("_", " ")),
        percent(row["probability"]) if scored else "",
        row["account_id"] or "",
        reason_of(row),
    )
    return tuple(clean(text, limit) for text, limit in zip(texts, _WIDEST, strict=True))


def _padded(text: str, width: int, column: int) -> str:
    """Fill up to a width at the terminal, where letters of some scripts are two wide; figures stand at the right."""
    if column == _HEADS.index("chance"):
        return text.rjust(width)
    return set_cell_size(text, width)
