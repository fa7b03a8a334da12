"""Whether the leads of a quarter can prove what a tier promises, and when enough of them are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leadq.agreement.schema import Agreement
from leadq.features.readiness.minimum_outcomes import in_months
from leadq.features.readiness.promise_evidence import leads_that_prove, rate_that_proves
from leadq.features.readiness.statements import Statement, say
from leadq.features.readiness.time_span import QUARTER_DAYS
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.plurals import counted

_FEWEST = 30  # leads, below which the acceptance test calls a tier not testable
_HEADROOM = 1.2


def promises(data: TrainingData, agreement: Agreement, shares: Mapping[str, float] | None) -> Iterator[Statement]:
    """Say for each promise what a quarter's leads can prove of it.

    Parameters
    ----------
    data : TrainingData
    agreement : Agreement
    shares : mapping of str to float or None
        Share of each tier among the leads handed over, in [0, 1], by tested forecasts; None where nothing could be tested.
    """
    quarter = _leads_a_quarter(data)
    confidence = agreement.acceptance.confidence
    for tier in agreement.tiers:
        if tier.promise is None:
            continue
        promise = tier.promise.win_rate_at_least
        if shares is None or tier.id not in shares:
            yield _unknown_share(tier.id, promise, confidence)
            continue
        share = shares[tier.id]
        n = round(quarter * share)
        needed = rate_that_proves(promise, n, confidence=confidence) if n else None
        enough = leads_that_prove(promise, min(_HEADROOM * promise, 0.99), confidence=confidence)
        gets = f"About {share:.1%} of the leads handed over are {tier.id}, {counted(n, 'lead')} a quarter"
        if needed is None or n < _FEWEST:
            sentence = f"{gets}: too few to test its promise of {promise:.0%} in a quarter."
            yield say("cannot", f"promise_{tier.id}", sentence, leads=n, promise=promise)
        else:
            sentence = (
                f"{gets}: its promise of {promise:.0%} is proven once {needed:.1%} or more of them are won (with "
                f"{confidence:.0%} confidence)."
            )
            yield say("can", f"promise_{tier.id}", sentence, leads=n, promise=promise, rate_that_proves=needed)
        if enough is not None and enough > n:
            advice = (
                f"If the true win rate of {tier.id} is {_HEADROOM * promise:.0%}, it takes {counted(enough, 'lead')} to prove "
                f"its promise of {promise:.0%}"
            )
            if data.dated and n:
                advice += f", about {in_months(3 * enough / n)} of hand-offs"
            yield say("next", f"leads_for_{tier.id}", advice + ".", leads=enough)


def _unknown_share(tier_id: str, promise: float, confidence: float) -> Statement:
    """Say what a test of a promise takes where nobody knows how many leads are in the tier."""
    enough = leads_that_prove(promise, min(_HEADROOM * promise, 0.99), confidence=confidence)
    takes = (
        "" if enough is None else f" If {_HEADROOM * promise:.0%} of them are won, it takes {counted(enough, 'lead')}."
    )
    sentence = (
        f"How many leads are {tier_id} is not known before a model is tested on later leads, so nothing can be said of how soon its "
        f"promise of {promise:.0%} is proven.{takes}"
    )
    return say("cannot", f"promise_{tier_id}", sentence, promise=promise)


def _leads_a_quarter(data: TrainingData) -> float:
    """Worked leads a quarter; a quarter of all of them where there are no dates."""
    first = data.meta[data.meta["landmark"].isin([HANDOFF, 0]) & data.meta["worked"]]
    leads = int(first["lead_id"].nunique())
    if not data.dated or not leads:
        return leads / 4
    days: float = max(1.0, (first["as_of"].max() - first["as_of"].min()).total_seconds() / 86_400)
    return leads * min(1.0, QUARTER_DAYS / days)
