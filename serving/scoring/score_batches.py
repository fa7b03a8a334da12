"""From Arrow batches of tonight's open leads to batches of the score table.

A function from batch to batch, vectorised, so that it streams on one machine and maps over Spark's partitions alike. Every row comes
out again, scored or not scored with its reason, and every score adds up or the run fails (promise 2). Left out: computing the
features (features/tonight.py), putting the table on disk and ranking its rows (``serving/scoring/table/score_table_file.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from leadq.agreement.decide import decide_tiers, model_tiers
from leadq.crm.contract.score_table import REJECTED, REJECTIONS, SCORES, STATUSES
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.models.tiers.tier_offers import cut_by_tier
from leadq.serving.scoring.additivity_check import contribution_lists, must_add_up
from leadq.serving.scoring.batch_scores import Reckoned, reckon
from leadq.serving.scoring.changes.comparison_columns import compare
from leadq.serving.scoring.changes.previous_scores import COLUMNS, TAKEN_AGAIN
from leadq.serving.scoring.changes.score_reuse import States
from leadq.serving.scoring.handoff_tier import tiers_at_handoff
from leadq.serving.scoring.model_input import SHOWN, encoded_features, raw_categories, require_columns, rule_hits
from leadq.serving.scoring.reasons.reason_choice import HeldBack
from leadq.serving.scoring.scoring_run import ScoringKit, ScoringRun
from leadq.serving.scoring.table.dictionary_columns import (
    CODED,
    coded,
    coded_schema,
    constant,
    plain,
    spread,
    texts_of,
)

__all__ = ["ScoredBatch", "ScoringKit", "ScoringRun", "score_batches", "score_coded"]

Objects = npt.NDArray[np.object_]


def score_batches(batches: Iterable[pa.RecordBatch], run: ScoringRun) -> Iterator[pa.RecordBatch]:
    """Score tonight's leads.

    Parameters
    ----------
    batches : iterable of RecordBatch
        As :func:`leadq.features.tonight.tonight` yields them.
    run : ScoringRun

    Yields
    ------
    RecordBatch
        In the schema :data:`leadq.crm.contract.score_table.SCORES`, and where it came in with them
        :data:`~leadq.crm.contract.score_table.REJECTIONS`; as many rows as came in and in their order; ``percentile`` is still
        null.

    Raises
    ------
    BundleError
        The bundle was made under other promises, a column that the model needs is missing or of another type, or a score
        does not add up.
    """
    kit = ScoringKit.of(run)
    for batch in batches:
        scored = score_coded(batch, kit)
        run.held_back.update(scored.held_back)
        if batch.num_rows:
            yield plain(scored.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredBatch:
    """A scored batch.

    Parameters
    ----------
    rows : RecordBatch
        In the schema :data:`leadq.serving.scoring.table.dictionary_columns.CODED`, a row a lead in their order.
    held_back : HeldBack
        Reasons held back in this batch.
    taken : int
        Leads that kept the scores of the last night.
    unsplit : int
        Leads that another model scored before, and whose facts then are not known.
    states : uint64 array of n states, or None
        0 for a lead that is not scored.
    """

    rows: pa.RecordBatch
    held_back: HeldBack
    taken: int
    unsplit: int
    states: States | None


def score_coded(batch: pa.RecordBatch, kit: ScoringKit) -> ScoredBatch:
    """Score one batch.

    Raises
    ------
    BundleError
        As :func:`score_batches` says.
    """
    run = kit.run
    require_columns(batch, run.bundle.catalogue, run.agreement)
    kit.book.forget_if_large()
    can = batch.column("status_reason").is_null().to_numpy(zero_copy_only=False)
    open_leads = batch if can.all() else batch.filter(pa.array(can))
    encoded = encoded_features(open_leads, run.bundle.catalogue)
    earlier = compared = None
    if run.previous is not None:
        lead_ids = batch.column("lead_id").cast(pa.string())
        earlier = run.previous.rows(lead_ids, columns=(*COLUMNS, *(TAKEN_AGAIN if run.previous_states else ())))
        compared = run.previous.compared(earlier, lead_ids, run.as_of)
    reckoned = reckon(open_leads, encoded, None if earlier is None else earlier.filter(pa.array(can)), kit)
    scored = reckoned.scored
    must_add_up(open_leads.column("lead_id"), scored.probability, scored.base, scored.contributions)
    of_open = None if compared is None else compared.filter(pa.array(can))
    said_before, unsplit = compare(scored, open_leads.column("lead_id").cast(pa.string()), of_open, kit)
    columns = {name: batch.column(name).cast(kind) for name, kind in SHOWN.items() if name != "handed_off_at"}
    columns |= _constants(run, batch.num_rows)
    columns["status"] = texts_of(_statuses(batch, can), list(STATUSES))
    columns["base"] = pa.array(np.full(batch.num_rows, scored.base), mask=~can)
    of_scored = {
        "probability": pa.array(scored.probability),
        "margin": pa.array(scored.margin),
        "contributions": contribution_lists(scored.families, scored.contributions),
        **_said(reckoned, encoded, open_leads, kit),
    }
    columns |= {name: spread(column, can) for name, column in of_scored.items()}
    columns |= _tiers(batch, columns["probability"], run, earlier, compared)
    columns |= {name: spread(column, can) for name, column in said_before.items()}
    columns["percentile"] = pa.nulls(batch.num_rows, pa.float64())  # known once all are scored
    states = np.zeros(batch.num_rows, dtype=np.uint64)
    if reckoned.states is not None:
        states[can] = reckoned.states
    columns |= {name: batch.column(name).cast(REJECTIONS.field(name).type) for name in _of_rejections(batch)}
    schema = coded_schema(columns)
    return ScoredBatch(
        rows=pa.record_batch([coded(columns[name], name) for name in schema.names], schema=schema),
        held_back=reckoned.held_back,
        taken=reckoned.taken,
        unsplit=unsplit,
        states=None if reckoned.states is None else states,
    )


def _of_rejections(batch: pa.RecordBatch) -> tuple[str, ...]:
    """Columns of rejections; none where no lead of tonight stands rejected or came back."""
    return tuple(REJECTIONS.names) if "rejected_at" in batch.schema.names else ()


def _statuses(batch: pa.RecordBatch, can: Bools) -> Ints:
    """Return the place of each lead's status among :data:`STATUSES`."""
    found = (~can).astype(np.int64)
    if _of_rejections(batch):
        stands = pc.and_(pc.is_valid(batch.column("rejected_at")), pc.is_null(batch.column("returned_at")))
        found[stands.to_numpy(zero_copy_only=False)] = STATUSES.index(REJECTED)
    return found


def _constants(run: ScoringRun, rows: int) -> dict[str, pa.Array]:
    values = {
        "as_of": run.as_of,
        "scored_at": run.scored_at,
        "horizon_days": run.bundle.catalogue.horizon_days,
        "model_version": run.bundle.version,
        "agreement_version": run.agreement.version,
        "run_id": run.run_id,
        "snapshot_id": run.snapshot_id,
    }
    return {name: _constant(value, SCORES.field(name).type, rows) for name, value in values.items()}


def _constant(value: object, kind: pa.DataType, rows: int) -> pa.Array:
    if pa.types.is_string(kind):
        return constant(None if value is None else str(value), rows)
    return pa.repeat(pa.scalar(value, kind), rows)


def _said(reckoned: Reckoned, encoded: Floats, leads: pa.RecordBatch, kit: ScoringKit) -> dict[str, pa.Array]:
    """Reasons and unknowns; the base rate alone has none."""
    names = ("reasons_for", "reasons_against", "unknowns")
    if reckoned.sides is None:
        return {name: pa.array([[]] * leads.num_rows, CODED.field(name).type) for name in names}
    raw = raw_categories(leads, kit.run.bundle.catalogue)
    found = [kit.reasons.word(side, encoded, raw) for side in reckoned.sides]
    return dict(zip(names, (*found, kit.unknowns.of(encoded)), strict=True))


def _tiers(
    batch: pa.RecordBatch, probability: pa.Array, run: ScoringRun, earlier: pa.Table | None, compared: pa.Table | None
) -> dict[str, pa.Array]:
    tier: Objects = np.full(batch.num_rows, None, dtype=object)
    tier_by = by_model = tier
    if not _is_base_rate(run):
        last_tier, last_probability = _last_night(compared, run)
        by_model = model_tiers(
            probability.to_numpy(zero_copy_only=False),
            cut_by_tier(run.bundle.tiers),
            run.agreement,
            previous_tier=last_tier,
            previous_probability=last_probability,
        )
        decision = decide_tiers(model_tier=by_model, rule_hits=rule_hits(batch, run.agreement), agreement=run.agreement)
        tier, tier_by = decision.tier, decision.tier_by
    handed_off_at = batch.column("handed_off_at").cast(SHOWN["handed_off_at"])
    frozen = tiers_at_handoff(handed_off_at, tier, earlier=earlier, previous=run.previous, as_of=run.as_of)
    found = {"tier": tier, "tier_by": tier_by, "model_tier": by_model}
    return {"tier_at_handoff": frozen, **{name: pa.array(values, pa.string()) for name, values in found.items()}}


def _last_night(compared: pa.Table | None, run: ScoringRun) -> tuple[Objects | None, Floats | None]:
    """Model tier and probability to hold a tier by; only those of this model under this agreement, other cuts are no state.

    They are those of the night before: a night scored twice is not two nights.
    """
    if compared is None:
        return None, None
    version = compared["model_version"].to_numpy(zero_copy_only=False)
    agreed = compared["agreement_version"].to_numpy(zero_copy_only=False)
    same = (version == run.bundle.version) & (agreed == run.agreement.version)
    tier = np.full(len(same), None, dtype=object)
    tier[same] = compared["model_tier"].to_numpy(zero_copy_only=False)[same]
    return tier, compared["probability"].to_numpy(zero_copy_only=False).astype(np.float64)


def _is_base_rate(run: ScoringRun) -> bool:
    return run.bundle.kind == "base_rate"
