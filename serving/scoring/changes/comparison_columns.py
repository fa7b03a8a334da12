"""The columns that compare a score with the one before: probability then, trend, and what changed by family and cause."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadq.foundation.arrays import Floats
from leadq.models.bundle.matrix_scorer import Scored
from leadq.serving.scoring.changes.change_causes import Versions, changes, trend
from leadq.serving.scoring.scoring_run import ScoringKit
from leadq.serving.scoring.table.dictionary_columns import CODED

NAMES = ("previous_probability", "trend", "changed")


def compare(
    scored: Scored, lead_ids: pa.Array, previous: pa.Table | None, kit: ScoringKit
) -> tuple[dict[str, pa.Array], int]:
    """Return the columns :data:`NAMES` of n scored leads, and of how many lead and model could not be told apart.

    Parameters
    ----------
    scored : Scored
    lead_ids : Array of n strings
    previous : Table of n rows or None
        As ``PreviousScores.compared`` gives it; a lead without such a score has nulls.
    kit : ScoringKit
    """
    if previous is None:
        return {name: pa.nulls(len(lead_ids), CODED.field(name).type) for name in NAMES}, 0
    run = kit.run
    reanchored = run.previous.reanchored if run.previous else frozenset[str]()
    versions = Versions.of(previous, run.bundle.version, reanchored)
    then = _then(scored, lead_ids, previous, versions, kit)
    before = previous["probability"].combine_chunks()
    found = {
        "previous_probability": before,
        "trend": trend(scored.probability, before.to_numpy(zero_copy_only=False)),
        "changed": changes(
            scored.families, scored.contributions, scored.base, previous=previous, versions=versions, then=then
        ),
    }
    return found, int((versions.other & np.isnan(then).any(axis=1)).sum())


def _then(scored: Scored, lead_ids: pa.Array, previous: pa.Table, versions: Versions, kit: ScoringKit) -> Floats:
    """Contributions of last time's facts under tonight's model, of leads that another model scored; NaN where not known."""
    facts, then = kit.run.previous_facts, np.full(scored.contributions.shape, np.nan)
    other = np.flatnonzero(versions.other)
    if facts is None or not len(other) or not scored.families:  # the base rate says the same of all facts
        return then
    rows = pa.array(other)
    snapshots = previous["snapshot_id"].combine_chunks().take(rows)
    encoded, known = facts.encoded(pc.take(lead_ids, rows), snapshots, kit.run.bundle.catalogue)
    if known.any():
        then[other[known]] = kit.scorer.score(np.asfortranarray(encoded[known])).contributions
    return then
