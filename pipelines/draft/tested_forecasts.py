"""Forecasts that were tested on later leads: those of the live model where it forecasts the same outcome, else of a first look.

What can be promised is drafted from these. Before the first training there is only the first look, which decides nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.leak_checks.run_checks import quarantine
from leadq.features.readiness.minimum_outcomes import shortage
from leadq.foundation.problems import GateStopped
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.evaluation.first_look import FirstLook, first_look
from leadq.models.live.live_models import bundle_folder, read_live
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.training.build import look_at_landmarks
from leadq.pipelines.training.leak_checks import run_leak_checks


def tested_forecasts(
    project: Project, history: History, agreement: Agreement, progress: Progress
) -> tuple[FirstLook | None, str]:
    """Return forecasts of later leads and whose they are; None where nothing could be tested, or a leak stops it.

    Parameters
    ----------
    project : Project
    history : History
    agreement : Agreement
        As proposed so far: its horizon says what is forecast.
    progress : Progress
    """
    live = read_live(project.store.folder).scoring
    if live is not None:
        bundle = read_bundle(bundle_folder(project.store.folder, live.version))
        same = agreement.outcome.horizon_days == bundle.catalogue.horizon_days
        if same and bundle.kind == "booster" and len(bundle.out_of_time):
            return _of_bundle(bundle), "by tested forecasts of the live model"
    return _first_look(replace(project, agreement=agreement), history, progress), "at first look"


def _of_bundle(bundle: Bundle) -> FirstLook:
    frame = bundle.out_of_time
    return FirstLook(
        tiers=bundle.tiers,
        probability=frame["probability"].to_numpy(dtype=np.float64),
        label=frame["label"].to_numpy(dtype=np.float64),
        group=frame["group"].to_numpy(dtype=np.int64),
        period=frame["origin"].to_numpy(dtype=np.int64),
        as_of=frame["as_of"] if bool(bundle.evaluation.get("dated", True)) else None,
    )


def _first_look(project: Project, history: History, progress: Progress) -> FirstLook | None:
    try:
        data = look_at_landmarks(project, history)
    except GateStopped:
        return None
    if shortage(data) is not None:
        return None
    leaks = run_leak_checks(project, history, data, progress)
    if any(finding.consequence == "stop" for finding in leaks.findings):
        return None
    return first_look(data.without(quarantine(leaks.findings, history)), project.agreement, project.settings.fit)
