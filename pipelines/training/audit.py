"""The audit of reasons, after a training and of any model later: no model is fitted, and nothing of the store is written."""

from __future__ import annotations

import numpy as np

from leadq.crm.contract.history import open_history
from leadq.features.training_data import TrainingData
from leadq.foundation.problems import InputError
from leadq.models.audit.dependence_plots import draw_dependence
from leadq.models.audit.reason_audit import BACKGROUND, LEADS, Audit, audit_reasons
from leadq.models.bundle.bundle import Bundle
from leadq.models.fit.contributions import reference_rows
from leadq.models.fit.fit_model import population
from leadq.models.pictures.quarterly_figures import contributions_by_shap
from leadq.models.pictures.quarterly_plots import draw_beeswarm
from leadq.pipelines.challenger.past_forecasts import encoded_then
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.schema_check import shape_problems
from leadq.pipelines.report.reasons import DEPENDENCE, FEATURES
from leadq.pipelines.training.training_files import read_training_data

DRAWN = 1_000
"""Reference leads that the pictures are drawn of."""


def reference_leads(data: TrainingData) -> TrainingData:
    """Rows of the leads that contributions are measured against."""
    learnt = data.rows(population(data))
    return learnt.rows(reference_rows(learnt)[0])


def audit_training(project: Project, bundle: Bundle, data: TrainingData) -> Audit | None:
    """Audit the bundle just trained and draw what moves its scores into ``reports/``; None for a base-rate bundle.

    Parameters
    ----------
    project : Project
    bundle : Bundle
    data : TrainingData
        What the bundle was trained on.
    """
    seed, threads = project.settings.seed, project.settings.engine.threads
    rows = reference_leads(data).features
    audit = audit_reasons(bundle, rows, seed=seed, threads=threads)
    features, dependence = (project.reports / name for name in (FEATURES, DEPENDENCE))
    if audit is None:
        for path in (features, dependence):  # of a training before
            path.unlink(missing_ok=True)
        return None
    drawn = rows[np.random.default_rng(seed).permutation(len(rows))[:DRAWN]]
    contributions = contributions_by_shap(bundle, drawn)
    draw_beeswarm(contributions, drawn, bundle.catalogue, features, seed=seed)
    draw_dependence(contributions, drawn, bundle.catalogue, dependence, seed=seed)
    return audit


def audit_bundle(project: Project, bundle: Bundle) -> Audit | None:
    """Audit any bundle, such as the one that is live, on reference leads of the last training as this bundle sees them.

    Parameters
    ----------
    project : Project
        ``work/`` must hold a training.
    bundle : Bundle
        :func:`leadq.pipelines.project.scoring_bundle.scoring_bundle` reads the live one.

    Returns
    -------
    Audit or None
        None for a base-rate bundle.

    Raises
    ------
    InputError
        There is no training in ``work/``, or the bundle cannot be applied to its data.
    """
    history = open_history(project.work / "history")
    looks = reference_leads(read_training_data(project.work / "training")[0]).meta
    if problems := shape_problems(project, history, bundle.catalogue):
        raise InputError(problems)
    seed = project.settings.seed
    some = np.random.default_rng(seed).permutation(len(looks))[: LEADS + BACKGROUND]
    _, rows = encoded_then(project, history, bundle, looks.iloc[np.sort(some)].reset_index(drop=True))
    return audit_reasons(bundle, rows, seed=seed, threads=project.settings.engine.threads)
