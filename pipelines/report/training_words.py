"""What a training says in the terminal: whether to trust the model, what was left out, and what to do next.

For somebody who decides, not for a statistician: log-losses, slopes and the figures at each age stand in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leadq.agreement.schema import Agreement
from leadq.foundation.plurals import counted, one_or_many
from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.lift import EXAMPLE_SHARE
from leadq.pipelines.report.figure_words import together
from leadq.pipelines.report.figures import Held
from leadq.pipelines.report.sales_words import first_page
from leadq.serving.words.text import capitalised, clean, rate_text

RIGHT_WITHIN = 0.05
"""Predicted over actual wins nearer to 1 than this is right for every practical purpose."""
_CHANCE = 1.96 / 2.8
"""An error noticed four times in five is 2.8 standard errors large; 1.96 of them are what chance explains."""
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What came of a training.

    Parameters
    ----------
    bundle : Bundle
    held : Held or None
        Its figures on held-out leads.
    agreement : Agreement
    most_looks : int
        At how many moments a lead was looked at, at most.
    suspected : tuple of str
        Fields left out as suspected leaks.
    remarks : tuple of str
        What else was left out, in sentences.
    figures : tuple of str
        Sentences for a statistician, where somebody asked for them.
    doubts : tuple of str
        What is under suspicion and could spoil the verdict.
    """

    bundle: Bundle
    held: Held | None
    agreement: Agreement
    most_looks: int
    suspected: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def training_words(training: Training) -> list[str]:
    """Return what to know of a new model, in lines."""
    bundle = training.bundle
    lines = [
        f"{_name(bundle)} learnt from {learnt_from(bundle, training.most_looks)}.",
        "",
        *training.doubts,
        _trust(training),
    ]
    lines += [f"- {one}" for one in (*_tested(training), *_promised(training))]
    left_out = [*_suspected(training.suspected), *training.remarks]
    if left_out:
        lines += ["", "Left out, or not known:", *(f"- {one}" for one in left_out)]
    if training.figures:
        lines += ["", "Figures:", *(f"- {one}" for one in training.figures)]
    return lines


def learnt_from(bundle: Bundle, most_looks: int) -> str:
    """Say how many leads and looks a model learnt from: ``3,600 leads, each looked at at up to 7 ages: 19,870 looks``."""
    leads, looks = int(bundle.trained["leads"]), int(bundle.trained["rows"])
    if most_looks <= 1:
        return counted(leads, "lead")
    ages = counted(min(most_looks, len(bundle.catalogue.ages_days)), "age")
    handoff = " and at its hand-off" if most_looks > len(bundle.catalogue.ages_days) else ""
    return f"{counted(leads, 'lead')}, each looked at at up to {ages}{handoff}: {counted(looks, 'look')}"


def _name(bundle: Bundle) -> str:
    return (
        f"Model {bundle.version}" if bundle.kind == "booster" else f"Model {bundle.version}, the average win rate only,"
    )


def _trust(training: Training) -> str:
    bundle, held = training.bundle, training.held
    if not bundle.evaluation["possible"]:
        return f"Whether a model can be trusted could not be tested: {bundle.evaluation['why_not']}."
    verdict = first_page(bundle, training.agreement, held).verdict
    if bundle.kind == "booster" and not bundle.evaluation["beats_points"]:
        verdict = f"{verdict} But a simple points score may sort the leads as well."
    if held is None:
        return verdict
    leads = counted(len(held.judged), "later lead" if bundle.evaluation["dated"] else "lead")
    return f"{verdict} It was tested on {leads} that it had not seen:"


def _tested(training: Training) -> list[str]:
    """Say how well it ranks and whether its level is right, at the moment that promises are judged at."""
    evaluation, held = training.bundle.evaluation, training.held
    if not evaluation["possible"] or held is None:
        return []
    first = evaluation["moments"][0]
    overall = float(first["observed_rate"])
    said = []
    for row in held.lift:
        if row.share == EXAMPLE_SHARE:
            best = rate_text(min(row.lift * overall, 1.0), overall)
            said.append(
                f"{_ranking(evaluation)}: of the {100 * row.share:.0f} % of leads it rated highest, {best} were won; of all, "
                f"{rate_text(overall, overall)}."
            )
    if evaluation["beats_base_rate"]:
        said += [_level(first, dated=bool(evaluation["dated"])), _points(evaluation)]
    if evaluation["logistic_better"]:
        said.append("A simpler model (logistic regression) would have done better: the report compares the two.")
    return said


def _ranking(evaluation: dict[str, Any]) -> str:
    if evaluation["beats_base_rate"]:
        return "It tells better leads from worse ones, by more than chance explains"
    return "It does not tell better leads from worse ones by more than chance explains"


def _points(evaluation: dict[str, Any]) -> str:
    rival = "a simple points score (fixed points for each fact)"
    return f"It does better than {rival}." if evaluation["beats_points"] else f"It is not clearly better than {rival}."


def _level(first: dict[str, Any], *, dated: bool) -> str:
    """Say predicted against actual wins, and what the difference means."""
    expected, wins = float(first["n"]) * float(first["mean_probability"]), int(first["wins"])
    when = {"hand-off": " at their hand-off", "0 days": " when they came in"}.get(first["moment"], "") if dated else ""
    said = f"It expected {counted(round(expected), 'win')} among them{when}, and {wins:,} came"
    ratio = first["predicted_to_actual"]
    if ratio is None:
        return f"{said}."
    if abs(ratio - 1.0) < RIGHT_WITHIN:
        return f"{said}: its level is right."
    off = f"{100 * abs(ratio - 1.0):.0f} % too {'many' if ratio > 1.0 else 'few'}"
    test = first["calibration"]
    if test and abs(ratio - 1.0) < _CHANCE * (test["detectable_ratio"] - 1.0):
        return f"{said}: {off}, which may be chance."
    return f"{said}: {off}."


def _promised(training: Training) -> list[str]:
    """Say each promised tier; nothing where there is no model to keep a promise."""
    if training.bundle.kind != "booster":
        return []
    rows = first_page(training.bundle, training.agreement, training.held).tiers
    return [f"{row.tier}: {capitalised(row.light)}. {row.sentence}" for row in rows]


def _suspected(fields: Sequence[str]) -> list[str]:
    if not fields:
        return []
    named = [clean(field) for field in fields[:_NAMED]]
    if len(fields) > _NAMED:
        named.append(counted(len(fields) - _NAMED, "other field"))
    look, know = one_or_many(len(fields), "looks", "look"), one_or_many(len(fields), "it knew", "they knew")
    return [f"{together(named)} {look} as if {know} the outcome (leadq check says why)."]


def next_steps(bundle: Bundle, *, live: str, against: Sequence[str], rival_only: bool = False) -> list[str]:
    """Say what to do with a new model.

    Parameters
    ----------
    bundle : Bundle
    live : str
        Version of the model that is live; empty where none is.
    against : sequence of str
        What speaks against its promotion, as :func:`leadq.models.live.promotion_gate.objections` says it.
    rival_only : bool
        Nothing speaks against it but the model that is live.
    """
    if bundle.kind != "booster":
        until = "the live model stays" if live else "until then every lead gets the average chance, without a tier"
        return [f"leadq check says what data would help; {until}."]
    if live == bundle.version:
        return ["This model is live already: leadq score."]
    if not against:
        return ["leadq promote puts it live; then leadq score gives every open lead its chance and its tier."]
    why = together([one.partition(": ")[0] for one in against])
    in_spite = 'Who puts it live all the same says why: leadq promote --because "...".'
    if rival_only:
        return [
            f"Nothing has to be done: the live model stays, for of the new one leadq promote says that {why}. {in_spite}"
        ]
    return [f"leadq promote would refuse it today: {why}. leadq check says what data would help. {in_spite}"]
