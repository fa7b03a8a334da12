"""What a training says in the terminal: the report's figures in plain words, and nothing for statisticians."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from leadq.models.evaluation.held_out_forecasts import at_judged_moment
from leadq.pipelines.report.training_words import Training, learnt_from, next_steps, training_words
from tests.pipelines.report.conftest import Company

STATISTICS = re.compile(r"nats|slope|AUC|log-loss|calibrat|p-value|bootstrap|interval", re.IGNORECASE)


def training(company: Company, **changed: Any) -> Training:
    whole = Training(bundle=company.bundle, held=company.held, agreement=company.project.agreement, most_looks=3)
    return replace(whole, **changed)


def evaluated(company: Company, **changed: Any) -> Training:
    """Return the training as if its evaluation had said otherwise."""
    bundle = replace(company.bundle, evaluation={**company.bundle.evaluation, **changed})
    return training(company, bundle=bundle)


def at_first(company: Company, **changed: Any) -> str:
    """Return what is said of the level as if the first moment's figures were others."""
    first, *others = company.bundle.evaluation["moments"]
    told = training_words(evaluated(company, moments=[{**first, **changed}, *others]))
    return next(line for line in told if line.startswith("- It expected"))


def test_a_reader_learns_whether_to_trust_it(company: Company) -> None:
    told = training_words(training(company))
    said = "\n".join(told)
    assert told[0].startswith(f"Model {company.bundle.version} learnt from ")
    assert not STATISTICS.search(said)
    assert said.count("\n- T") == len(company.bundle.tiers)
    held = at_judged_moment(company.held_out)
    assert f"It was tested on {len(held):,} later leads that it had not seen" in said
    assert f"and {int(held['label'].sum()):,} came" in said
    assert f"It expected {round(held['probability'].sum()):,} wins" in said


def test_the_best_fifth_is_counted_from_the_forecasts(company: Company) -> None:
    held = at_judged_moment(company.held_out)
    best = held.sort_values("probability", ascending=False).head(len(held) // 5)
    (line,) = [line for line in training_words(training(company)) if "of the 20 % of leads it rated highest" in line]
    found = re.search(r"highest, ([\d.]+) % were won; of all, ([\d.]+) %", line)
    assert found is not None, line
    assert float(found[1]) == pytest.approx(100 * best["label"].mean(), abs=1.5)  # ties at the border count in part
    assert float(found[2]) == pytest.approx(100 * held["label"].mean(), abs=0.51)


def test_leads_and_looks_are_those_that_were_learnt_from(company: Company) -> None:
    bundle = company.bundle
    leads, looks = bundle.trained["leads"], bundle.trained["rows"]
    ages = len(bundle.catalogue.ages_days)
    assert learnt_from(bundle, ages) == f"{leads:,} leads, each looked at at up to {ages} ages: {looks:,} looks"
    with_handoff = f"{leads:,} leads, each looked at at up to {ages} ages and at its hand-off: {looks:,} looks"
    assert learnt_from(bundle, ages + 1) == with_handoff
    assert learnt_from(bundle, 1) == f"{leads:,} leads"


def test_where_nothing_beats_the_base_rate_nobody_is_led_to_trust_it(company: Company) -> None:
    told = evaluated(company, beats_base_rate=False)
    base = replace(told, bundle=replace(told.bundle, kind="base_rate"))
    said = "\n".join(training_words(base))
    assert "the average win rate only" in said
    assert "Do not rely on it" in said
    assert "It does not tell better leads from worse ones" in said
    assert "promise" not in said
    (step,) = next_steps(base.bundle, live="", against=())
    assert "promote" not in step
    assert "every lead gets the average chance" in step
    assert next_steps(base.bundle, live="3f2a9c81d07b", against=())[0].endswith("the live model stays.")


def test_what_could_not_be_tested_is_said(company: Company) -> None:
    told = replace(evaluated(company, possible=False, why_not="all leads are of one week", moments=[]), held=None)
    said = "\n".join(training_words(replace(told, bundle=replace(told.bundle, kind="base_rate"))))
    assert "could not be tested: all leads are of one week." in said


@pytest.mark.parametrize(
    ("ratio", "detectable", "said"),
    [
        (1.02, 1.5, "its level is right."),
        (1.15, 1.12, "15 % too many."),
        (0.8, 1.05, "20 % too few."),
        (1.15, 1.40, "15 % too many, which may be chance."),
        (None, 1.1, "came."),
    ],
)
def test_predicted_against_actual_is_judged(
    company: Company, ratio: float | None, detectable: float, said: str
) -> None:
    test = {**company.bundle.evaluation["moments"][0]["calibration"], "detectable_ratio": detectable}
    assert at_first(company, predicted_to_actual=ratio, calibration=test).endswith(said)


def test_the_moment_is_named_where_there_are_dates(company: Company) -> None:
    assert "among them at their hand-off, and" in at_first(company, moment="hand-off")
    assert "among them when they came in, and" in at_first(company, moment="0 days")
    undated = "\n".join(training_words(evaluated(company, dated=False)))
    assert "later lead" not in undated
    assert re.search(r"wins among them, and", undated)


def test_rivals_are_named_without_figures(company: Company) -> None:
    better = "\n".join(training_words(evaluated(company, beats_points=True, logistic_better=False)))
    assert "It does better than a simple points score" in better
    worse = "\n".join(training_words(evaluated(company, beats_points=False, logistic_better=True)))
    assert "It is not clearly better than a simple points score" in worse
    assert "But a simple points score may sort the leads as well." in worse.splitlines()[2]
    assert "But a simple points score" not in better
    assert "A simpler model (logistic regression) would have done better" in worse


def test_what_was_left_out_is_named_and_harms_nobody(company: Company) -> None:
    fields = ("leads.duration", "leads.\x1b[2Jclose", "leads.a\nb")
    lines = training_words(training(company, suspected=fields, remarks=("3 leads were never worked.",)))
    start = lines.index("Left out, or not known:")
    assert lines[start + 1 :] == [
        "- leads.duration, leads.[2Jclose and leads.a b look as if they knew the outcome (leadq check says why).",
        "- 3 leads were never worked.",
    ]
    assert not any(unicodedata.category(sign) == "Cc" for line in lines for sign in line)
    many = training_words(training(company, suspected=tuple(f"leads.f{at}" for at in np.arange(9))))
    assert "leads.f4 and 4 other fields look as if" in many[-1]
    one = training_words(training(company, suspected=("leads.duration",)))
    assert "leads.duration looks as if it knew the outcome" in one[-1]


def test_figures_are_said_to_who_asks_for_them(company: Company) -> None:
    figures = tuple(company.bundle.evaluation["words"])
    lines = training_words(training(company, figures=figures))
    assert lines[-len(figures) - 1 :] == ["Figures:", *(f"- {one}" for one in figures)]
    assert STATISTICS.search("\n".join(lines))


def test_the_next_step_is_one_that_will_not_be_refused(company: Company) -> None:
    (step,) = next_steps(company.bundle, live="", against=())
    assert step.startswith("leadq promote puts it live")
    against = [
        "it does not beat the points score on leads it had not seen: log-loss -0.0047 nats, 90 % interval -0.01 to +0.00",
        "its probabilities are off at hand-off: predicted over actual wins is 1.40",
    ]
    (step,) = next_steps(company.bundle, live="", against=against)
    assert "would refuse it today: it does not beat the points score on leads it had not seen and its prob" in step
    assert "nats" not in step
    assert "--because" in step
    (step,) = next_steps(company.bundle, live="", against=["it does not beat champion 3f2a9c81d07b"], rival_only=True)
    assert step.startswith("Nothing has to be done: the live model stays")
    assert next_steps(company.bundle, live=company.bundle.version, against=against) == [
        "This model is live already: leadq score."
    ]
