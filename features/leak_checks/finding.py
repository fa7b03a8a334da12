"""What a leak check found, and the limits it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Consequence = Literal["name", "quarantine", "stop"]

BY_NAME = 0
"""``check`` of the rule on names, which has no number in docs/method.md."""

SUSPECT_AUC = 0.75
QUARANTINE_AUC = 0.85
MISSINGNESS_AUC = 0.65
ROOM_FOR_CHANCE = 0.10
"""A limit on an AUC also asks that the lower bound, AUC minus two standard errors, is no further than this below it: at 60
wins an honest field of AUC .70 crosses .85 by chance in fewer than one of a thousand, a true leak passes from ten wins on."""
MIN_CLASS = 10
"""Fewer wins or losses than this prove nothing about a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakFinding:
    """One suspicion, with its figure.

    Parameters
    ----------
    check : int
        Number in the table of docs/method.md; 0 for the rule on names.
    name : str
        What the check is called: ``"tells the outcome alone"``.
    field : str
        What is suspected, as the user knows it: ``"leads.duration"``, or a feature's name.
    features : tuple of str
        Features computed from it; empty when none is.
    figure : float
        What was measured (an AUC, a share, a number of rows).
    limit : float
        What it was compared with.
    consequence : {"name", "quarantine", "stop"}
    sentence : str
        The finding in plain words.
    """

    check: int
    name: str
    field: str
    features: tuple[str, ...] = ()
    figure: float
    limit: float
    consequence: Consequence
    sentence: str
