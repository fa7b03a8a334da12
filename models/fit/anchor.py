"""The anchor: how far the calibrated log-odds lie from the outcomes of recent leads, mature or not.

Of ``sum p_i`` wins expected in the end, ``sum p_i F(age_i)`` are expected so far; the shift that makes them equal the wins so far is
shrunk by w / (w + 11), w = wins in the window, and left out below 30 wins (docs/method.md, Anchor). It moves the base, never the reasons.
Whether anchoring pays is not assumed: it is tried at every rolling origin, and kept only where it lowered the log-loss there by more
than a standard error. A window of one quarter is not tried: it follows noise and season (decision 0010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadq.foundation.arrays import Bools, Floats, sigmoid
from leadq.models.base.metrics import log_losses

MIN_WINS = 30
SHRINK_WINS = 11.0
WINDOWS_DAYS = (182.0, 365.0)
"""Recent windows tried in the back-test."""
WINDOW_ROWS = 500
"""The window of a source without dates: its last rows."""
_MAX_SHIFT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recent:
    """Leads at hand-off (else at the first landmark) before a moment, and what had come of them by then.

    Parameters
    ----------
    log_odds : array of shape (n,)
        Calibrated, without an anchor; never from a booster that has seen the lead's outcome.
    won : array of shape (n,)
        1 where won so far.
    matured : array of shape (n,)
        Share of the wins within the horizon that has happened by the lead's age since hand-off, F(age) in [0, 1].
    days_ago : array of shape (n,)
        Days from hand-off to the moment; for a flat source how many rows ago.
    """

    log_odds: Floats
    won: Floats
    matured: Floats
    days_ago: Floats

    def within(self, window: float) -> Recent:
        """Return the leads of the last ``window`` days (or rows)."""
        rows: Bools = self.days_ago <= window
        return Recent(
            log_odds=self.log_odds[rows],
            won=self.won[rows],
            matured=self.matured[rows],
            days_ago=self.days_ago[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A shift of the intercept and what it rests on.

    Parameters
    ----------
    shift : float
        Log-odds, shrunk; 0 where there are too few wins.
    window : float
        Days (rows for a flat source).
    leads, wins : int
    expected : float
        Wins expected so far without the anchor.
    """

    shift: float
    window: float
    leads: int
    wins: int
    expected: float

    @property
    def actual_to_expected(self) -> float | None:
        """Wins so far over wins expected so far; None where none are expected."""
        return self.wins / self.expected if self.expected > 0 else None

    @property
    def standard_errors(self) -> float:
        """How many standard errors the wins so far lie from those expected (Poisson)."""
        return (self.wins - self.expected) / float(np.sqrt(max(self.expected, 1.0)))

    def to_document(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "actual_to_expected": self.actual_to_expected}


def find_anchor(recent: Recent, window: float) -> Anchor:
    """Solve for the shift over the last ``window`` days (or rows), and shrink it."""
    seen = recent.within(window)
    wins = float(seen.won.sum())
    expected = float(np.sum(seen.matured * sigmoid(seen.log_odds)))
    shift = 0.0
    if wins >= MIN_WINS:
        shift = _solve(seen.log_odds, seen.matured, wins) * wins / (wins + SHRINK_WINS)
    return Anchor(shift=shift, window=window, leads=len(seen.won), wins=int(wins), expected=expected)


def _solve(log_odds: Floats, matured: Floats, wins: float) -> float:
    """Shift at which the expected wins so far equal the wins, by bisection."""
    low, high = -_MAX_SHIFT, _MAX_SHIFT
    for _ in range(60):
        middle = (low + high) / 2
        if float(np.sum(matured * sigmoid(log_odds + middle))) < wins:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tried:
    """What one origin offers to the back-test: leads before it, and held-out leads after it at the judged moment."""

    recent: Recent
    log_odds: Floats
    label: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """Whether anchoring would have paid at the rolling origins.

    Parameters
    ----------
    window : float or None
        The best window; None where none lowered the log-loss by more than a standard error: then nothing is anchored.
    log_loss : dict of str to float
        Mean held-out log-loss per window tried, and without an anchor (``"none"``).
    shifts : tuple of float
        Shift at each origin with the best window; zeros where none is kept.
    """

    window: float | None
    log_loss: dict[str, float]
    shifts: tuple[float, ...]

    @property
    def kept(self) -> bool:
        """Anchoring lowered the held-out log-loss beyond its standard error."""
        return self.window is not None


def back_test(origins: Sequence[Tried], windows: Sequence[float]) -> BackTest:
    """Try every window at every origin; pooled log-loss at the judged moment decides. Without windows nothing is kept.

    A pure function of what each origin knew: no origin's shift uses anything later than the origin.
    """
    label = np.concatenate([one.label for one in origins])

    def losses(shifts: Sequence[float]) -> Floats:
        parts = [sigmoid(one.log_odds + shift) for one, shift in zip(origins, shifts, strict=True)]
        return log_losses(label, np.concatenate(parts))

    nothing = (0.0,) * len(origins)
    without = losses(nothing)
    tried = {window: tuple(find_anchor(one.recent, window).shift for one in origins) for window in windows}
    found = {window: losses(shifts) for window, shifts in tried.items()}
    if not found:
        return BackTest(window=None, log_loss={"none": float(without.mean())}, shifts=nothing)
    best = min(found, key=lambda window: float(found[window].mean()))
    gain = without - found[best]
    means = {"none": float(without.mean()), **{f"{window:g}": float(one.mean()) for window, one in found.items()}}
    if gain.mean() <= gain.std() / np.sqrt(len(gain)):
        return BackTest(window=None, log_loss=means, shifts=nothing)
    return BackTest(window=best, log_loss=means, shifts=tried[best])
