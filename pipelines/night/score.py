"""Score the open leads: read, gate, look at tonight's leads, score, store what was known, commit.

The same night again is the same run and is not scored twice; a killed one goes on where it stopped (``resume.py``). Writing
back to the CRM is delivery's work and no part of this.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from leadq.crm.contract.history import History
from leadq.crm.gate.field_drift import FieldDrift
from leadq.crm.gate.judge import check_rules
from leadq.crm.gate.stale_sources import StaleSource
from leadq.features.groups.plug_ins import plug_in_problems
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped, Problem, UsageError
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.challenger.shadow_scoring import score_in_shadow
from leadq.pipelines.console.command_result import DONE, PAUSED, WITH_REJECTED_ROWS, Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.measures.deadlines import note_deadlines
from leadq.pipelines.night.changed_fields import hold_against_training
from leadq.pipelines.night.first_scores import FirstScores, first_scores
from leadq.pipelines.night.newest_reading import NewestReading, compare_with_newest
from leadq.pipelines.night.night_run import score_run
from leadq.pipelines.night.publish import Published, publish_night
from leadq.pipelines.night.resume import Started, unfinished
from leadq.pipelines.project.closed_looking import ClosedLooking, closed_looking_leads
from leadq.pipelines.project.old_sources import stale_of
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.read_sources import read_sources
from leadq.pipelines.project.schema_check import shape_problems
from leadq.pipelines.project.scoring_bundle import scoring_bundle
from leadq.pipelines.store.run_manifest import Run, RunInputs, RunKind
from leadq.pipelines.training.ingest import rejected_words
from leadq.pipelines.training.validate import agreement_problems
from leadq.serving.scoring.table.tier_summary import moves_text, summary_text, tier_rows

_MORE = (
    "All leads: leadq scores (as a file: leadq scores --csv > scores.csv). Why a lead has its score: leadq explain LEAD"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which leads: all open ones, those since a moment, or one."""

    lead_id: str = ""
    since: datetime | None = None

    @property
    def kind(self) -> RunKind:
        """What the run is called."""
        if self.lead_id:
            return "lead"
        return "since" if self.since else "night"

    @property
    def text(self) -> str:
        """Lead or moment; empty for a night."""
        return self.lead_id or (self.since.isoformat() if self.since else "")


def score(
    project: Project,
    progress: Progress,
    *,
    lead_id: str = "",
    since: datetime | None = None,
    as_of: datetime | None = None,
    changed_only: bool = False,
) -> Told:
    """Score into the store.

    Parameters
    ----------
    project : Project
    progress : Progress
    lead_id, since
        Only this lead; only leads created or changed after this moment.
    as_of : datetime, optional
        When the leads are looked at; when the data was read by default.
    changed_only : bool
        Take the last night's scores of leads of which nothing changed that the model can tell; the table is the same.

    Raises
    ------
    UsageError
        Both ``lead_id`` and ``since``, or an as-of after the data was read.
    GateStopped
        The data breaks a stop rule, or nothing may score; nothing was written.
    """
    scope = Scope(lead_id=lead_id, since=since)
    _refuse_wrong_use(scope, as_of or project.read_at, project)
    if changed_only and project.config.engine == "spark":
        remedy = "Drop --changed-only: on Spark every lead is scored."
        raise UsageError(Problem(where="--changed-only", rule="needs engine: duckdb", value="spark", remedy=remedy))
    with project.store.writing(f"score, {scope.kind}", project.now):
        bundle = scoring_bundle(project)
        _refuse_without_groups(bundle)
        started = _taken_up(project, bundle, scope, as_of) or _anew(project, bundle, scope, as_of, progress)
        done = project.store.committed(started.inputs.run_id)
        drift = None if scope.kind == "lead" else _fields(project, started, bundle, progress, stops=done is None)
        run = done or score_run(
            project, started.history, bundle, started.inputs, started.scored_at, progress, changed_only=changed_only
        )
        shadow = score_in_shadow(project, started.history, run)
        published = publish_night(project, run, progress)
        beside = _Beside(
            shadow=shadow,
            published=published,
            drift=drift,
            newest=compare_with_newest(project, started.history, bundle, progress) if scope.kind == "night" else None,
            first=first_scores(project, run, started.history, bundle),
            stale=stale_of(project, started.history),
            deadlines=note_deadlines(project, started.history, run),
            dead=closed_looking_leads(project.config, started.history, project.store.table(run.scores)),
        )
    return _told(project, run, started.history, beside, repeated=done is not None)


def _taken_up(project: Project, bundle: Bundle, scope: Scope, as_of: datetime | None) -> Started | None:
    """Return an interrupted run over the same leads that is still the same run."""

    def fits(inputs: RunInputs) -> bool:
        now = _inputs(project, bundle, scope, as_of or inputs.as_of, inputs.history_sha256)
        return now == inputs

    started = unfinished(project.store, project.now, fits)
    return started if started is not None and started.history.reading == bundle.reading else None


def _anew(project: Project, bundle: Bundle, scope: Scope, as_of: datetime | None, progress: Progress) -> Started:
    history = read_tonight(project, bundle, progress)
    inputs = _inputs(project, bundle, scope, as_of or project.read_at, history.sha256)
    return Started(inputs=inputs, scored_at=project.now, history=history)


def _inputs(project: Project, bundle: Bundle, scope: Scope, as_of: datetime, history_sha256: str) -> RunInputs:
    return RunInputs(
        kind=scope.kind,
        scope=scope.text,
        as_of=as_of,
        history_sha256=history_sha256,
        bundle_version=bundle.version,
        agreement_version=project.agreement.version,
        agreement_sha256=project.agreement.sha256,
        sentences_sha256=project.sentences_sha256,
        previous_runs=tuple(run.run_id for run in project.store.before(as_of)),
    )


def read_tonight(project: Project, bundle: Bundle, progress: Progress) -> History:
    """Read the sources into the store's work folder and hold them against the nightly rules.

    Raises
    ------
    GateStopped
        A feature group that the bundle was trained with is not here, and nothing was read; or
        A stop rule is broken, the agreement names a field that the data does not have, or the sources have no longer the
        shape that the bundle's model was trained on.
    """
    _refuse_without_groups(bundle)
    history = read_sources(project, progress, folder=project.store.work / "history", bundle=bundle)
    progress("Gate: checking the rules")
    gate = check_rules(history)
    problems = [row.problem() for row in gate.stopped] + list(agreement_problems(project, history))
    problems += shape_problems(project, history, bundle.catalogue)
    if problems:
        raise GateStopped(problems)
    return history


def _fields(project: Project, started: Started, bundle: Bundle, progress: Progress, *, stops: bool) -> FieldDrift:
    """Hold tonight's fields against those at training, before anything is scored; a run that is committed is only told."""
    return hold_against_training(project, started.history, bundle, started.inputs.as_of, progress, stops=stops)


def _refuse_without_groups(bundle: Bundle) -> None:
    if problems := plug_in_problems(bundle.catalogue):
        raise GateStopped(problems)


def _refuse_wrong_use(scope: Scope, as_of: datetime, project: Project) -> None:
    if scope.lead_id and scope.since:
        raise UsageError(
            Problem(where="leadq score", rule="takes --since or --lead, not both", remedy="Leave one of the two out.")
        )
    if as_of > project.read_at:
        remedy = "Name an earlier moment, or read newer data."
        rule = f"must not be after the data was read ({project.read_at.isoformat()})"
        raise UsageError(Problem(where="--as-of", rule=rule, value=as_of.isoformat(), remedy=remedy))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What a night has to say beside its totals; None of what is not looked at for a few leads."""

    shadow: str
    published: Published
    drift: FieldDrift | None
    newest: NewestReading | None
    first: FirstScores
    deadlines: str
    stale: tuple[StaleSource, ...]
    dead: ClosedLooking


def _told(project: Project, run: Run, history: History, beside: _Beside, *, repeated: bool) -> Told:
    rejected = int(run.history_counts["rejected"])
    path = project.store.folder / run.scores
    rows = tier_rows(run.counts, project.agreement)
    facts = {
        "run_id": run.run_id,
        "kind": run.inputs.kind,
        "as_of": run.inputs.as_of.isoformat(),
        "model_version": run.inputs.bundle_version,
        "agreement_version": run.inputs.agreement_version,
        "repeated": repeated,
        "scores": str(path),
        "rows": run.counts["rows"],
        "counts": run.counts["counts"],
        "tiers": [asdict(row) for row in rows],
        "moves": run.counts.get("moves", {}),
        "rejected_rows": rejected,
        "shadow": beside.shadow,
        "score_table": beside.published.facts,
        "own_fields": {} if beside.drift is None else beside.drift.to_document(),
        "reading": {} if beside.newest is None else beside.newest.to_document(),
        "closed_looking": beside.dead.facts(),
        "stale_sources": [one.facts() for one in beside.stale],
        **beside.first.facts(),
    }
    words = [
        f"{counted(run.counts['rows'], 'open lead')} as of {run.inputs.as_of:%Y-%m-%d %H:%M} UTC, "
        f"model {run.inputs.bundle_version}",
        summary_text(rows).rstrip("\n"),
    ]
    if run.counts.get("moves", {}).get("rows"):
        words.append(moves_text(run.counts["moves"]))
    if repeated:
        words.append("These leads were already scored with the same inputs, so nothing was written.")
    said = [
        beside.shadow,
        "" if beside.drift is None else beside.drift.in_words(),
        "" if beside.newest is None else beside.newest.in_words(),
        beside.published.words,
        beside.deadlines,
        *(str(one.problem()) for one in beside.stale),
        beside.dead.says,
    ]
    words += [one for one in said if one]
    if rejected:
        words.append(rejected_words(history))
    words += [*beside.first.lines(), "", f"Score table: {path}", _MORE]
    code = PAUSED if beside.published.paused else WITH_REJECTED_ROWS if rejected else DONE
    return Told(facts=facts, words="\n".join(words), exit_code=code)
