"""The hint of an error: what was likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 100
"""Longest word that is looked for, in characters."""
_MOST = 2_000
"""Most words among which is looked: a search costs some microseconds for each."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean x? "`` for the closest of ``known`` (letter case aside), or an empty text.

    Where ``word`` is the last part of dotted names, those are meant. What nobody types is not looked for, nor anything among
    thousands: a hint must not cost seconds.

    >>> did_you_mean("domain", ["account.domain", "email_domain"])
    'Did you mean account.domain? '
    >>> did_you_mean("Sed", ["seed", "fit"]), did_you_mean("zzz", ["seed", "fit"])
    ('Did you mean seed? ', '')
    """
    names = sorted(known)
    if len(word) > _LONGEST or len(names) > _MOST:
        return ""
    hints = [name for name in names if "." in name and name.rsplit(".", 1)[1] == word][:2]
    if not hints:
        by_lower = {name.lower(): name for name in names}
        hints = [by_lower[close] for close in get_close_matches(word.lower(), by_lower, n=1)]
    return f"Did you mean {' or '.join(hints)}? " if hints else ""
