"""Which texts a spreadsheet would run when it opens them in a CSV file, and which only look so: a number with a sign is none.

Leaves out how a cell is written; that differs between a list that people read and rows that another program takes on.
"""

from __future__ import annotations

import re

_STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"  # and their wide forms
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][+-]?\d+)?%?")
_RUNS_NOTHING = re.compile(r"[+\-@\uff0b\uff0d\uff20][\w .\-]*")
"""A sign before letters and digits calls no function and reaches no other program: at worst it shows as an unknown name."""


def begins_a_formula(text: str) -> bool:
    r"""Return whether a spreadsheet would take ``text`` for a formula; a number with its sign is a number.

    Examples
    --------
    >>> [begins_a_formula(text) for text in ("=1+1", "-5 leads", "-1001", "+3.5", "Retail", "\t=A1")]
    [True, True, False, False, False, True]
    """
    return text.startswith(("\t", "\r", *_STARTS)) and _NUMBER.fullmatch(text) is None


def may_run(text: str) -> bool:
    """Return whether opening ``text`` in a spreadsheet may run something: an id such as ``-MxYz_1`` or ``@ana`` does not.

    Examples
    --------
    >>> [may_run(text) for text in ("=cmd|'/c calc'!A1", "@SUM(A1)", "-1+cmd|A1", "-MxYz_1", "@ana", "-1001")]
    [True, True, True, False, False, False]
    """
    return begins_a_formula(text) and _RUNS_NOTHING.fullmatch(text) is None
