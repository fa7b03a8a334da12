"""What a command says when it is done: the same facts for machines and in words, and the exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DONE = 0
STOPPED_BY_GATE = 3
PAUSED = 4
WITH_REJECTED_ROWS = 5
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The result of a command.

    Parameters
    ----------
    facts : dict
        JSON-ready, for ``--json``.
    words : str
        For a person.
    exit_code : int
        0 done, 5 done with rejected rows, 4 done but for what the next run does, 3 where a check found what stops training;
        failures are exceptions.
    """

    facts: dict[str, Any]
    words: str
    exit_code: int = DONE


def for_a_terminal(words: str) -> str:
    """Return ``words`` with control characters spelt out: what stands in a CRM must not steer the terminal."""
    return words.translate(_CONTROL)
