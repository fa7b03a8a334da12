"""Committed scores to the places that ``leadq.yaml`` names under ``deliver``; one process a target.

Only reads committed runs: it needs no lock on the store. Of several targets each takes its own course, and the exit code is the lowest
that is not 0: failed (1), stopped by a guard (3), paused (4), rows rejected (5); what the others did is told all the same, and told again
when the command is repeated. Leaves out the delivery itself (``serving/delivery``).
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import requests

from leadq.foundation.atomic_files import write_text
from leadq.foundation.plurals import counted
from leadq.foundation.problems import LeadqError
from leadq.pipelines.console.command_result import DONE, WITH_REJECTED_ROWS, Told
from leadq.pipelines.console.failures import as_known
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.delivery.request import Asked, must_go_together, one_target, targets_of, tonight_of
from leadq.pipelines.delivery.target_session import At, open_at
from leadq.pipelines.measures.deadlines import complete_deadlines
from leadq.pipelines.project.project import Project
from leadq.serving.delivery.deliver import deliver, send_run
from leadq.serving.delivery.reporting.delivery_report import Report
from leadq.serving.delivery.reporting.read_back import read_back
from leadq.serving.delivery.sending.rate_limit import STOP_FILE
from leadq.serving.delivery.sending.restore import plan_restore
from leadq.serving.delivery.sending.send import sender

__all__ = ["Asked", "deliver_scores", "look", "restore", "switch"]


def deliver_scores(
    project: Project,
    progress: Progress,
    *,
    asked: Asked,
    environment: dict[str, str],
    http: requests.Session | None = None,
) -> Told:
    """Deliver the newest night, or a lead's newest score, to one target or to all, one after the other.

    A target that cannot take it now does not keep the others from theirs; all that went wrong is raised at the end.

    Parameters
    ----------
    http : requests.Session, optional
        What targets are asked through; each has its own without it.
    """
    names = targets_of(project, asked.to)
    must_go_together(asked, names)
    tonight = tonight_of(project, asked.lead_id)
    reports: list[Report] = []
    failed: list[LeadqError] = []
    for name in names:
        progress(f"Delivering to {name}")
        try:
            with open_at(project, name, environment, http, writes=not asked.wish.dry_run) as at:
                report = deliver(at.ledger, at.target, tonight, at.fields, effects=at.effects, wish=asked.wish)
                reports.append(_with_anew(report, at))
        except Exception as error:  # one target's fault, foreseen or not, is not the others'
            if len(names) == 1:
                raise
            failed.append(as_known(error, ("deliver", "--to", name), now=project.now))
    with suppress(LeadqError, OSError):  # what was delivered is; the next night tells when first touches are due
        complete_deadlines(project)
    return _told(reports, failed)


def restore(
    project: Project, *, run_id: str, to: str | None, environment: dict[str, str], http: requests.Session | None = None
) -> Told:
    """Send what a target held after a delivery again."""
    name = one_target(project, to)
    with open_at(project, name, environment, http, writes=True) as at:
        at.target.check(at.fields)
        sending = sender(at.ledger, at.target, at.effects)
        report = _with_anew(send_run(sending, plan_restore(sending, run_id, at.effects.clock())), at)
    return _told([report], [])


def look(
    project: Project, *, to: str | None, environment: dict[str, str], http: requests.Session | None = None
) -> Told:
    """Read some leads back from a target and say what differs from what it confirmed; the next delivery sends these again."""
    name = one_target(project, to)
    with open_at(project, name, environment, http, writes=False) as at:
        at.target.check(at.fields)
        drift = read_back(at.ledger, at.target, at.fields, now=at.effects.clock(), pick=random.sample)
    facts = {
        "target": name,
        "looked_at": drift.looked_at,
        "differing": list(drift.differing),
        "gone": list(drift.gone),
        "fields": dict(drift.fields),
    }
    words = (
        f"{name}: {counted(drift.looked_at, 'lead')} read back; {len(drift.differing):,} changed there since we wrote them, "
        f"{len(drift.gone):,} no longer there."
    )
    return Told(facts=facts, words=words)


def switch(project: Project, *, on: bool, by: str) -> Told:
    """Let deliveries go on, or stop them all before their next step, also one that is running."""
    path = project.store.folder / STOP_FILE
    if on:
        path.unlink(missing_ok=True)
        return Told(facts={"delivery": "on"}, words="Deliveries are on. leadq deliver sends what is left.")
    write_text(path, f"stopped {project.now.isoformat()} by {by}\n")
    return Told(facts={"delivery": "off"}, words="Deliveries are off until you run leadq deliver start.")


def _with_anew(report: Report, at: At) -> Report:
    """Say in the report that the ledger began empty, where it did."""
    return replace(report, facts={**report.facts, "anew": at.anew}) if at.anew else report


def _told(reports: list[Report], failed: list[LeadqError]) -> Told:
    problems = [str(problem) for error in failed for problem in error.problems]
    facts: dict[str, Any] = {"targets": {report.target: dict(report.facts) for report in reports}}
    words = [
        f"{report.target}: treated as a first delivery, because {report.facts['anew']}."
        for report in reports
        if "anew" in report.facts
    ]
    words += [report.words for report in reports]
    codes = [error.exit_code for error in failed]
    codes += [WITH_REJECTED_ROWS for report in reports if report.with_rejected]
    if failed:
        facts["problems"] = problems
        words += ["Not delivered:", *(f"- {problem}" for problem in problems)]
    return Told(facts=facts, words="\n".join(words), exit_code=min(codes, default=DONE))
