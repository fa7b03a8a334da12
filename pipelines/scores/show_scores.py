"""``leadq scores``: the newest scores, best first, as lines, as data or as CSV. Locks nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import Problem, UsageError
from leadq.models.live.live_models import read_live
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.project.project import Project
from leadq.pipelines.scores.best_rows import best_rows
from leadq.pipelines.scores.lead_lines import lead_lines
from leadq.pipelines.scores.newest_runs import newest_runs, tables_of, tiers_of
from leadq.pipelines.scores.no_tier import base_rate_words
from leadq.pipelines.store.run_manifest import Run

ON_SCREEN = 25
"""Leads that a person is shown who has not said how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which rows: of these tiers (all where there are none), and how many at most (all where that is None)."""

    tiers: tuple[str, ...] = ()
    top: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The rows that were asked for, and the runs that they are of, the newest first."""

    rows: pa.Table
    runs: tuple[Run, ...]


def read_scores(project: Project, chosen: Chosen) -> Scores:
    """Read the newest committed scores.

    Raises
    ------
    UsageError
        Nothing is scored yet, or there is no such tier.
    StoreError
        A run's files are gone or damaged.
    """
    runs = newest_runs(project)
    known = tiers_of(project, runs)
    unknown = [tier for tier in chosen.tiers if tier not in known]
    if unknown:
        remedy = f"Use one of {', '.join(known)}, or leave --tier out."
        value = ", ".join(unknown)
        raise UsageError(Problem(where="--tier", rule="must be a tier of the scores", value=value, remedy=remedy))
    ranks = [tier.id for tier in project.agreement.tiers]
    rows = best_rows(tables_of(project, runs), ranks, only=chosen.tiers, top=chosen.top)
    return Scores(rows=_as_recorded(rows, runs), runs=runs)


def _as_recorded(rows: pa.Table, runs: tuple[Run, ...]) -> pa.Table:
    """Leave ``worked`` empty in rows of runs whose sources had no touches."""
    silent = pa.array([run.run_id for run in runs if not run.records_touches], pa.string())
    if not len(silent):
        return rows
    worked = pc.if_else(pc.is_in(rows["run_id"], silent), pa.scalar(None, pa.bool_()), rows["worked"])
    return rows.set_column(rows.column_names.index("worked"), "worked", worked)


def show_scores(project: Project, chosen: Chosen, *, as_json: bool = False) -> Told:
    """Say the newest scores: to a machine all that were asked for, to a person no more than :data:`ON_SCREEN` unasked.

    Raises
    ------
    UsageError, StoreError
        As :func:`read_scores`.
    """
    whole = chosen.top is not None or as_json
    # one more than is shown tells whether there are more
    asked = chosen if whole else Chosen(tiers=chosen.tiers, top=ON_SCREEN + 1)
    scores = read_scores(project, asked)
    more = not whole and scores.rows.num_rows > ON_SCREEN
    rows = scores.rows.slice(0, ON_SCREEN) if more else scores.rows
    why = base_rate_words(read_live(project.store.folder), scores.runs[0].inputs.bundle_version)
    words = _words(scores.runs, rows.to_pylist(), chosen, more=more)
    return Told(facts=_facts(project, scores), words=f"{words}\n{why}" if why else words)


def _facts(project: Project, scores: Scores) -> dict[str, Any]:
    newest = scores.runs[0].inputs
    return {
        "as_of": newest.as_of.isoformat(),
        "model_version": newest.bundle_version,
        "agreement_version": newest.agreement_version,
        "runs": [run.run_id for run in scores.runs],
        "scores": [str(project.store.folder / run.scores) for run in scores.runs],
        "leads": [{name: _plain(value) for name, value in row.items()} for row in scores.rows.to_pylist()],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _words(runs: tuple[Run, ...], rows: Sequence[dict[str, Any]], chosen: Chosen, *, more: bool) -> str:
    newest, whole = runs[0].inputs, runs[-1]
    lines = [f"Scores as of {newest.as_of:%Y-%m-%d %H:%M} UTC, model {newest.bundle_version}"]
    if len(runs) > 1:
        since = counted(len(runs) - 1, "later run")
        lines.append(f"Of the night of {whole.inputs.as_of:%Y-%m-%d %H:%M} UTC and {since} over some of its leads.")
    tiers = ", ".join(chosen.tiers)
    if not rows:
        lines.append(f"No lead is in {tiers}." if tiers else "No lead was open.")
        return "\n".join(lines)
    lines += lead_lines(rows)
    options = [f"--tier {quote(tier)}" for tier in chosen.tiers]
    if more:
        kept = one_or_many(len(rows), "The best lead is", f"The best {counted(len(rows), 'lead')} are")
        longer, as_file = (" ".join([one, *options]) for one in ("leadq scores --top 100", "leadq scores --csv"))
        lines.append(f"{kept} shown. More: {longer}; all as a file: {as_file} > scores.csv")
    lines.append("Why a lead has its score: leadq explain LEAD")
    return "\n".join(lines)
