"""How one column is read: what its values are, how they are written, what counts as missing, and on which evidence.

The reading of every column is kept with the history and in the bundle, so that a night reads as its model's training did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Wanted: TypeAlias = Literal["any", "time", "number", "id", "text", "outcome"]
"""What a column must hold, by what it is mapped to; ``any``: the values decide."""

Kind: TypeAlias = Literal["text", "number", "time", "flag", "id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the values of a column show.

    Parameters
    ----------
    filled : int
        Values that are not missing.
    fits : int
        Those that are read in one of the forms.
    missing : int
        Values that are markers such as NULL or N/A; empty cells are not counted.
    examples : tuple of str
        At most two values as they are written.
    doubt : str
        What the values do not settle, in plain words; empty where they do.
    """

    filled: int
    fits: int
    missing: int = 0
    examples: tuple[str, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReading:
    """How the texts of one column are read.

    Parameters
    ----------
    kind : {"text", "number", "time", "flag", "id"}
    forms : tuple of str
        As ``read`` in ``leadq.yaml`` says it: strptime formats, ``iso``, ``epoch_s``, ``epoch_ms``, ``excel_days`` of a time;
        the number 1234.5 as the column would write it of a number, such as ``1.234,5``.
    missing : tuple of str
        Words that count as missing, as written.
    """

    kind: Kind
    forms: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    evidence: Evidence = Evidence(filled=0, fits=0)
