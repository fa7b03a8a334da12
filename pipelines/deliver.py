"""Committed scores to the places that ``leadq.yaml`` names under ``deliver``; one process a target.

Only reads committed runs: it needs no lock on the store. Leaves out the delivery itself (``serving/delivery``).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from agreement.problems import ConfigError, LeadqError, Problem, UsageError
from agreement.schema import DISQUALIFIED
from crm.atomic import write_text
from crm.deliver_settings import DeliverTo
from crm.targets import Target
from models.live import read_live
from pipelines.deliver_targets import open_target
from pipelines.lock import only_writer
from pipelines.progress import Progress
from pipelines.project import Project
from pipelines.runs import Run
from pipelines.told import DONE, PAUSED, WITH_REJECTED_ROWS, Told
from serving.delivery.deliver import Tonight, Wish, deliver, send_run
from serving.delivery.drift import read_back
from serving.delivery.guards import Scores
from serving.delivery.ledger import Ledger
from serving.delivery.pace import STOP_FILE, Effects
from serving.delivery.payload import our_fields
from serving.delivery.report import Report
from serving.delivery.restore import plan_restore
from serving.delivery.send import sender

LEDGER = "ledger.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asked for: to which targets (all where ``to`` is empty), of which lead, and how."""

    to: str = ""
    lead_id: str = ""
    wish: Wish = field(default_factory=Wish)


def deliver_scores(project: Project, progress: Progress, *, asked: Asked, environment: dict[str, str]) -> Told:
    """Deliver the newest night, or a lead's newest score, to one target or to all, one after the other.

    A target that cannot take it now does not keep the others from theirs; all that went wrong is raised at the end.
    """
    names = _targets(project, asked.to)
    tonight = _tonight(project, asked.lead_id)
    reports: list[Report] = []
    failed: list[LeadqError] = []
    for name in names:
        progress(f"Delivering to {name}")
        try:
            with _at(project, name, environment) as (ledger, target, naming, effects):
                fields = our_fields(naming, _tiers(project))
                reports.append(deliver(ledger, target, tonight, fields, effects=effects, wish=asked.wish))
        except LeadqError as error:
            if len(names) == 1:
                raise
            failed.append(error)
    return _told(reports, failed)


def restore(project: Project, *, run_id: str, to: str, environment: dict[str, str]) -> Told:
    """Send what a target held after a delivery once more."""
    name = _one_target(project, to)
    with _at(project, name, environment) as (ledger, target, naming, effects):
        target.check(our_fields(naming, _tiers(project)))
        effects.must_go_on()
        sending = sender(ledger, target, effects)
        report = send_run(sending, plan_restore(sending, run_id, effects.clock()))
    return _told([report], [])


def look(project: Project, *, to: str, environment: dict[str, str]) -> Told:
    """Read some leads back from a target and say what differs from what it confirmed; the next delivery sends these again."""
    name = _one_target(project, to)
    with _at(project, name, environment) as (ledger, target, naming, effects):
        fields = our_fields(naming, _tiers(project))
        target.check(fields)
        drift = read_back(ledger, target, fields, now=effects.clock(), pick=random.sample)
    facts = {
        "target": name,
        "looked_at": drift.looked_at,
        "differing": list(drift.differing),
        "gone": list(drift.gone),
        "fields": dict(drift.fields),
    }
    words = f"{name}: of {drift.looked_at:,} leads read back, {len(drift.differing):,} differ and {len(drift.gone):,} are gone."
    return Told(facts=facts, words=words)


def switch(project: Project, *, on: bool, by: str) -> Told:
    """Let deliveries go on, or stop them all before their next step, also one that is running."""
    path = project.store.folder / STOP_FILE
    if on:
        path.unlink(missing_ok=True)
        return Told(facts={"delivery": "on"}, words="Delivery is on; leadq deliver sends what is left.")
    write_text(path, f"stopped {project.now.isoformat()} by {by}\n")
    return Told(facts={"delivery": "off"}, words="Delivery is off until leadq deliver start.")


@contextmanager
def _at(project: Project, name: str, environment: dict[str, str]) -> Iterator[tuple[Ledger, Target, Any, Effects]]:
    """Hold a target's lock and yield the ledger, the target, how it names fields, and the effects."""
    folder = project.store.folder
    with only_writer(folder / f"deliver-{name}.lock", doing=f"delivering to {name}", now=project.now):
        ledger = Ledger(folder / LEDGER)
        try:
            to: DeliverTo = project.config.deliver[name]
            target = open_target(name, to, project.config.databases, environment)
            naming = "salesforce" if to.kind == "salesforce" else "columns"
            yield ledger, target, naming, _effects(folder)
        finally:
            ledger.close()


def _effects(folder: Path) -> Effects:
    now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - the clock of pipelines
    return Effects(clock=now, sleep=time.sleep, chance=random.random, stop_file=folder / STOP_FILE)


def _targets(project: Project, to: str) -> list[str]:
    named = project.config.deliver
    if not named:
        remedy = "Name one: deliver: {files: {kind: files, folder: delivered}}."
        raise ConfigError(Problem(where="leadq.yaml", rule="must name a target under deliver", remedy=remedy))
    if to and to not in named:
        remedy = f"Name one of {', '.join(named)}, or leave --to out for all."
        raise UsageError(Problem(where="--to", rule="must be a target of leadq.yaml", value=to, remedy=remedy))
    return [to] if to else list(named)


def _one_target(project: Project, to: str) -> str:
    names = _targets(project, to)
    if len(names) > 1:
        remedy = f"Name one of {', '.join(names)}."
        raise UsageError(Problem(where="--to", rule="must be given where there are several targets", remedy=remedy))
    return names[0]


def _tiers(project: Project) -> list[str]:
    return [*(tier.id for tier in project.agreement.tiers), DISQUALIFIED]


def _tonight(project: Project, lead_id: str) -> Tonight:
    run = _run_with(project, lead_id) if lead_id else project.store.latest_night()
    if run is None:
        remedy = "Score first: leadq score."
        where, rule = (
            str(project.store.folder),
            "must hold a scored night" if not lead_id else f"must hold a score of {lead_id}",
        )
        raise UsageError(Problem(where=where, rule=rule, remedy=remedy))
    live = read_live(project.store.folder)
    version = run.inputs.bundle_version
    return Tonight(
        path=project.store.table(run.scores),
        sha256=run.scores_sha256,
        as_of=run.inputs.as_of,
        lead_id=lead_id or None,
        scores=Scores(
            run_id=run.run_id,
            model_version=version,
            agreement_version=run.inputs.agreement_version,
            promoted=live.champion is not None and live.champion.version == version,
            base_rate=live.fallback is not None and live.fallback.version == version,  # it is never the champion
        ),
    )


def _run_with(project: Project, lead_id: str) -> Run | None:
    """Return the newest run that scored a lead."""
    for run in reversed(project.store.runs()):
        ids = pq.read_table(project.store.table(run.scores), columns=["lead_id"])["lead_id"]
        if pc.index(ids, lead_id).as_py() >= 0:
            return run
    return None


def _told(reports: list[Report], failed: list[LeadqError]) -> Told:
    problems = [str(problem) for error in failed for problem in error.problems]
    facts: dict[str, Any] = {"targets": {report.target: dict(report.facts) for report in reports}}
    words = [report.words for report in reports]
    code = WITH_REJECTED_ROWS if any(report.with_rejected for report in reports) else DONE
    if failed:
        facts["problems"] = problems
        words += ["Not delivered:", *(f"- {problem}" for problem in problems)]
        code = max((error.exit_code for error in failed if error.exit_code != PAUSED), default=PAUSED)
        code = next((error.exit_code for error in failed if error.exit_code == 1), code)
    return Told(facts=facts, words="\n".join(words), exit_code=code)
