"""Whether the words of a column may be shown to a person who proposes a mapping: never those of people's columns, nor names in words."""

from __future__ import annotations

from itertools import pairwise

from leadq.crm.reading.people.headings import Says, heading_says
from leadq.crm.reading.people.name_forms import Reads, reads_as
from leadq.crm.reading.proposal.file_sample import Column
from leadq.crm.reading.proposal.heading_names import is_called

_OF_PEOPLE = (Says.NAME, Says.ALWAYS, Says.DETAIL, Says.PEOPLE)
_NAMES = 0.3
"""Share of a column's words that read as names, from which on none is shown."""


def is_personal(column: Column) -> bool:
    """Whether a column is one of people, by its heading or by its words where they are few."""
    if heading_says(column.name) in _OF_PEOPLE or is_called("owner", column.name) or is_called("email", column.name):
        return True
    words = [word for word, _ in column.words]
    return bool(words) and sum(names_somebody(word) for word in words) >= _NAMES * len(words)


def names_somebody(text: str) -> bool:
    """Whether ``text`` is a name, or has an address or a whole name in it.

    >>> names_somebody("Anna Smith"), names_somebody("call Anna Smith at once"), names_somebody("Trade Show")
    (True, True, False)
    """
    if "@" in text or reads_as(text) >= Reads.FAMILY:
        return True
    return any(reads_as(" ".join(pair)) == Reads.KNOWN for pair in pairwise(text.split()[:30]))
