"""``leadq agreement draft``: read the sources, propose every line of the agreement with its evidence, write the draft and the sheet.

Reads into ``work/draft``, so that nothing else in the folder is disturbed. Only the draft's own file and the sheet are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.agreement.calendar.business_time import business_time
from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement, Check
from leadq.crm.contract.history import History
from leadq.crm.gate.judge import judge_with_great_expectations
from leadq.features.agreement_evidence.said_reasons import said_reasons
from leadq.features.field_values import known_fields
from leadq.features.groups.plug_ins import load_named
from leadq.features.readiness.history_figures import read_facts
from leadq.foundation.atomic_files import write_text
from leadq.foundation.installed.extras import require_extra
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped, Problem, UsageError
from leadq.pipelines.console.command_result import DONE, WITH_REJECTED_ROWS, Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.draft.agreed_choices import choices, rule_lines, with_dates, without_unfit_checks
from leadq.pipelines.draft.draft_file import draft_text
from leadq.pipelines.draft.draft_line import DraftLine
from leadq.pipelines.draft.past_deals import past_deals
from leadq.pipelines.draft.propose_duties import propose_duties
from leadq.pipelines.draft.propose_meanings import event_checks, find_meanings, propose_meanings
from leadq.pipelines.draft.propose_promises import propose_horizon, propose_promises, propose_supply
from leadq.pipelines.draft.propose_reasons import propose_reasons
from leadq.pipelines.draft.sheet import SHEET, render_sheet
from leadq.pipelines.draft.tested_forecasts import tested_forecasts
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.store_lock import only_writer
from leadq.pipelines.training.ingest import ingest, rejected_rows, rejected_words

DRAFT = "agreement-draft.yaml"
_MOST_KINDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A proposed agreement, its lines in the order of the file, remarks for its reasons, and the time that was looked at."""

    agreement: Agreement
    lines: tuple[DraftLine, ...]
    remarks: dict[str, str]
    window: str

    @property
    def differing_first(self) -> tuple[DraftLine, ...]:
        """The lines, those that differ from today first."""
        return tuple(sorted(self.lines, key=lambda line: not line.differs))


def draft(project: Project, progress: Progress, *, out: Path | None, again: bool = False) -> Told:
    """Draft the next version of the agreement; write it, and ``reports/agreement-draft.html``.

    Parameters
    ----------
    project : Project
    progress : Progress
    out : Path or None
        The draft's file; None: ``agreement-draft.yaml`` of the project.
    again : bool
        Whether an older draft may be replaced.

    Raises
    ------
    UsageError
        The file is there already, or is the agreement in force; nothing was written.
    GateStopped
        The tables cannot be used.
    InputError
        The sources cannot be read at all.
    """
    path = (out or project.folder / DRAFT).resolve()
    _check_place(path, project, again=again)
    require_extra("train", where="leadq agreement draft")
    load_named(project.settings.features.groups)
    with only_writer(project.work / "draft.lock", doing="agreement draft", now=project.now):
        history = ingest(project, progress, folder=project.work / "draft" / "history")
        progress("Gate: checking the tables")
        gate = judge_with_great_expectations(history)
        if gate.stopped:
            raise GateStopped([row.problem() for row in gate.stopped])
        made = make_draft(project, history, progress)
        text = draft_text(made.agreement, made.lines, made.remarks, window=made.window)
        agreement = parse_agreement(text, where=path.name)
        sheet = project.reports / SHEET
        write_text(path, text)
        write_text(sheet, render_sheet(agreement, made.differing_first, window=made.window, file=_shown(path, project)))
    return _told(project, history, made, path, sheet)


def make_draft(project: Project, history: History, progress: Progress) -> Draft:
    """Propose every line out of a history that was read.

    Parameters
    ----------
    project : Project
        Its agreement is what stands today.
    history : History
    progress : Progress
    """
    fields = known_fields(history)
    agreement, gone = without_unfit_checks(project.agreement, fields)
    progress("Looking how long wins take")
    facts = read_facts(history, agreement.outcome.horizon_days)
    agreement, horizon = propose_horizon(agreement, facts.win_times, dated=history.dated)
    progress("Looking at hand-overs")
    events = event_checks(_kinds(history)) if history.dated else ()
    deals = past_deals(project, history, agreement, _asked(agreement, events))
    agreement, meanings = propose_meanings(agreement, deals, find_meanings(deals, events))
    progress("Trying what could be promised")
    first, source = tested_forecasts(project, history, agreement, progress)
    agreement, promises = propose_promises(agreement, first, source)
    agreement, supply = propose_supply(agreement, first, source)
    time = business_time(agreement.calendar, project.config.agreement.parent)
    agreement, duties = propose_duties(agreement, deals, time)
    since = None if deals.window is None else deals.window.since
    when = "in all of the history" if since is None else f"since {since.date()}"
    agreement, reasons, remarks = propose_reasons(agreement, said_reasons(history, since), when)
    today = project.read_at.astimezone(ZoneInfo(agreement.calendar.time_zone)).date()
    rules = rule_lines(agreement, deals)
    agreement, dates = with_dates(agreement, today)
    lines = (
        *(_gone(name) for name in gone),
        horizon,
        *meanings,
        *promises,
        *([] if supply is None else [supply]),
        *duties,
        reasons,
        *rules,
        *choices(agreement, deals, time),
        dates,
    )
    window = deals.why_none if deals.window is None else f"Evidence: {deals.window.words}."
    return Draft(agreement=agreement, lines=lines, remarks=remarks, window=window)


def _asked(agreement: Agreement, events: Sequence[Check]) -> tuple[Check, ...]:
    """Return every check whose leads are counted: those of today, and events that might be proposed."""
    today = [check for checks in agreement.stages.values() for check in checks]
    rules = [check for rule in agreement.rules for check in rule.when]
    return tuple(dict.fromkeys([*today, *agreement.ideal_customer, *rules, *events]))


def _kinds(history: History) -> list[str]:
    """Return the commonest kinds of events that are no outcomes."""
    kinds = pq.read_table(history.path("events"), columns=["kind"], partitioning=None)["kind"].drop_null()
    counted_kinds = [(one["counts"], str(one["values"])) for one in pc.value_counts(kinds).to_pylist()]
    outcomes = set(history.outcome_kinds)
    return [kind for _, kind in sorted(counted_kinds, key=lambda one: (-one[0], one[1])) if kind not in outcomes][
        :_MOST_KINDS
    ]


def _check_place(path: Path, project: Project, *, again: bool) -> None:
    if path == project.config.agreement.resolve():
        remedy = "Name another file with --out; the draft becomes the agreement when leadq.yaml names it."
        raise UsageError(Problem(where=str(path), rule="must not be the agreement in force", remedy=remedy))
    if path.is_dir():
        raise UsageError(Problem(where=str(path), rule="must be a file", remedy="Name a file with --out."))
    if path.exists() and not again:
        remedy = "Name another file with --out, or replace it with --replace: what was written into it is lost then."
        raise UsageError(Problem(where=str(path), rule="is there already", remedy=remedy))


def _gone(name: str) -> DraftLine:
    return DraftLine(
        key=f"checks.{name}",
        about=f"checks on {name}",
        today="agreed",
        proposed="left out",
        evidence=f"Not recorded: {name} is not in the data, or is a number that was compared with words. Map it in leadq.yaml.",
        basis="not recorded",
    )


def _shown(path: Path, project: Project) -> str:
    """Return a path as somebody in the project's folder types it."""
    folder = project.folder.resolve()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _told(project: Project, history: History, made: Draft, path: Path, sheet: Path) -> Told:
    differing = [line for line in made.lines if line.differs]
    file = _shown(path, project)
    facts = {
        "file": str(path),
        "sheet": str(sheet),
        "version": made.agreement.version,
        "window": made.window,
        "lines": [line.facts() for line in made.lines],
        "differing": len(differing),
        "rejected_rows": rejected_rows(history),
    }
    differ = counted(len(differing), "differs", "differ")
    head = (
        f"Version {made.agreement.version} of the agreement, drafted. {made.window} Of its {len(made.lines)} proposals {differ} from what "
        "stands today:"
    )
    parts = [head, *map(_line_words, differing)]
    if rejected := rejected_words(history):
        parts.append(rejected)
    parts.append(
        f"Draft: {path} (nobody has signed it)\nSheet to read, change and sign: {sheet}\nNext: leadq agreement show {file}; "
        f'leadq agreement sign {file} --role "head of sales" --role "head of marketing"; then name it in leadq.yaml (agreement: {file}).'
    )
    return Told(facts=facts, words="\n\n".join(parts), exit_code=WITH_REJECTED_ROWS if rejected_rows(history) else DONE)


def _line_words(line: DraftLine) -> str:
    return f"{line.about}\n  today:    {line.today}\n  proposed: {line.proposed}\n  {line.evidence}"
