"""Scores and chosen reasons of a batch's leads: computed again, or copied where nothing changed since the last night."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadq.foundation.arrays import Bools, Floats
from leadq.models.bundle.matrix_scorer import Scored
from leadq.serving.scoring.changes.score_reuse import States
from leadq.serving.scoring.reasons.reason_choice import Chosen, HeldBack
from leadq.serving.scoring.scoring_run import ScoringKit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """What is known of n leads before it is put in words.

    Parameters
    ----------
    scored : Scored
        Of a batch with leads taken again ``feature_contributions`` is not filled.
    sides : tuple of two Chosen, or None
        Reasons for and against; None for the base rate, which has no reasons.
    held_back : HeldBack
        Among the leads computed again.
    states : uint64 array of shape (n,) or None
    taken : int
        Leads taken again.
    """

    scored: Scored
    sides: tuple[Chosen, Chosen] | None
    held_back: HeldBack
    states: States | None
    taken: int


def reckon(leads: pa.RecordBatch, encoded: Floats, earlier: pa.Table | None, kit: ScoringKit) -> Reckoned:
    """Reckon a batch.

    Parameters
    ----------
    leads : RecordBatch of n rows
    encoded : ndarray of shape (n, n_features)
    earlier : Table of n rows or None
        As ``PreviousScores.rows`` gives it.
    kit : ScoringKit
    """
    states = kit.states.states(encoded) if kit.states is not None and kit.states.able else None
    same = _same(leads, states, earlier, kit)
    if earlier is not None and same.any():
        return _with_taken(encoded, earlier, same, states, kit)
    scored, held_back = kit.scorer.score(encoded), HeldBack()
    sides = None if kit.run.bundle.kind == "base_rate" else kit.reasons.choose(scored, encoded, held_back)
    return Reckoned(scored=scored, sides=sides, held_back=held_back, states=states, taken=0)


def _same(leads: pa.RecordBatch, states: States | None, earlier: pa.Table | None, kit: ScoringKit) -> Bools:
    """Which leads are in the state of the last night, under the same model and agreement."""
    run = kit.run
    if states is None or earlier is None or run.previous is None or run.previous_states is None or not len(states):
        return np.zeros(leads.num_rows, dtype=np.bool_)
    same = run.previous_states.same(leads.column("lead_id").cast(pa.string()), states)
    wanted = {
        "model_version": run.bundle.version,
        "agreement_version": run.agreement.version,
        "as_of": run.previous.as_of,  # a run over some leads since then is another look
    }
    for name, value in wanted.items():
        column = earlier[name].combine_chunks()
        same &= pc.fill_null(pc.equal(column, pa.scalar(value, column.type)), False).to_numpy(zero_copy_only=False)
    scored = earlier["probability"].combine_chunks().is_valid()
    return np.asarray(same & scored.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _with_taken(encoded: Floats, earlier: pa.Table, same: Bools, states: States | None, kit: ScoringKit) -> Reckoned:
    n, held_back = len(encoded), HeldBack()
    taken, anew = np.flatnonzero(same), np.flatnonzero(~same)
    fresh = np.asfortranarray(encoded[anew])
    scored = kit.scorer.score(fresh)
    rows = earlier.filter(pa.array(same))
    families = len(scored.families)
    before = rows["contributions"].combine_chunks().flatten().field("contribution")
    margin, probability, contributions = np.empty(n), np.empty(n), np.empty((n, families))
    margin[anew], probability[anew], contributions[anew] = scored.margin, scored.probability, scored.contributions
    margin[taken] = rows["margin"].to_numpy()
    probability[taken] = rows["probability"].to_numpy()
    contributions[taken] = before.to_numpy(zero_copy_only=False).reshape(len(taken), families)
    sides = [
        side.of(anew, n).beside(kit.reasons.chosen_before(rows[name].combine_chunks(), taken, encoded))
        for side, name in zip(
            kit.reasons.choose(scored, fresh, held_back), ("reasons_for", "reasons_against"), strict=True
        )
    ]
    together = replace(
        scored,
        margin=margin,
        probability=probability,
        contributions=contributions,
        feature_contributions=np.empty((0, encoded.shape[1])),
    )
    return Reckoned(scored=together, sides=(sides[0], sides[1]), held_back=held_back, states=states, taken=len(taken))
