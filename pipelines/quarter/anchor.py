"""``leadq anchor``: move the live model's base to the outcomes of recent leads, as a new version, without training again.

The recent leads are those handed off since the model's own labels ended, so that no lead it learnt from speaks for it. Reasons stay
what they were; only the base moves (docs/method.md, Anchor). The new version is a challenger: ``leadq promote`` puts it live.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from leadq.crm.contract.history import History
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import logit
from leadq.foundation.atomic_files import write_text
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import GateStopped, Problem
from leadq.models.bundle.bundle import Bundle, keep_bundle, read_bundle
from leadq.models.bundle.past_leads import keep_past_leads, past_leads_path
from leadq.models.evaluation.evaluation_result import rounded
from leadq.models.evaluation.rolling_origins import recent_outcomes
from leadq.models.fit.anchor import MIN_WINS, Anchor, find_anchor
from leadq.models.live.live_models import bundle_folder, models_folder, put_challenger, read_live
from leadq.pipelines.challenger.past_forecasts import probability_then
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.read_sources import read_sources
from leadq.pipelines.report.card_files import card_path
from leadq.pipelines.store.store_lock import only_writer
from leadq.pipelines.training.build import look_at_landmarks
from leadq.pipelines.training.register import mlflow_remark, tell_mlflow

DEFAULT_WINDOW_DAYS = 182.0
SURE = 2.0
"""Standard errors of actual against expected wins beyond which a model is anchored that its training's back-test did not anchor."""


def anchor(project: Project, progress: Progress) -> Told:
    """Make a re-anchored version of the live model.

    Returns
    -------
    Told
        With the new version.

    Raises
    ------
    GateStopped
        No model is live, the source has no dates, or nothing speaks for another anchor; nothing was written.
    """
    champion = _champion(project)
    with only_writer(project.work / "anchor.lock", doing="anchor", now=project.now):
        history = read_sources(project, progress, folder=project.work / "anchor" / "history", bundle=champion)
        progress("Counting wins among recent hand-offs")
        found = recent_anchor(project, history, champion)
    _refuse(champion, found)
    bundle = reanchored(champion, found, read_at=history.read_at.isoformat())
    store = project.store.folder
    with project.store.writing("anchor", project.now):
        version, folder = keep_bundle(bundle, models_folder(store))
        why = (
            f"{champion.version} anchored on {counted(found.leads, 'lead')} of the last {counted(found.window, 'day')}"
        )
        folders, root = models_folder(store), str(bundle.trained["anchored_root"])
        keep_past_leads(past_leads_path(folders, root), past_leads_path(folders, version), version=root)
        _keep_card(project, champion.version, version, why)
        put_challenger(version, store=store, now=project.now, why=why)
        remark, again = mlflow_remark(lambda: tell_mlflow(project, folder, with_reports=False)[1])
    words = (
        f"Model {version} is {champion.version} with a new base: {found.shift - champion.calibrator.anchor:+.3f} log-odds, "
        f"now {found.shift:+.3f}.\nIn the last {counted(found.window, 'day')} {counted(found.wins, 'lead')} "
        f"{one_or_many(found.wins, 'was', 'were')} won; the model without an anchor expected {found.expected:,.0f} by now.\n"
        "It is now the challenger; leadq promote puts it live. Ranking and reasons do not change."
    )
    words += f"\n{remark}" if remark else ""
    facts = {
        "version": version,
        "anchored_from": champion.version,
        "anchor": found.to_document(),
        "remark": remark,
        "registered_again": list(again),
    }
    return Told(facts=facts, words=words)


def recent_anchor(project: Project, history: History, champion: Bundle) -> Anchor:
    """Compare the wins so far of leads new to the champion with those it expected by now."""
    everything = look_at_landmarks(project, history)
    moment = pd.Timestamp(history.read_at)
    rows = _new_handoffs(everything, champion)
    looks = everything.meta.iloc[rows][["lead_id", "as_of"]].reset_index(drop=True)
    probability = probability_then(project, history, champion, looks)
    known = ~np.isnan(probability)
    log_odds = logit(probability[known]) - champion.calibrator.anchor
    window = (champion.evaluation.get("anchor") or {}).get("window") or DEFAULT_WINDOW_DAYS
    return find_anchor(recent_outcomes(everything, rows[known], log_odds, moment), window)


def _new_handoffs(everything: TrainingData, champion: Bundle) -> np.ndarray:
    """Rows at hand-off whose outcome the champion cannot have learnt from."""
    meta = everything.meta
    learnt_until = pd.Timestamp(champion.trained["read_at"])
    new = (meta["landmark"] == HANDOFF) & meta["worked"] & (meta["label_known_at"] > learnt_until)
    return np.flatnonzero(new.to_numpy())


def reanchored(champion: Bundle, found: Anchor, *, read_at: str) -> Bundle:
    """Return the champion with another anchor; what it was shown to do stays, with where it comes from."""
    trained: dict[str, Any] = {
        **champion.trained,
        "anchor": rounded(found.to_document()),
        "anchored_at": read_at,
        "anchored_from": champion.version,
        "anchored_root": champion.trained.get("anchored_root", champion.version),
    }
    calibrator = replace(champion.calibrator, anchor=float(rounded(found.shift)))
    return replace(champion, calibrator=calibrator, trained=trained, version="")


def _keep_card(project: Project, champion: str, version: str, why: str) -> None:
    """Give the version the champion's card, with what makes it another one said first."""
    store = project.store.folder
    card = card_path(store, champion)
    if card.exists():
        told = f"Model {version} is {why}; only its base has changed. Everything below was measured on {champion}.\n\n"
        write_text(card_path(store, version), told + card.read_text(encoding="utf-8"))


def _champion(project: Project) -> Bundle:
    store = project.store.folder
    live = read_live(store)
    if live.champion is None:
        remedy = "Run leadq train, then leadq promote."
        raise GateStopped(Problem(where="live.json", rule="a trained model must be live", value="none", remedy=remedy))
    champion = read_bundle(bundle_folder(store, live.champion.version))
    if not champion.trained.get("read_at") or not champion.evaluation.get("dated", True):
        remedy = "Train again instead: leadq train anchors on the last rows of the file."
        rule = "must have been trained on leads with dates"
        raise GateStopped(Problem(where=f"model {champion.version}", rule=rule, value="no dates", remedy=remedy))
    return champion


def _refuse(champion: Bundle, found: Anchor) -> None:
    """Stop where nothing speaks for another anchor."""
    kept = bool((champion.evaluation.get("anchor") or {}).get("kept"))
    if found.wins < MIN_WINS:
        rule = f"at least {MIN_WINS} leads that are new to the model must have been won"
        value = f"{found.wins} in the last {counted(found.window, 'day')}"
        remedy = "Wait for more wins; until then the model stays as it is."
    elif not kept and abs(found.standard_errors) < SURE:
        rule = (
            "wins must differ clearly from what the model expected, or anchoring must have helped in its own back-test"
        )
        value = f"{found.wins} won, {found.expected:.0f} expected by now ({found.standard_errors:+.1f} standard errors)"
        remedy = "Keep the model as it is: it does not need a new anchor."
    else:
        return
    raise GateStopped(Problem(where=f"model {champion.version}", rule=rule, value=value, remedy=remedy))
