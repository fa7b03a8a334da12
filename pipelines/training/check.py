"""Read the sources and say, before anything is trained, what they can prove, what is broken and what looks like a leak.

Reads into ``work/check``, so that a training in the same folder is not disturbed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from leadq.agreement.calendar.business_time import business_time
from leadq.crm.contract.history import History
from leadq.crm.gate.judge import judge_with_great_expectations
from leadq.crm.gate.result import GateResult
from leadq.crm.reading.ingest import outcome_words, read_notes
from leadq.crm.reading.values.kept_readings import reading_in_words
from leadq.features.groups.plug_ins import load_named
from leadq.features.leak_checks.advice import what_to_do
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.reporting import once_a_field
from leadq.features.leak_checks.run_checks import quarantine
from leadq.features.leak_checks.table import CheckRow
from leadq.features.readiness.achieved_by_month import achieved
from leadq.features.readiness.check_page import render_check_report
from leadq.features.readiness.columns_to_fill import columns_to_fill
from leadq.features.readiness.minimum_outcomes import shortage
from leadq.features.readiness.readiness import Readiness, readiness
from leadq.features.readiness.statements import Statement, say
from leadq.features.training_data import TrainingData
from leadq.foundation.atomic_files import write_text
from leadq.foundation.installed.extras import require_extra
from leadq.foundation.problems import AgreementError, GateStopped, Problem
from leadq.models.evaluation.first_look import FirstLook, first_look, offer_in_words
from leadq.pipelines.console.command_result import DONE, STOPPED_BY_GATE, WITH_REJECTED_ROWS, Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.measures.hand_over_words import WITHOUT_DATES, hand_overs_in_words
from leadq.pipelines.measures.measure import Measured, measure
from leadq.pipelines.measures.measured_facts import measured_facts
from leadq.pipelines.measures.record_sentences import records_in_words
from leadq.pipelines.measures.stage_words import stages_in_words
from leadq.pipelines.project.closed_looking import closed_looking_leads
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.store_lock import only_writer
from leadq.pipelines.training.build import look_at_landmarks
from leadq.pipelines.training.feasibility.kept_agreement import Remark, Supply, kept_agreement
from leadq.pipelines.training.feasibility.tier_shares import hours_between_runs, supply_of, with_hand_overs
from leadq.pipelines.training.ingest import ingest, rejected_rows, rejected_words
from leadq.pipelines.training.leak_checks import LeakReport, run_leak_checks
from leadq.pipelines.training.spelling_remarks import spelling_remarks
from leadq.pipelines.training.validate import agreement_problems, agreement_remarks

_HAND_OVERS, _STAGES = "Hand-overs and their results", "Stages and who has met them"
_OLD = "Sources that are older than allowed"
_RECORD = "Rejections and what the record shows"


def check(project: Project, progress: Progress) -> Told:
    """Check the sources; write ``reports/check.html``.

    Returns
    -------
    Told
        Exit code 3 where training would be stopped, 5 where source rows could not be used.

    Raises
    ------
    InputError
        The sources cannot be read at all.
    ConfigError
        A feature group that params.yaml names cannot be had.
    """
    require_extra("train", where="leadq check")
    load_named(project.settings.features.groups)
    with only_writer(project.work / "check.lock", doing="check", now=project.now):
        history = ingest(project, progress, folder=project.work / "check" / "history")
        progress("Gate: checking the tables")
        gate = judge_with_great_expectations(history)
        stopping = [row.problem() for row in gate.stopped] + list(agreement_problems(project, history))
        data: TrainingData | None = None
        leaks = LeakReport(findings=(), rows=())
        more: tuple[Statement, ...] = ()
        first: FirstLook | None = None
        if not stopping:
            data, leaks, stopping = _look(project, history, progress)
        if data is not None and not stopping:
            progress("Trying which tiers could be promised")
            first, more = _first_look(project, data.without(quarantine(leaks.findings, history)))
        progress("Measuring hand-overs and stages")
        measured = None if gate.stopped else measure(project, history)
        progress("Working out what the data can prove")
        supply = supply_of(project, first, touches_recorded=history.has_touches)
        kept = _kept(project, history, with_hand_overs(supply, measured)) if data is not None else ()
        ready = report_readiness(
            project,
            history,
            gate,
            data,
            leaks.findings,
            leaks.rows,
            more,
            shares=supply.shares or None,
            kept=kept,
            measured=measured,
        )
    return _told(project, history, gate, ready, leaks, stopping, kept, measured)


def _kept(project: Project, history: History, supply: Supply) -> tuple[Remark, ...]:
    goal = project.agreement.goal
    done = achieved(history, goal.currency if goal else "")
    remarks = kept_agreement(project.agreement, supply, done, hours_between_runs=hours_between_runs(project))
    try:
        business_time(project.agreement.calendar, project.folder)
    except AgreementError as error:
        return (*remarks, *(Remark(topic="holidays", sentence=str(one), kept=False) for one in error.problems))
    return remarks


def report_readiness(
    project: Project,
    history: History,
    gate: GateResult,
    data: TrainingData | None,
    findings: tuple[LeakFinding, ...],
    checks: tuple[CheckRow, ...] = (),
    more: tuple[Statement, ...] = (),
    *,
    shares: Mapping[str, float] | None = None,
    kept: Sequence[Remark] = (),
    measured: Measured | None = None,
) -> Readiness:
    """Say what the data can prove, and ``more`` that is known of it; write ``reports/check.html``."""
    ready = readiness(history, data, project.agreement, shares=shares)
    ready = replace(ready, statements=(*ready.statements, *more))
    write_text(
        project.reports / "check.html",
        render_check_report(
            ready,
            findings,
            gate,
            checks,
            outcome=outcome_words(history.folder),
            kept=[remark.sentence for remark in kept],
            measured=_measured_words(history, measured),
        ),
    )
    return ready


def _first_look(project: Project, data: TrainingData) -> tuple[FirstLook, tuple[Statement, ...]]:
    """Say which tiers could be promised and which columns would give most; ``data`` is without suspected leaks."""
    settings = project.settings.fit
    first = first_look(data, project.agreement, settings)
    said = [say("can" if one.offered else "cannot", f"offer_{one.tier_id}", offer_in_words(one)) for one in first.tiers]
    return first, (*said, *columns_to_fill(data, seed=settings.seed))


def _look(
    project: Project, history: History, progress: Progress
) -> tuple[TrainingData | None, LeakReport, list[Problem]]:
    """Build features and look for leaks; what makes that impossible is a problem and no exception."""
    progress("Building features at every age")
    try:
        data = look_at_landmarks(project, history)
    except GateStopped as stopped:
        return None, LeakReport(findings=(), rows=()), list(stopped.problems)
    if problem := shortage(data):
        return data, LeakReport(findings=(), rows=()), [problem]
    leaks = run_leak_checks(project, history, data, progress)
    stopping = [
        Problem(where=finding.field, rule=f"{finding.name} must not happen", remedy=finding.sentence)
        for finding in leaks.findings
        if finding.consequence == "stop"
    ]
    return data, leaks, stopping


def _told(
    project: Project,
    history: History,
    gate: GateResult,
    ready: Readiness,
    leaks: LeakReport,
    stopping: Sequence[Problem],
    kept: Sequence[Remark],
    measured: Measured | None,
) -> Told:
    remarks = agreement_remarks(project, history)
    spellings = spelling_remarks(project, history)
    notes = (reading_in_words(history.reading), *read_notes(history.folder))
    rejected = rejected_rows(history)
    outcome = outcome_words(history.folder)
    dead = closed_looking_leads(project.config, history)
    report = project.reports / "check.html"
    facts = {
        "stopping": [str(problem) for problem in stopping],
        "warnings": [str(row.problem()) for row in gate.warnings],
        "leaks": [{**asdict(finding), "what_to_do": what_to_do(finding)} for finding in leaks.findings],
        "leak_checks": [asdict(row) for row in leaks.rows],
        "outcome": outcome,
        "closed_looking": dead.facts(),
        "readiness": [asdict(statement) for statement in ready.statements],
        "agreement_kept": [asdict(remark) for remark in kept],
        "measured": None if measured is None else measured_facts(measured),
        "remarks": [str(remark) for remark in remarks],
        "spellings": list(spellings),
        "notes": list(notes),
        "tables": {table: asdict(count) for table, count in history.counts.items()},
        "rejected_rows": rejected,
        "report": str(report),
    }
    parts = [ready.in_words(), *([outcome] if outcome else [])]
    parts += _listed("Open leads that look closed", [dead.says] if dead.says else [])
    parts += _listed("This stops training", [str(problem) for problem in stopping])
    parts += _listed("Can the agreement be kept?", [remark.sentence for remark in kept])
    for heading, lines in _measured_words(history, measured).items():
        parts += _listed(heading, lines)
    parts += _listed("Possible leaks", [_leak_words(finding) for finding in once_a_field(leaks.findings)])
    parts += _listed("Leak checks", [_check_words(row) for row in leaks.rows])
    parts += _listed("Checks of the agreement that hold for no lead", [str(remark) for remark in remarks])
    parts += _listed("Words that may mean the same", list(spellings))
    parts += _listed("Worth checking", [str(row.problem()) for row in gate.warnings])
    parts += _listed("Notes from reading the sources", list(notes))
    if rejected:
        parts.append(rejected_words(history))
    parts.append(f"Report: {report}")
    code = STOPPED_BY_GATE if stopping else WITH_REJECTED_ROWS if rejected else DONE
    return Told(facts=facts, words="\n\n".join(parts), exit_code=code)


def _measured_words(history: History, measured: Measured | None) -> dict[str, tuple[str, ...]]:
    """Return headings and what stands under them; nothing where the gate has stopped the tables."""
    if measured is None:
        return {} if history.dated else {_HAND_OVERS: (WITHOUT_DATES,)}
    old = {_OLD: tuple(str(one.problem()) for one in measured.stale)} if measured.stale else {}
    record = {_RECORD: records_in_words(measured.judged)} if measured.judged else {}
    return {**old, _HAND_OVERS: hand_overs_in_words(measured), _STAGES: stages_in_words(measured), **record}


def _listed(heading: str, lines: Sequence[str]) -> list[str]:
    return ["\n".join([heading, *(f"  - {line}" for line in lines)])] if lines else []


def _leak_words(finding: LeakFinding) -> str:
    consequence = {"name": "for your information", "quarantine": "left out", "stop": "stops training"}[
        finding.consequence
    ]
    return f"[{consequence}] {finding.sentence} {what_to_do(finding)}".rstrip()


def _check_words(row: CheckRow) -> str:
    number = f"{row.check:>2}" if row.check else " -"
    return f"{number} {row.what}: {row.verdict}{f' ({row.words})' if row.verdict in ('passed', 'not run') else ''}"
