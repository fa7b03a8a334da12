"""Which leads a model may learn from: worked ones whose horizon is over; the others are counted and reported apart."""

from __future__ import annotations

from collections.abc import Iterator

from leadq.crm.contract.history import History
from leadq.crm.gate.rule_book import MIN_WINS
from leadq.features.readiness.history_figures import HistoryFacts
from leadq.features.readiness.minimum_outcomes import in_months, shortage, supply
from leadq.features.readiness.promise_evidence import chance_error, detectable_error
from leadq.features.readiness.statements import Kind, Statement, say
from leadq.features.training_data import TrainingData
from leadq.foundation.plurals import counted, one_or_many

_MORE_WINS = (60, 120, 240, 500, 1000, 4000)


def worked(facts: HistoryFacts, history: History, data: TrainingData | None) -> Iterator[Statement]:
    """Say how many leads sales worked, and what became of those it did not."""
    if not history.has_touches:
        sentence = (
            "It is not recorded which leads sales worked: all count as worked, and leads nobody called count as lost."
        )
        yield say("cannot", "worked", sentence)
        yield say("next", "touches", "Map the calls, e-mails and meetings of sales as touches.")
    elif data is not None and len(data.meta):
        yield from _worked_apart(facts, data)
    if not facts.rows["dispositions"]:
        sentence = (
            "It is not recorded whether sales accepted or rejected a lead: the first touch counts as the hand-off."
        )
        yield say("cannot", "dispositions", sentence, dispositions=0)


def _worked_apart(facts: HistoryFacts, data: TrainingData) -> Iterator[Statement]:
    share = float(data.meta.groupby("lead_id")["worked"].any().mean())
    sentence = f"Sales worked {share:.0%} of the leads; the score is about those."
    yield say("can", "worked", sentence, share=share, touches=facts.rows["touches"])
    mature = data.meta[data.meta["mature"]].groupby("lead_id").agg(worked=("worked", "any"), won=("label", "max"))
    never, ever = mature.loc[~mature["worked"], "won"], mature.loc[mature["worked"], "won"]
    if len(never) and len(ever):
        sentence = (
            f"{counted(len(never), 'lead that is old enough to judge was', 'leads that are old enough to judge were')} never "
            f"worked in time; {never.mean():.1%} of them were won, compared with {ever.mean():.1%} of the {len(ever):,} that "
            "were worked. The model does not learn from leads that were never worked, and cannot say what calling them would bring."
        )
        figures = {"leads": len(never), "win_rate": float(never.mean()), "worked_win_rate": float(ever.mean())}
        yield say("cannot", "never_worked", sentence, **figures)


def mature(data: TrainingData) -> Iterator[Statement]:
    """Say how many leads are old enough to learn from, whether that is enough, and what more of them would buy."""
    found, missing = supply(data), shortage(data)
    figures: dict[str, float] = {"leads": found.won + found.not_won, "wins": found.won, "too_young": found.too_young}
    leads, told = found.won + found.not_won, "worked lead" if data.touches_recorded else "lead"
    sentence = (
        f"{counted(leads, told)} with {counted(found.won, 'win')} {one_or_many(leads, 'is', 'are')} "
        "old enough to learn from"
    )
    kind: Kind = "can" if missing is None else "cannot"
    if found.too_young:
        more = counted(found.too_young, "more win belongs to a lead", "more wins belong to leads")
        sentence += f"; {more} whose horizon is not over"
    if missing is not None:
        sentence += f". That is not enough: a history {missing.rule}"
    yield say(kind, "mature", sentence + ".", **figures)
    if missing is not None:
        yield say("next", "wins", missing.remedy, wins=max(0, MIN_WINS - found.won))
    else:
        error, noticed = chance_error(found.won), detectable_error(found.won)
        sentence = (
            f"With {counted(found.won, 'win')}, predicted and actual wins can differ by about {error:.0%} by chance alone; an "
            f"error of {noticed:.0%} or more is noticed."
        )
        yield say("can", "error", sentence, chance_error=error, detectable_error=noticed)
    yield from _more_wins(data)
    if data.dated and data.catalogue.ages_days:
        last = data.catalogue.ages_days[-1]
        sentence = f"Leads up to {counted(last, 'day')} old can be scored; older ones get no score."
        yield say("can", "ages", sentence, last_age_days=last)


def _more_wins(data: TrainingData) -> Iterator[Statement]:
    """Say what the next steps in wins would buy, and when they are reached at the present pace."""
    found = supply(data)
    steps = [wins for wins in _MORE_WINS if wins > 1.5 * found.won][:2] or [4 * found.won]
    for number, wins in enumerate(steps):
        months = found.months_until(wins)
        when = "" if months is None else f" (in about {in_months(months)}, at {found.wins_a_month:,.1f} a month)"
        sentence = (
            f"With {counted(wins, 'win')}{when}, predicted and actual wins would differ by about {chance_error(wins):.0%} by "
            f"chance alone, and an error of {detectable_error(wins):.0%} or more would be noticed."
        )
        figures = {"wins": wins, "chance_error": chance_error(wins), "detectable_error": detectable_error(wins)}
        yield say("next", f"more_wins_{number}", sentence, **figures, **({} if months is None else {"months": months}))
