"""Stage evaluate: what the bundle was shown to do, as metrics and plot data for DVC, as a report, a model card and pictures.

Forecasts were made in training, out of time; here they are only counted and shown. The report, the card, DVC and MLflow
show the same figures.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadq.agreement.signing.standing import standing_in_words
from leadq.crm.contract.history import History, open_history
from leadq.crm.reading.ingest import outcome_words
from leadq.features.readiness.readiness import readiness
from leadq.features.training_data import TrainingData
from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import InputError, Problem
from leadq.models.audit.reason_audit import Audit
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.fit.fit_model import population
from leadq.models.pictures.model_plots import draw_reliability, draw_tiers
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.report.evaluation_page import render_evaluation
from leadq.pipelines.report.figures import Held, gather
from leadq.pipelines.report.model_card import make_card
from leadq.pipelines.report.plot_data import headline_of, metrics_of, plot_data
from leadq.pipelines.report.reasons import DEPENDENCE, FEATURES, page_parts
from leadq.pipelines.report.suspected_fields import SuspectedField, doubts, suspected_fields
from leadq.pipelines.training.audit import audit_training, reference_leads
from leadq.pipelines.training.feasibility.tier_shares import shares_by
from leadq.pipelines.training.leak_checks import leak_check_rows, read_findings
from leadq.pipelines.training.train import HELD_OUT
from leadq.pipelines.training.training_files import read_training_data
from leadq.serving.words.sentences import read_sentences

PICTURES = ("reliability.png", "tiers.png", FEATURES, DEPENDENCE)
DOCUMENTS = ("evaluation.html", "model_card.html", "model_card.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """All figures, the few that are compared between trainings, and what they rest on (None where nothing was held out)."""

    metrics: dict[str, Any]
    headline: dict[str, float | bool | None]
    held: Held | None
    suspected: tuple[SuspectedField, ...] = ()


def evaluate(project: Project, progress: Progress) -> Evaluated:
    """Write ``work/metrics.json`` and ``metrics_all.json``, ``work/plots/*.csv``, and into ``reports/`` what people read.

    Raises
    ------
    BundleError
        The stage train has not run, or its bundle is damaged.
    InputError
        What the stages before it wrote is not there.
    """
    progress("Writing the evaluation report")
    bundle = read_bundle(project.work / "bundle")
    history = open_history(project.work / "history")
    data, _ = read_training_data(project.work / "training")
    held = gather(
        _read_held_out(project.work / HELD_OUT),
        bundle,
        project.agreement,
        history,
        project.settings.report,
        seed=project.settings.seed,
    )
    audit = audit_training(project, bundle, data)
    metrics = metrics_of(bundle, held, audit)
    headline = headline_of(bundle, held, audit)
    write_text(project.work / "metrics.json", json.dumps(headline, indent=1) + "\n")
    write_text(project.work / "metrics_all.json", json.dumps(metrics, indent=1, sort_keys=True) + "\n")
    for name, text in plot_data(bundle, held).items():
        write_text(project.work / "plots" / f"{name}.csv", text)
    if held is not None:
        _draw(bundle, held, project)
    engine = project.settings.engine
    suspected = suspected_fields(
        read_findings(project.work),
        bundle,
        reference_leads(data).features,
        seed=project.settings.seed,
        threads=engine.threads,
    )
    _write_documents(project, bundle, history, data, held, audit, doubts(suspected))
    return Evaluated(metrics=metrics, headline=headline, held=held, suspected=suspected)


def _read_held_out(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path, partitioning=None)
    except (OSError, ValueError) as error:
        remedy = "Run leadq train, which makes it first."
        rule = "must have the held-out forecasts"
        raise InputError(Problem(where=str(path), rule=rule, value=str(error), remedy=remedy)) from error


def _write_documents(
    project: Project, bundle: Bundle, history: History, data: TrainingData, held: Held | None, audit: Audit | None,
    doubted: Sequence[str],
) -> None:  # fmt: skip
    ready = readiness(history, data, project.agreement, shares=shares_by(bundle))
    cannot = [statement.sentence for statement in ready.of("cannot")]
    checks = leak_check_rows(project.work, bundle.evaluation["findings"])
    said = read_sentences(project.config.sentences)
    outcome = outcome_words(history.folder)
    standing = standing_in_words(project.agreement, project.read_at)
    reasons = None if audit is None else page_parts(audit, project.reports, said)
    page = render_evaluation(
        bundle,
        project.agreement,
        held,
        cannot=cannot,
        checks=checks,
        reasons=reasons,
        sentences=said,
        outcome=outcome,
        standing=standing,
        doubts=doubted,
    )
    write_text(project.reports / "evaluation.html", page)
    card = make_card(
        bundle,
        project.agreement,
        held,
        span=_span(data),
        cannot=cannot,
        sentences=said,
        outcome=outcome,
        standing=standing,
        doubts=doubted,
    )
    write_text(project.reports / "model_card.html", card.to_html())
    write_text(project.reports / "model_card.md", card.to_markdown())


def _span(data: TrainingData) -> tuple[str, str] | None:
    """Days on which the first and the last lead learnt from were created."""
    created = data.meta.loc[population(data), "created_at"]
    if not data.dated or not len(created):
        return None
    return created.min().strftime("%Y-%m-%d"), created.max().strftime("%Y-%m-%d")


def _draw(bundle: Bundle, held: Held, project: Project) -> None:
    label = held.judged["label"].to_numpy(dtype=np.float64)
    probability = held.judged["probability"].to_numpy(dtype=np.float64)
    draw_reliability(probability, label, project.reports / "reliability.png", seed=project.settings.seed)
    draw_tiers(bundle.tiers, project.reports / "tiers.png")
