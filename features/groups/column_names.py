"""Column names out of a company's own words: plain, unique, the same every time."""

from __future__ import annotations

import re
from collections.abc import Iterable


def plain_names(words: Iterable[str]) -> dict[str, str]:
    """Map each word to a name of letters, digits and ``_``; words that would share a name get a number, in sorted order.

    Names that differ by the case of letters only would share one, too: DuckDB takes them for the same column.

    >>> plain_names(["page view", "page-view", "Demo", "demo"])
    {'Demo': 'Demo', 'demo': 'demo_2', 'page view': 'page_view', 'page-view': 'page_view_2'}
    """
    names: dict[str, str] = {}
    taken: set[bytes] = set()
    for word in sorted(set(words)):
        name = candidate = re.sub(r"\W+", "_", word).strip("_") or "unnamed"
        number = 2
        while candidate.encode().lower() in taken:
            candidate, number = f"{name}_{number}", number + 1
        taken.add(candidate.encode().lower())  # of bytes: ASCII letters only, as DuckDB does
        names[word] = candidate
    return names
