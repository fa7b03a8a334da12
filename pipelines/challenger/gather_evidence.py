"""Gather the best evidence there is on champion against challenger, and keep what it says beside the challenger.

Called when a challenger has been trained (its data is in ``work/`` then) and again before it is promoted, because shadow
nights mature in between and the champion may have changed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from leadq.crm.contract.history import History, open_history
from leadq.crm.reading.values.kept_readings import same_reading
from leadq.features.groups.plug_ins import plug_in_problems
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import InputError, LeadqError
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.live.champion_comparison import (
    MIN_LEADS,
    cannot_be_compared,
    compare_bundles,
    compare_forecasts,
    no_comparison,
)
from leadq.models.live.comparison_result import Comparison, keep_comparison, read_comparison
from leadq.models.live.live_models import bundle_folder, models_folder, read_live
from leadq.models.live.promotion_gate import is_reanchored
from leadq.pipelines.challenger.past_forecasts import created_at, outcome_since, probability_then
from leadq.pipelines.challenger.shadow_scoring import SHADOW, shadow_looks
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.read_sources import read_sources
from leadq.pipelines.project.schema_check import shape_problems


def compare_with_champion(project: Project, challenger: Bundle, progress: Progress) -> Comparison | None:
    """Compare a challenger with the champion on the same leads; keep the result in the store.

    Parameters
    ----------
    project : Project
        ``work/history`` should hold what the challenger was trained on; without it weaker evidence is used.
    challenger : Bundle
        With its version.
    progress : Progress

    Returns
    -------
    Comparison or None
        None where there is no champion to compare with, or it is this bundle.
    """
    champion = _champion(project, challenger)
    if champion is None:
        return None
    progress("Comparing with the champion")
    comparison = _best(project, champion, challenger, progress)
    keep_comparison(comparison, models_folder(project.store.folder))
    return comparison


def refresh_comparison(project: Project, challenger: Bundle, progress: Progress) -> Comparison | None:
    """Before promoting: take shadow evidence that has matured since, and compare where nothing fitting is kept."""
    champion = _champion(project, challenger)
    if champion is None:
        return None
    folder = models_folder(project.store.folder)
    kept = read_comparison(folder, challenger=challenger.version, champion=champion.version)
    shadow = None if cannot_be_compared(champion, challenger) else _shadow(project, champion, challenger)
    if isinstance(shadow, Comparison):
        keep_comparison(shadow, folder)
        return shadow
    return kept or compare_with_champion(project, challenger, progress)


def _champion(project: Project, challenger: Bundle) -> Bundle | None:
    store = project.store.folder
    live = read_live(store)
    if challenger.kind != "booster" or live.champion is None or live.champion.version == challenger.version:
        return None
    champion = read_bundle(bundle_folder(store, live.champion.version))
    return None if is_reanchored(challenger, champion) else champion


def _best(project: Project, champion: Bundle, challenger: Bundle, progress: Progress) -> Comparison:
    """Take the first kind of evidence that has enough leads."""
    if reason := cannot_be_compared(champion, challenger):
        return no_comparison(champion, challenger, reason)
    shadow = _shadow(project, champion, challenger)
    if isinstance(shadow, Comparison):
        return shadow
    held_out = _held_out(project, champion, challenger, progress, why_not=shadow)
    if isinstance(held_out, Comparison):
        return held_out
    return compare_bundles(champion, challenger, why_not=f"{shadow}; {held_out}", seed=project.settings.seed)


def _shadow(project: Project, champion: Bundle, challenger: Bundle) -> Comparison | str:
    """Compare on nights that both scored; else say why not."""
    store = project.store.work
    histories = [one for folder in (project.work, store, store / SHADOW) if (one := _history(folder)) is not None]
    histories = [one for one in histories if one.reading == challenger.reading] or histories
    if not histories:
        return "no outcomes are known yet for nights scored in shadow"
    history = max(histories, key=lambda one: one.read_at)  # of the challenger's reading, or else of any
    looks = shadow_looks(project.store, champion=champion, challenger=challenger, read_at=history.read_at)
    if len(looks) < MIN_LEADS:
        return _too_few_in_shadow(len(looks))
    looks["label"] = outcome_since(project, history, looks, champion.catalogue.horizon_days)
    looks["group"] = pd.factorize(looks["account_id"].fillna(looks["lead_id"]), sort=True)[0]
    known = looks[looks["label"].notna()]
    if len(known) < MIN_LEADS:
        return _too_few_in_shadow(len(known))
    return compare_forecasts(
        known, champion=champion, challenger=challenger, evidence="shadow", seed=project.settings.seed
    )


def _too_few_in_shadow(leads: int) -> str:
    scored = f"{counted(leads, 'mature lead')} {one_or_many(leads, 'was', 'were')} scored in shadow"
    return f"only {scored} ({MIN_LEADS} needed)"


def _held_out(
    project: Project, champion: Bundle, challenger: Bundle, progress: Progress, *, why_not: str
) -> Comparison | str:
    """Compare out-of-time forecasts of the challenger with the champion applied to the same looks; else say why not."""
    history = _history(project.work)
    if history is None or history.sha256 != challenger.trained.get("history_sha256"):
        return "the data that the challenger was trained on is no longer in work/"
    if not history.dated or not champion.trained.get("read_at"):
        return "without dates it is unknown which leads the champion had learnt from"
    known = _as_read_for(project, champion, challenger, history, progress)
    if isinstance(known, str):
        return known
    problems = (*plug_in_problems(champion.catalogue), *shape_problems(project, known, champion.catalogue))
    if problems:
        return f"the champion cannot be applied to this data: {problems[0].where} {problems[0].rule}"
    looks = _unknown_to(champion, challenger.out_of_time, history)
    forecasts = looks.rename(columns={"probability": "challenger"})
    if len(looks) >= MIN_LEADS:
        forecasts["champion"] = probability_then(project, known, champion, forecasts)
        forecasts = forecasts[forecasts["champion"].notna()]  # a lead that the champion's reading does not know
    if len(forecasts) < MIN_LEADS:
        return (
            f"only {counted(len(forecasts), 'held-out lead')} {one_or_many(len(forecasts), 'is', 'are')} new to the champion "
            f"({MIN_LEADS} needed)"
        )
    return compare_forecasts(
        forecasts,
        champion=champion,
        challenger=challenger,
        evidence="held-out",
        why_not=why_not,
        seed=project.settings.seed,
    )


def _as_read_for(
    project: Project, champion: Bundle, challenger: Bundle, history: History, progress: Progress
) -> History | str:
    """Return the data as the champion's training read it, read again where that is otherwise; else say why it cannot be."""
    if same_reading(champion.reading_text, challenger.reading_text):
        return history
    try:
        return read_sources(project, progress, folder=project.work / "champion" / "history", bundle=champion)
    except LeadqError as error:
        return f"the sources cannot be read as the champion's training read them (reading {champion.reading}): {error.problems[0]}"


def _unknown_to(champion: Bundle, out_of_time: pd.DataFrame, history: History) -> pd.DataFrame:
    """Held-out hand-offs of leads that the champion cannot have learnt from at any look.

    A lead is first looked at when it is created; if not even that look's horizon was over when the champion's data was read, none
    of its labels was known.
    """
    read_at = datetime.fromisoformat(str(champion.trained["read_at"]))
    horizon = timedelta(days=champion.catalogue.horizon_days)
    created = created_at(history, out_of_time["lead_id"])
    new = (created + horizon > read_at).to_numpy()
    looks = out_of_time.loc[new].reset_index(drop=True)
    return looks.assign(as_of=pd.to_datetime(looks["as_of"], utc=True, format="ISO8601"))


def _history(work: Path) -> History | None:
    try:
        return open_history(work / "history")
    except InputError:
        return None
