"""The hint of an error: what was likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean x? "`` for the closest of ``known`` (letter case aside), or an empty string."""
    by_lower = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f"Did you mean {by_lower[close[0]]}? " if close else ""
