"""The last scored night under another agreement: who would have been in another tier, by the model, by rules and in all.

Probabilities are those of the night; the rules of the other agreement are looked up in the sources as of that night. Tiers
are those that the cuts alone give: what hysteresis holds for a night is the same under both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from leadq.agreement.decide import decide_tiers, model_tiers
from leadq.agreement.schema import DISQUALIFIED, Agreement
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.tonight import OpenLeads, tonight
from leadq.models.bundle.bundle import Bundle
from leadq.models.tiers.tier_migration import Movements, movements
from leadq.models.tiers.tier_offers import TierCut, cut_by_tier
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.night.score import read_tonight
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run
from leadq.serving.scoring.changes.previous_scores import PreviousScores
from leadq.serving.scoring.model_input import rule_hits


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What a rule does to open leads: how many it holds for, how many it decides, and how many it decided that night."""

    rule: str
    holds: int
    decides: int
    decided_before: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Night:
    """The last scored night under the other agreement.

    Parameters
    ----------
    run : Run
    moved : Movements
    rules : tuple of RuleEffect
    """

    run: Run
    moved: Movements
    rules: tuple[RuleEffect, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class _Seen:
    """Tiers of the leads seen so far, before and after, and what rules did."""

    model_before: list[Any] = field(default_factory=list)
    model_after: list[Any] = field(default_factory=list)
    total_before: list[Any] = field(default_factory=list)
    total_after: list[Any] = field(default_factory=list)
    holds: dict[str, int] = field(default_factory=dict)
    decides: dict[str, int] = field(default_factory=dict)


def preview_night(
    project: Project, run: Run, bundle: Bundle, new: Agreement, cuts: tuple[TierCut, ...], progress: Progress
) -> Night:
    """Decide the leads of a night again under ``new``.

    Parameters
    ----------
    run : Run
        A whole night that ``bundle`` scored.
    cuts : tuple of TierCut
        What could be offered under ``new``.

    Raises
    ------
    GateStopped
        The new agreement asks for a field that the data does not have, or the data breaks a stop rule.
    """
    engine, seen = project.settings.engine, _Seen()
    scores = PreviousScores(files=(project.store.table(run.scores),), as_of=run.inputs.as_of)
    with (
        project.store.writing("preview", project.now),
        open_engine(threads=engine.threads, memory_limit=engine.memory_limit) as backend,
    ):
        history = read_tonight(replace(project, agreement=new), bundle, progress)
        progress("Deciding last night's tiers again")
        leads = tonight(
            backend, OpenLeads(history=history, agreement=new, catalogue=bundle.catalogue, as_of=run.inputs.as_of)
        )
        for batch, scored in _scored(leads, scores):
            _decide(batch, scored, project.agreement, new, bundle.tiers, cuts, seen)
    decided = run.counts["counts"]["tier_by"]
    return Night(
        run=run,
        moved=movements(
            model=(_whole(seen.model_before), _whole(seen.model_after)),
            total=(_whole(seen.total_before), _whole(seen.total_after)),
            order=[tier.id for tier in new.tiers] + [DISQUALIFIED],
        ),
        rules=tuple(
            RuleEffect(
                rule=rule.id,
                holds=seen.holds.get(rule.id, 0),
                decides=seen.decides.get(rule.id, 0),
                decided_before=int(decided.get(rule.id, 0)),
            )
            for rule in new.rules
        ),
    )


def _scored(leads: Iterator[pa.RecordBatch], scores: PreviousScores) -> Iterator[tuple[pa.RecordBatch, pa.Table]]:
    """Pass on the leads that had a score, each batch with its rows of the score table."""
    for batch in leads:
        rows = scores.rows(batch.column("lead_id").cast(pa.string()))
        known = rows["probability"].combine_chunks().is_valid()
        if known.true_count:
            yield batch.filter(known), rows.filter(known)


def _decide(
    batch: pa.RecordBatch,
    scored: pa.Table,
    old: Agreement,
    new: Agreement,
    old_cuts: tuple[TierCut, ...],
    new_cuts: tuple[TierCut, ...],
    seen: _Seen,
) -> None:
    probability = scored["probability"].to_numpy()
    tier, by_model = (np.array(scored[name].to_pylist(), dtype=object) for name in ("tier", "model_tier"))
    before = model_tiers(probability, cut_by_tier(old_cuts), old)
    after = model_tiers(probability, cut_by_tier(new_cuts), new)
    hits = rule_hits(batch, new)
    decision = decide_tiers(model_tier=after, rule_hits=hits, agreement=new)
    seen.model_before.append(before)
    seen.model_after.append(after)
    seen.total_before.append(np.where(tier == by_model, before, tier))
    seen.total_after.append(decision.tier)
    for rule, holds in hits.items():
        seen.holds[rule] = seen.holds.get(rule, 0) + int(holds.sum())
        seen.decides[rule] = seen.decides.get(rule, 0) + int((decision.tier_by == rule).sum())


def _whole(parts: list[Any]) -> Any:
    return np.concatenate(parts) if parts else np.array([], dtype=object)
