"""What a changed agreement would do, on history, before it takes effect: nothing is written.

Promises are judged on the held-out leads that the model's bundle keeps (the model's own tier at hand-off); who changes tier, and what
rules do, is shown on the last scored night.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadq.agreement.decide import model_tiers
from leadq.agreement.difference import differences
from leadq.agreement.read import read_agreement
from leadq.agreement.schema import Agreement
from leadq.foundation.plurals import counted
from leadq.models.bundle.bundle import MANIFEST, Bundle, read_bundle
from leadq.models.live.live_models import bundle_folder, read_live
from leadq.models.tiers.tier_migration import Migration, migrate
from leadq.models.tiers.tier_offers import TierCut, cut_by_tier, offer_tiers
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.scoring_bundle import scoring_bundle
from leadq.pipelines.quarter.night_preview import Night, RuleEffect, preview_night


def preview(project: Project, progress: Progress, *, agreement: Path) -> Told:
    """Say what ``agreement`` would change against the project's.

    Parameters
    ----------
    agreement : Path
        The changed agreement, with a higher version.

    Raises
    ------
    AgreementError
        It cannot be read, or it was changed without a higher version.
    GateStopped
        No model is there to preview it with, or it asks for a field that the data does not have.
    """
    new = read_agreement(agreement)
    changes = differences(project.agreement, new)
    bundle = _bundle(project)
    facts: dict[str, Any] = {
        "model_version": bundle.version,
        "agreement_version": new.version,
        "against_version": project.agreement.version,
        "changes": list(changes),
        "why_not": _why_not(project.agreement, new, bundle),
    }
    words = [
        f"Preview of agreement version {new.version} compared with version {project.agreement.version}, using model "
        f"{bundle.version}. Nothing has been changed.",
        *_listed("What changes", changes or ("Nothing.",)),
    ]
    if facts["why_not"]:
        return Told(facts=facts, words="\n".join([*words, facts["why_not"]]))
    progress("Judging the promises on held-out leads")
    cuts, moved = _on_held_out(bundle, project.agreement, new)
    facts["tiers"] = [_tier_facts(cut) for cut in cuts]
    facts["held_out"] = moved.to_document()
    words += _listed(
        f"Which promises would have been kept, for {counted(moved.leads, 'lead')} the model had not seen, when handed to sales",
        map(_tier_words, cuts),
    )
    words += _listed("Which of these leads would have been in another tier", moved.in_words())
    run = project.store.latest_night(read_at=project.settings.read_at)
    if run is None or run.inputs.bundle_version != bundle.version:
        words.append(
            "This model has not scored a night yet. Run leadq score to see what the rules would do to open leads."
        )
        return Told(facts=facts | {"night": None}, words="\n".join(words))
    night = preview_night(project, run, bundle, new, cuts, progress)
    return Told(facts=facts | {"night": _night_facts(night)}, words="\n".join([*words, *_night_words(night)]))


def _bundle(project: Project) -> Bundle:
    """Return the champion, else what was trained last, else what scores."""
    store = project.store.folder
    champion = read_live(store).champion
    if champion is not None:
        return read_bundle(bundle_folder(store, champion.version))
    if (project.work / "bundle" / MANIFEST).exists():
        return read_bundle(project.work / "bundle")
    return scoring_bundle(project)


def _why_not(old: Agreement, new: Agreement, bundle: Bundle) -> str:
    """Say why tiers cannot be previewed; empty where they can."""
    if new.outcome.horizon_days != bundle.catalogue.horizon_days or new.outcome.event != old.outcome.event:
        return (
            "A different outcome or horizon cannot be previewed: the model learnt to predict "
            f"'{old.outcome.event}' within {counted(bundle.catalogue.horizon_days, 'day')}. "
            "Copy the project, train there under the new agreement and read its report."
        )
    if bundle.kind != "booster" or not len(bundle.out_of_time):
        return "No model beats the average win rate yet, so there are no tiers under either agreement."
    return ""


def _on_held_out(bundle: Bundle, old: Agreement, new: Agreement) -> tuple[tuple[TierCut, ...], Migration]:
    held_out: pd.DataFrame = bundle.out_of_time
    probability = held_out["probability"].to_numpy(dtype=np.float64)
    cuts = offer_tiers(
        probability,
        held_out["label"].to_numpy(dtype=np.float64),
        held_out["group"].to_numpy(dtype=np.int64),
        new,
        period=held_out["origin"].to_numpy(dtype=np.int64),
        weekly_flow=bundle.trained.get("weekly_flow"),
    )
    before = model_tiers(probability, cut_by_tier(bundle.tiers), old)
    after = model_tiers(probability, cut_by_tier(cuts), new)
    return cuts, migrate(before, after, [tier.id for tier in new.tiers])


def _tier_facts(cut: TierCut) -> dict[str, Any]:
    return {
        "tier": cut.tier_id,
        "promised": cut.promise,
        "offered": cut.offered,
        "cut": cut.cut,
        "bound": cut.bound,
        "light": cut.light,
        "n": cut.n,
        "won": cut.won,
        "why": cut.why,
    }


def _tier_words(cut: TierCut) -> str:
    why = f"{cut.why[:1].upper()}{cut.why[1:]}"
    return f"{cut.tier_id}: {cut.light}, {'offered' if cut.offered else 'not offered'}. {why}."


def _night_facts(night: Night) -> dict[str, Any]:
    return {
        "run_id": night.run.run_id,
        "as_of": night.run.inputs.as_of.isoformat(),
        "model": night.moved.model.to_document(),
        "overrides": night.moved.overrides.to_document(),
        "total": night.moved.total.to_document(),
        "rules": [
            {"rule": one.rule, "holds": one.holds, "decides": one.decides, "decided_before": one.decided_before}
            for one in night.rules
        ],
    }


def _night_words(night: Night) -> list[str]:
    when = f"{night.run.inputs.as_of:%Y-%m-%d}"
    return [
        *_listed(f"Tier changes among the open leads of {when}, by the model alone", night.moved.model.in_words()),
        *_listed("Tier changes among leads that a rule decides, before or after", night.moved.overrides.in_words()),
        *_listed("All tier changes", night.moved.total.in_words()),
        *_listed("What the rules would do", [_rule_words(one) for one in night.rules] or ["There are no rules."]),
    ]


def _rule_words(one: RuleEffect) -> str:
    return (
        f"Rule {one.rule} applies to {counted(one.holds, 'open lead')} and would decide the tier of {one.decides:,} "
        f"(that night: {one.decided_before:,})."
    )


def _listed(title: str, sentences: Any) -> list[str]:
    return [f"\n{title}:", *(f"  - {one}" for one in sentences)]
