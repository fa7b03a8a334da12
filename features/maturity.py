"""How soon wins come: the share of the wins within the horizon that has happened by an age, in days after as-of.

What turns the wins of leads that are not mature yet into evidence: of ``sum p_i`` wins expected in the end,
``sum p_i F(age_i)`` are expected so far (docs/method.md, Anchor).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Floats

_MOST_KNOTS = 200  # a finer curve says nothing more, and this one is kept as text


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturityCurve:
    """Monotone, piecewise linear: 0 at age 0, 1 from the horizon on.

    Parameters
    ----------
    ages_days, shares : tuple of float
        The knots, of one length; first ``(0, 0)``, last ``(horizon, 1)``.
    """

    ages_days: tuple[float, ...]
    shares: tuple[float, ...]

    def share(self, age_days: Floats) -> Floats:
        """Share of the wins that has happened ``age_days`` after as-of, in [0, 1], of the shape of ``age_days``."""
        return np.asarray(np.interp(age_days, self.ages_days, self.shares), dtype=np.float64)


def maturity_curve(days_to_win: Floats, horizon_days: float) -> MaturityCurve:
    """Estimate the curve from mature rows, whose every win within the horizon has been seen.

    Parameters
    ----------
    days_to_win : array of shape (n_rows,)
        Of mature rows at one landmark (hand-off, where it exists), days from as-of to the win; NaN where not won.
        Rows that are not mature would make wins look faster than they are.
    horizon_days : float

    Returns
    -------
    MaturityCurve
        The k-th of n wins stands at k / (n + 1), the rest is spread evenly: few wins leave a nearly straight line.

    Raises
    ------
    ValueError
        A win lies outside (0, horizon].
    """
    won = np.sort(days_to_win[~np.isnan(days_to_win)])
    if won.size and (won[0] <= 0 or won[-1] > horizon_days):
        raise ValueError(f"wins must come within (0, {horizon_days:g}] days, got {won[0]:g} to {won[-1]:g}")
    # of wins at the same moment the last one counts; a win on the horizon's last moment is the last knot itself
    ages, first = np.unique(won[::-1], return_index=True)
    shares = (won.size - first) / (won.size + 1.0)
    inside = ages < horizon_days
    ages, shares = ages[inside], shares[inside]
    if ages.size > _MOST_KNOTS:
        kept = np.unique(np.linspace(0, ages.size - 1, _MOST_KNOTS).round().astype(np.int64))
        ages, shares = ages[kept], shares[kept]
    return MaturityCurve(
        ages_days=(0.0, *(float(age) for age in ages), float(horizon_days)),
        shares=(0.0, *(float(share) for share in shares), 1.0),
    )
