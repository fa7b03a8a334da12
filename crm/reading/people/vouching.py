"""What is said of a column that is personal: that it was dropped and the line that keeps it, or who keeps it and why."""

from __future__ import annotations

import json

from leadq.foundation.plurals import counted, one_or_many


def dropped_note(table: str, column: str, why: str, *, done: str = "was dropped") -> str:
    """Return the note on a dropped column, with the line to paste.

    >>> dropped_note("leads", "Region", "holds names of people in 97% of its values")
    'leads: column Region was dropped, it holds names of people in 97% of its values; to keep it, add to the source of leads in \
leadq.yaml: own_fields: {vouch: {"Region": "why it is not personal; your name and the date"}}'
    """
    key = json.dumps(column, ensure_ascii=False)
    line = f'own_fields: {{vouch: {{{key}: "why it is not personal; your name and the date"}}}}'
    return f"{table}: column {column} {done}, it {why}; to keep it, add to the source of {table} in leadq.yaml: {line}"


def vouched_note(table: str, column: str, why: str, vouched: str) -> str:
    """Return the note on a personal column that somebody vouches for."""
    return f"{table}: column {column} is kept although it {why}, because leadq.yaml vouches for it: {vouched}"


def blanked_note(table: str, column: str, rows: int, filled: int) -> str:
    """Return the note on texts of which contact details were blanked."""
    held = one_or_many(
        rows,
        "holds an e-mail address, phone number or the like, which was",
        "hold e-mail addresses, phone numbers or the like, which were",
    )
    return f"{table}.{column}: {rows:,} of {counted(filled, 'value')} {held} blanked"
