"""One line of a draft: what stands today, what is proposed, and one sentence of evidence with its number of leads and interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from leadq.foundation.plurals import one_or_many
from leadq.models.tiers.promise_test import Judgement

Basis = Literal["measured", "too few", "not recorded", "a choice"]
CHOICE = "A choice of both sides, not a measurement."


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A line of the agreement.

    Parameters
    ----------
    key : str
        Where it is in the file: ``"duties.sales.follow_up_share"``.
    about, today, proposed : str
        In words.
    evidence : str
        A sentence or two.
    basis : {"measured", "too few", "not recorded", "a choice"}
        Of all but the first nothing is shown, and the line of today stays.
    n : int or None
        Leads, deals or months that were counted; None where nothing was measured.
    low, high : float or None
        Ends of the 90 % interval of the figure that the evidence gives, in its unit.
    """

    key: str
    about: str
    today: str
    proposed: str
    evidence: str
    basis: Basis
    n: int | None = None
    low: float | None = None
    high: float | None = None

    @property
    def differs(self) -> bool:
        """Whether something else is proposed than stands today."""
        return self.today != self.proposed

    def facts(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {**asdict(self), "differs": self.differs}


def won_words(one: Judgement) -> str:
    """Return how many of some leads were won, with the 90 % interval: ``"21 of 90 were won: 23.3 % (16.9 to 31.3 %)"``."""
    of = f"{one.won:,} of {one.n:,} {one_or_many(one.won, 'was', 'were')} won"
    return f"{of}: {share_words(one.rate)} ({interval_words(one)})"


def interval_words(one: Judgement) -> str:
    """Return the 90 % interval of a share: ``"16.9 to 31.3 %"``."""
    return between_words(one.quantile(0.05), one.quantile(0.95))


def between_words(low: float, high: float) -> str:
    """Return two shares as an interval.

    >>> between_words(0.169, 0.3125)
    '16.9 to 31.2 %'
    """
    return f"{share_words(low).removesuffix(' %')} to {share_words(high)}"


def share_words(share: float) -> str:
    """Return a share with one decimal at most.

    >>> share_words(0.3), share_words(0.000462), share_words(0.2333)
    ('30 %', '0 %', '23.3 %')
    """
    return f"{round(100 * share, 1):g} %"
