"""The whole way on a simulated company: simulate, check and train, promote, score, and one lead explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.faults.planted import PlantedFaults
from leadq.foundation.atomic_files import write_text
from leadq.foundation.installed.extras import require_extra
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped
from leadq.models.bundle.bundle import Bundle
from leadq.models.registry.tracking import Tracking
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.explaining.explain import explain
from leadq.pipelines.getting_started.demo_agreement import (
    demo_agreement,
    months_of_the_best,
    owed_in_words,
    signed_agreement,
)
from leadq.pipelines.getting_started.fault_list import fault_list
from leadq.pipelines.getting_started.init import init, params_text
from leadq.pipelines.night.score import score
from leadq.pipelines.project.file_names import AGREEMENT, CONFIG
from leadq.pipelines.project.params import PARAMS
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.project.scoring_bundle import scoring_bundle
from leadq.pipelines.quarter.promote import promote
from leadq.pipelines.training.simulate import write_simulated
from leadq.pipelines.training.stages import train_all

SIGNED_BEFORE = timedelta(days=7)
"""A demonstration is signed, and in force on the day its company's CRM is read."""
EARLIER_NIGHTS = 2
"""Nights scored before tonight, so that there is something that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What each step said."""

    train: Told
    promote: str
    agreed: str
    score: Told
    explain: Told | None


def demo(
    folder: Path,
    *,
    leads: int,
    seed: int,
    plant: Sequence[str] = (),
    environment: Mapping[str, str],
    progress: Progress,
) -> Told:
    """Run the demonstration in ``folder``.

    The clock is the moment at which the simulated CRM is read, so that the same seed gives the same files.

    Parameters
    ----------
    folder : Path
        Made if it does not exist; source and store of an earlier demonstration are used again.
    leads, seed : int
    plant : sequence of str
        Faults to plant, by the names of :data:`leadq.crm.simulated.faults.planted.FAULTS`; none: a clean company. ``list`` names them
        and does nothing else.

    Raises
    ------
    ConfigError
        The extra ``train`` is not installed, or there is no such fault; nothing was written.
    """
    if "list" in plant:
        return fault_list()
    require_extra("train", where="leadq demo")
    settings = CompanySettings(n_leads=leads, seed=seed, planted=PlantedFaults.named(plant))
    made = write_simulated(folder, settings, progress)
    write_text(folder / CONFIG, made.config_text)
    agreed = demo_agreement(leads=leads, hand_overs_recorded=not settings.planted.former_company)
    write_text(folder / AGREEMENT, agreed)
    write_text(folder / PARAMS, params_text(seed=seed, read_at=made.read_at))
    init(folder)
    project = _opened(folder, environment, made.read_at)
    trained = train_all(project, progress)
    try:
        promoted = promote(project, version=str(trained.facts["version"])).words
    except GateStopped as stopped:  # a small or unlucky company: the demonstration goes on with the base rate
        promoted = f"Not promoted: {stopped}"
    months = months_of_the_best(scoring_bundle(project))
    write_text(folder / AGREEMENT, signed_agreement(agreed, months, on=made.read_at.date() - SIGNED_BEFORE))
    project = _opened(folder, environment, made.read_at)
    for days in range(EARLIER_NIGHTS, 0, -1):
        score(project, progress, as_of=project.read_at - timedelta(days=days))
    scored = score(project, progress)
    lead_id = _lead_to_explain(Path(scored.facts["scores"]))
    explained = explain(project, progress, lead_id=lead_id) if lead_id else None
    shown = Shown(train=trained, promote=promoted, agreed=owed_in_words(months), score=scored, explain=explained)
    return _told(project, shown, scoring_bundle(project))


def _opened(folder: Path, environment: Mapping[str, str], now: datetime) -> Project:
    """Open the project; a simulated company's models are nothing for the real one's registry."""
    return replace(open_project(folder, environment=environment, now=now), tracking=Tracking())


def _lead_to_explain(scores: Path) -> str:
    """Return the likeliest lead whose tier the model gave: it has reasons to show."""
    table = pq.read_table(
        scores, columns=["lead_id", "probability", "tier_by", "status"], partitioning=None
    ).to_pylist()
    scored = [row for row in table if row["status"] == "scored"]
    by_model = [row for row in scored if row["tier_by"] == "model"] or scored
    best = max(by_model, key=lambda row: (row["probability"], row["lead_id"]), default=None)
    return str(best["lead_id"]) if best else ""


def _told(project: Project, shown: Shown, bundle: Bundle) -> Told:
    files = _files(project, shown)
    facts: dict[str, Any] = {
        "model_version": bundle.version,
        "metrics": shown.train.facts["metrics"],
        "quarantined": shown.train.facts["quarantined"],
        "tiers": shown.score.facts["tiers"],
        "run_id": shown.score.facts["run_id"],
        "explained": shown.explain.facts["lead_id"] if shown.explain else None,
        "files": files,
    }
    parts = [
        "Does each tier keep its promise? Win rates on leads the model had not seen",
        _tier_table(bundle),
        "",
        *_reliability_lines(bundle),
        shown.promote,
        shown.agreed,
        "",
        "Tonight's open leads",
        shown.score.words,
        "",
        shown.explain.words if shown.explain else "No lead could be scored.",
        "",
        "Files",
        *(f"  {name:<17} {path}" for name, path in files.items()),
    ]
    return Told(facts=facts, words="\n".join(parts))


def _tier_table(bundle: Bundle) -> str:
    head = f"{'tier':<6}{'promised':>10}{'actual':>9}{'90 % interval':>18}{'predicted':>11}{'leads':>8}  light"
    lines = [head, "-" * len(head)]
    for cut in bundle.tiers:
        actual = "" if cut.observed_rate is None else f"{cut.observed_rate:.1%}"
        low, high = cut.rate_low, cut.rate_high
        interval = "" if low is None or high is None else f"{low:.1%} to {high:.1%}"
        predicted = "" if cut.mean_probability is None else f"{cut.mean_probability:.1%}"
        light = cut.light if cut.offered else f"{cut.light}, not offered"
        lines.append(
            f"{cut.tier_id:<6}{cut.promise:>10.0%}{actual:>9}{interval:>18}{predicted:>11}{cut.n:>8,}  {light}"
        )
    return "\n".join(lines)


def _reliability_lines(bundle: Bundle) -> list[str]:
    moments = bundle.evaluation["moments"]
    if not moments:
        return list(bundle.evaluation["words"])
    first = moments[0]
    test = first["calibration"]
    auc = "" if first["auc"] is None else f", AUC {first['auc']:.3f}"
    lines = [
        f"At {first['moment']}, {counted(first['n'], 'later lead')} that the model had not seen: predicted "
        f"{first['mean_probability']:.1%}, won {first['observed_rate']:.1%}{auc}, log-loss "
        f"{first['improvement_percent']:.1f} % lower than the base rate's"
    ]
    if test is not None:
        slope = f"{test['slope']:.2f} (95 %: {test['slope_low']:.2f} to {test['slope_high']:.2f})"
        lines.append(f"Calibration slope {slope}; 1 is perfect")
    return lines


def _files(project: Project, shown: Shown) -> dict[str, str]:
    named = {
        "reliability": project.reports / "reliability.png",
        "tiers": project.reports / "tiers.png",
        "evaluation": project.reports / "evaluation.html",
        "data check": project.reports / "check.html",
        "gate": project.reports / "gate.html",
        "score table": Path(str(shown.score.facts["scores"])),
        "MLflow": project.store.folder / "mlflow.db",
    }
    return {name: str(path) for name, path in named.items() if path.exists()}
