"""How a night ends for a person: its best leads in a few lines, or in a sentence why there are none and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadq.crm.contract.history import History
from leadq.features.tonight import NO_DATE, TOO_OLD
from leadq.foundation.plurals import counted, one_or_many
from leadq.models.bundle.bundle import Bundle
from leadq.models.live.live_models import read_live
from leadq.pipelines.project.old_extract import old_extract_words
from leadq.pipelines.project.project import Project
from leadq.pipelines.scores.best_rows import best_rows
from leadq.pipelines.scores.lead_lines import lead_lines, reason_of
from leadq.pipelines.scores.no_tier import base_rate_words
from leadq.pipelines.store.run_manifest import Run

TOP = 10
"""Leads that a night ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstScores:
    """The best leads of a run, as rows of the score table, and what is to be done where there are none or few."""

    best: tuple[Mapping[str, Any], ...]
    advice: str

    def facts(self) -> dict[str, Any]:
        """Plain values for JSON."""
        kept = ("lead_id", "tier", "probability", "account_id")
        rows = [{**{name: row[name] for name in kept}, "reason": reason_of(row)} for row in self.best]
        return {"best_leads": rows, "advice": self.advice}

    def lines(self) -> list[str]:
        """Return the end of the night in lines."""
        said = ["", self.advice] if self.advice else []
        if not self.best:
            return said
        many = len(self.best)
        return [
            *said,
            "",
            one_or_many(many, "The best lead", f"The best {counted(many, 'lead')}"),
            *lead_lines(self.best),
        ]


def first_scores(project: Project, run: Run, history: History, bundle: Bundle) -> FirstScores:
    """Return the best leads of a run, those with an agreed tier, and what there is to be done."""
    tiers = [tier.id for tier in project.agreement.tiers]
    table = best_rows([project.store.table(run.scores)], tiers, only=tiers, top=TOP)
    return FirstScores(best=tuple(table.to_pylist()), advice=_advice(project, run, history, bundle))


def _advice(project: Project, run: Run, history: History, bundle: Bundle) -> str:
    counts = run.counts["counts"]
    rows, scored = int(run.counts["rows"]), int(counts["status"].get("scored", 0))
    too_old, undated = (int(counts["status_reason"].get(reason, 0)) for reason in (TOO_OLD, NO_DATE))
    if not rows:
        return _nobody_open(run)
    if too_old > rows // 2 and run.inputs.as_of == history.read_at and (old := old_extract_words(history)):
        return f"{_few_scored(scored, rows, bundle)} {old}; then leadq score. leadq train needs it, too."
    if scored:
        return base_rate_words(read_live(project.store.folder), run.inputs.bundle_version)
    if undated > too_old:
        no_date = one_or_many(undated, "has no date", "have no date")
        return f"No lead was scored: {counted(undated, 'open lead')} {no_date} of creation. leadq check says how the column is read."
    return f"{_few_scored(scored, rows, bundle)} Newer leads get a score; close in the CRM those that nobody works any more."


def _few_scored(scored: int, rows: int, bundle: Bundle) -> str:
    """Say that most leads are too old."""
    leads, oldest = counted(rows, "open lead"), counted(max(bundle.catalogue.ages_days), "day")
    why = f"older than {oldest}, and the history does not show what becomes of leads that old."
    if not scored:
        return f"None of {leads} was scored: {one_or_many(rows, 'it is', 'they are')} {why}"
    return f"Only {scored:,} of {leads} {one_or_many(scored, 'was', 'were')} scored: the others are {why}"


def _nobody_open(run: Run) -> str:
    if run.inputs.kind == "since":
        return f"No open lead is new or changed since {run.inputs.scope}."
    return (
        "No lead was scored, because none is open. If some are, a word of theirs is missing under outcome in leadq.yaml; leadq check "
        "shows which words there are."
    )
