"""Fields under suspicion that the model uses all the same: said beside the verdict that they could spoil, with what to do.

A leak check that only names a field leaves it in the model. How much hangs on it is counted on past leads: of those that the model puts
into the best tier, how many have the field as their strongest reason. Leaves out fields that are not in the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from leadq.features.leak_checks.advice import what_to_do
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.reporting import once_a_field
from leadq.foundation.arrays import Floats
from leadq.foundation.plurals import counted
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer

_OF_ONE_FIELD = (0, 4, 5, 6, 12)
"""Checks that suspect a field of knowing the outcome; the others look at the data as a whole, or at what changed with time."""
_LOOKED_AT = 2_000
_BEST = 0.05
"""Share of past leads that count as the best where no tier is offered."""
_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectedField:
    """A field that the model uses and a leak check names.

    Parameters
    ----------
    field : str
    says : str
        What was found.
    advice : str
    strongest : int
        Leads of ``best`` whose strongest reason it is.
    best : int
        Past leads in the best tier, of those looked at.
    tier : str
        The best tier, or the leads that stand for it.
    """

    field: str
    says: str
    advice: str
    strongest: int
    best: int
    tier: str

    @property
    def share(self) -> float:
        """Share in [0, 1] of the best leads."""
        return self.strongest / self.best if self.best else 0.0

    def in_words(self) -> str:
        """Say it in one paragraph."""
        weight = ""
        if self.best:
            weight = (
                f" It is the strongest reason of {self.strongest:,} of {counted(self.best, 'past lead')} {self.tier}, so what is said "
                "here of the model may be too good."
            )
            if not self.strongest:
                weight = f" It is the strongest reason of none of {counted(self.best, 'past lead')} {self.tier}."
        return f"Under suspicion: {self.field}. {self.says}{weight} {self.advice}".rstrip()


def suspected_fields(
    findings: Iterable[LeakFinding], bundle: Bundle, rows: Floats, *, seed: int, threads: int
) -> tuple[SuspectedField, ...]:
    """Return the fields under suspicion in a model, those first on which most hangs.

    Parameters
    ----------
    findings : iterable of LeakFinding
        The worst first.
    bundle : Bundle
    rows : array of shape (n, n_features)
        Past leads, as the bundle's catalogue has them.
    seed, threads : int
    """
    if bundle.kind != "booster":
        return ()
    named = [one for one in findings if one.consequence == "name" and one.check in _OF_ONE_FIELD]
    used = [(one, families) for one in once_a_field(named) if (families := _families(one, bundle))]
    if not used:
        return ()
    strongest, tier = _strongest_of_the_best(bundle, rows, seed=seed, threads=threads)
    found = [
        SuspectedField(
            field=finding.field,
            says=finding.sentence,
            advice=what_to_do(finding),
            strongest=sum(one in families for one in strongest),
            best=len(strongest),
            tier=tier,
        )
        for finding, families in used
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def doubts(found: Sequence[SuspectedField]) -> tuple[str, ...]:
    """Return what is said beside the verdict: the gravest in full, the others by name."""
    said = [one.in_words() for one in found[:_MOST]]
    if more := [one.field for one in found[_MOST:]]:
        said.append(f"Also under suspicion, and in the model: {', '.join(more)}. leadq check says why.")
    return tuple(said)


def _families(finding: LeakFinding, bundle: Bundle) -> set[str]:
    """Families of the features in the model that are made of a finding's field."""
    names = {*finding.features, finding.field}
    return {one.family for one in bundle.catalogue.features if one.name in names or one.source == finding.field}


def _strongest_of_the_best(bundle: Bundle, rows: Floats, *, seed: int, threads: int) -> tuple[list[str], str]:
    """Strongest reason of each past lead in the best tier, as a family, and what these leads are called."""
    chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:_LOOKED_AT])
    scored = MatrixScorer(bundle, threads=threads).score(rows[chosen])
    cut = next(((tier.cut, f"in {tier.tier_id}") for tier in bundle.tiers if tier.cut is not None), None)
    if cut is None and len(chosen):
        cut = (float(np.quantile(scored.probability, 1 - _BEST)), "that it rated highest")
    if cut is None:
        return [], ""
    best = scored.contributions[scored.probability >= cut[0]]
    return [scored.families[int(row.argmax())] for row in best if row.max() > 0], cut[1]
