"""What stops a delivery before anything of it is written.

Guards on shares ask whether tonight looks like other nights; they do not apply to a first delivery, nor where a promotion, an anchor
or a new agreement announced that much will change, and ``--force`` overrules them, which is recorded. The others are never overruled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from leadq.foundation.problems import GateStopped, Problem
from leadq.serving.delivery.ledger.ledger_records import DeliveryRun, RunKind
from leadq.serving.delivery.planning.plan import Tally

LEAST_ROWS_SHARE = 0.5
MOST_CHANGED_SHARE = 0.30
MOST_TIER_SHARE = 0.15
LEAST_KNOWN = 50
"""With fewer leads delivered before, a share says nothing."""
_FORCE = (
    "Look at tonight's scores first (leadq desk). If they are right, leadq deliver --force sends them and records that."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What is known of the scores to be delivered, besides their rows.

    Parameters
    ----------
    run_id : str
        Of the run of scores.
    model_version : str
    agreement_version : int
    promoted : bool
        Whether the model is the one that is live.
    base_rate : bool
        Whether every lead was given the average.
    """

    run_id: str
    model_version: str
    agreement_version: int
    promoted: bool
    base_rate: bool


def judge_model(scores: Scores) -> None:
    """Stop scores of a model that nobody put live, or that knows nothing of a single lead.

    Raises
    ------
    GateStopped
    """
    where = f"scores of run {scores.run_id}"
    if scores.base_rate:
        remedy = "Promote a model first: leadq models, leadq promote."
        rule, value = "must come from a model", "the average win rate for every lead"
        raise GateStopped(Problem(where=where, rule=rule, value=value, remedy=remedy))
    if not scores.promoted:
        remedy = "Score again with the live model (leadq score), or promote this one."
        raise GateStopped(
            Problem(where=where, rule="must come from the live model", value=scores.model_version, remedy=remedy)
        )


def judge_taken_up(run: DeliveryRun, scores: Scores) -> None:
    """Stop a run that is continued after its model was taken back; a restore knows no live model.

    Parameters
    ----------
    scores : Scores
        The newest, by which alone the live model is known here.

    Raises
    ------
    GateStopped
    """
    if run.kind == "restore":
        return
    judge_model(scores)
    if run.model_version != scores.model_version:
        remedy = "Score again with the live model (leadq score): leadq deliver sends those scores instead."
        where, rule = f"unsent scores of run {run.score_run}", f"must come from the live model {scores.model_version}"
        raise GateStopped(Problem(where=where, rule=rule, value=run.model_version, remedy=remedy))


def judge_plan(
    tally: Tally, scores: Scores, last: DeliveryRun | None, *, force: bool, kind: RunKind = "night"
) -> dict[str, Any]:
    """Stop a plan that cannot be right or looks wrong.

    Parameters
    ----------
    kind : str
        A refresh is what a person asked for knowing that much changes: guards on shares are told, and stop nothing. Clearing
        is never announced by another model.

    Returns
    -------
    dict
        What is recorded: the shares, whether they were applied and why not, and what was overruled.

    Raises
    ------
    GateStopped
        All that stops it, at once.
    """
    unsound = list(_unsound(tally, scores.run_id))
    announced = "" if kind == "clear" else "one lead" if kind == "lead" else _announced(scores, last)
    force = force or kind == "refresh"
    strange = [] if announced else list(_strange(tally, scores.run_id, last))
    if unsound or (strange and not force):
        raise GateStopped([*unsound, *([] if force else strange)])
    return {
        "rows": tally.rows,
        "announced": announced,
        "changed_share": _share(tally.changed_known, tally.known),
        "tier_change_share": _share(tally.tier_changes, tally.known),
        "overruled": [str(problem) for problem in strange],
    }


def _announced(scores: Scores, last: DeliveryRun | None) -> str:
    if last is None:
        return "first delivery"
    if last.model_version != scores.model_version:
        return "another model was put live"
    return "another agreement" if last.agreement_version != scores.agreement_version else ""


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _unsound(tally: Tally, run_id: str) -> Iterator[Problem]:
    where, remedy = f"score table of run {run_id}", "Score again (leadq score); nothing was delivered."
    if tally.nameless:
        yield Problem(where=where, rule="every row needs a lead_id", count=tally.nameless, remedy=remedy)
    if tally.twice:
        rule, examples = "a lead must appear only once", tuple(tally.twice)
        yield Problem(where=where, rule=rule, count=tally.twice_count, examples=examples, remedy=remedy)
    if tally.out_of_range:
        rule, examples = "a scored lead needs figures between 0 and 1", tuple(tally.out_of_range)
        yield Problem(where=where, rule=rule, count=tally.out_of_range_count, examples=examples, remedy=remedy)


def _strange(tally: Tally, run_id: str, last: DeliveryRun | None) -> Iterator[Problem]:
    where = f"scores of run {run_id}"
    before = int(last.facts.get("rows", 0)) if last is not None else 0
    if tally.rows < LEAST_ROWS_SHARE * before:
        rule = f"must have at least {LEAST_ROWS_SHARE:.0%} as many leads as the last delivery ({before:,})"
        yield Problem(where=where, rule=rule, value=f"{tally.rows:,}", remedy=_FORCE)
    for what, part, most in (
        ("leads delivered before may change", tally.changed_known, MOST_CHANGED_SHARE),
        ("leads delivered before may change tier", tally.tier_changes, MOST_TIER_SHARE),
    ):
        share = _share(part, tally.known)
        if share > most and tally.known >= LEAST_KNOWN:
            rule = f"at most {most:.0%} of the {what}"
            yield Problem(where=where, rule=rule, value=f"{share:.1%} ({part:,})", remedy=_FORCE)
