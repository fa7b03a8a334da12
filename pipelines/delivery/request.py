"""What a person asks ``leadq deliver`` for: to which targets, of which scores, and whether the options go together.

An empty name is a name that no target and no lead has: a variable that was not set must not mean "all". Leaves out the delivery.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow.dataset as ds

from leadq.foundation.problems import ConfigError, Problem, UsageError
from leadq.models.live.live_models import read_live
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run
from leadq.serving.delivery.planning.delivery_request import Tonight, Wish
from leadq.serving.delivery.planning.guards import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asked for: to which targets (all where ``to`` is None), of which lead (all where it is None), and how."""

    to: str | None = None
    lead_id: str | None = None
    wish: Wish = field(default_factory=Wish)


def targets_of(project: Project, to: str | None) -> list[str]:
    """Return the names of the targets that are meant: the one that is named, or all.

    Raises
    ------
    LeadqError
        There is none, or not this one.
    """
    named = project.config.deliver
    if not named:
        remedy = "Add one, for example deliver: {files: {kind: files, folder: delivered}}."
        raise ConfigError(Problem(where="leadq.yaml", rule="must name a target under deliver", remedy=remedy))
    if to is not None and to not in named:
        remedy = f"Use one of {', '.join(named)}, or leave --to out to deliver to all of them."
        raise UsageError(
            Problem(where="--to", rule="must be a target of leadq.yaml", value=to or "nothing", remedy=remedy)
        )
    return [to] if to is not None else list(named)


def must_go_together(asked: Asked, names: list[str]) -> None:
    """Stop options that contradict each other.

    Raises
    ------
    UsageError
    """
    wish = asked.wish
    kinds = [option for option, given in (("--lead", asked.lead_id is not None), ("--full-refresh", wish.full_refresh),
             ("--clear-unscored", wish.clear_unscored)) if given]  # fmt: skip
    if len(kinds) > 1:
        remedy = "Run them one after the other."
        raise UsageError(Problem(where=", ".join(kinds), rule="must not be given together", remedy=remedy))
    if wish.csv is not None and (not wish.dry_run or len(names) > 1):
        rule = "needs --dry-run and a single target"
        remedy = f"Run leadq deliver --dry-run --csv FILE --to {names[0]}."
        raise UsageError(Problem(where="--csv", rule=rule, remedy=remedy))


def one_target(project: Project, to: str | None) -> str:
    """Return the name of the one target that is meant.

    Raises
    ------
    LeadqError
        There is none, or there are several and none is named.
    """
    names = targets_of(project, to)
    if len(names) > 1:
        remedy = f"Use one of {', '.join(names)}."
        raise UsageError(Problem(where="--to", rule="must be given when there are several targets", remedy=remedy))
    return names[0]


def tonight_of(project: Project, lead_id: str | None) -> Tonight:
    """Return the newest night, or the newest scores of a lead.

    Raises
    ------
    UsageError
        There is none.
    """
    run = (
        _run_with(project, lead_id)
        if lead_id is not None
        else project.store.latest_night(read_at=project.settings.read_at)
    )
    if run is None:
        remedy = "Score first: leadq score."
        where, rule = (
            str(project.store.folder),
            "must have a scored night" if lead_id is None else f"must have a score of lead {lead_id or '(empty id)'}",
        )
        raise UsageError(Problem(where=where, rule=rule, remedy=remedy))
    live = read_live(project.store.folder)
    version = run.inputs.bundle_version
    return Tonight(
        path=project.store.table(run.scores),
        sha256=run.scores_sha256,
        as_of=run.inputs.as_of,
        lead_id=lead_id,
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
    wanted = ds.field("lead_id") == lead_id
    runs = sorted(
        project.store.runs(), key=lambda run: run.inputs.as_of <= project.read_at
    )  # stable: of other data first
    for run in reversed(runs):
        if ds.dataset(project.store.table(run.scores)).count_rows(filter=wanted):
            return run
    return None
