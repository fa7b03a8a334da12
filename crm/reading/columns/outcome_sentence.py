"""Which column holds the outcome and what its words count as, in one sentence: for check, the evaluation report and the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadq.crm.reading.columns.outcome_meaning import STATES
from leadq.foundation.plurals import counted, one_or_many

_MOST_SHOWN = 12


def outcome_sentence(told: Mapping[str, Any]) -> str:
    """Return the sentence; empty where nothing was told.

    Parameters
    ----------
    told : mapping
        ``columns``, and ``words``: for each of won, lost and open the words of the data and their rows.

    Examples
    --------
    >>> outcome_sentence({"columns": ["Stage"], "words": {"won": {"Closed Won": 347}, "lost": {"Lost": 812}, "open": {}}})
    "Outcome: column Stage; won: 'Closed Won' (347 rows); lost: 'Lost' (812 rows); open: no word."
    """
    columns, words = list(told.get("columns", ())), told.get("words")
    if not columns or not words:
        return ""
    named = f"{one_or_many(len(columns), 'column')} {' | '.join(columns)}"
    states = "; ".join(f"{state}: {_shown(words.get(state, {}))}" for state in STATES)
    return f"Outcome: {named}; {states}."


def _shown(words: Mapping[str, int]) -> str:
    shown = [f"{word!r} ({counted(rows, 'row')})" for word, rows in words.items()]
    more = len(shown) - _MOST_SHOWN
    listed = ", ".join(shown[:_MOST_SHOWN]) or "no word"
    return f"{listed} and {counted(more, 'more word')}" if more > 0 else listed
