"""Hand-overs and the kept figures in words, for people of sales and marketing."""

from __future__ import annotations

from collections.abc import Iterator

from leadq.agreement.terms.measured_terms import HandOver
from leadq.features.engine.duckdb_engine import moment
from leadq.features.handover.hand_overs import PeriodCounts
from leadq.features.handover.sources import LAST_RESORT
from leadq.foundation.plurals import counted, one_or_many
from leadq.models.tiers.kept_promises import ALL_TIERS, Kept, KeptFigures
from leadq.models.tiers.promise_test import percent
from leadq.pipelines.measures.agreement_versions import EarlierFigures
from leadq.pipelines.measures.measure import Measured
from leadq.serving.words.text import clean

WITHOUT_DATES = (
    "Not recorded: the source has no dates, so nothing can be said of when a lead was handed over or met a stage. Add the date of creation "
    "and the date of the decision to the export."
)
_MEANING: dict[HandOver, str] = {
    "delivered": "when the CRM first confirmed a score of a tier that sales owns",
    "owner_assigned": "when its owner first was somebody in sales",
    "handed_off_at": "at its hand-over date (leads.handed_off_at)",
    "created": "when it was created",
}
_LAST_RESORT = (
    "That is the last resort: neither deliveries to a CRM, nor owners who are in sales, nor a hand-over date are recorded. Deliver scores "
    "to the CRM, map owners and the changes of a lead's owner, or map leads.handed_off_at."
)


_MOST_KINDS = 5
_RESTS_ON = {
    "leads": "how many leads came in",
    "opportunities": "which leads were won or lost",
    "field_history": "who owned a lead when",
    "touches": "which leads sales worked",
    "dispositions": "which leads sales accepted",
}


def hand_overs_in_words(measured: Measured) -> tuple[str, ...]:
    """Return what is known of hand-overs, a sentence or two a line."""
    return tuple(_lines(measured))


def _lines(measured: Measured) -> Iterator[str]:
    if not measured.counts:
        recorded = ", ".join(measured.recorded)
        yield (
            f"The agreement takes hand-overs from {measured.agreed}, which is not recorded: no lead counts as handed over. Recorded: "
            f"{recorded}. Record it, or name another one in the agreement (clocks: hand_over)."
        )
        return
    *before, now = measured.counts
    for one in before:
        yield f"{_source(one)} Figures never cross such a change."
    yield _source(now)
    if now.period.source == LAST_RESORT and measured.agreed is None:
        yield _LAST_RESORT
    if now.period.from_us is not None:
        yield _backlog(now)
    yield from _of_figures(measured)
    if measured.scores_gone:
        gone = counted(measured.scores_gone, "score table is", "score tables are")
        yield f"{gone} no longer in the store: hand-overs of those nights have no tier, or an older one. Restore them from a backup."


def _of_figures(measured: Measured) -> Iterator[str]:
    for version in measured.earlier:
        yield from _earlier(version)
    if measured.earlier:
        yield "Under the agreement as it stands:"
    every = measured.figures[0]
    yield _of_all(every, measured)
    yield from _old(measured)
    yield from _worked(measured)
    for figures in measured.figures[1:]:
        if figures.handed_over:
            yield f"{_tier(figures)}: {_kept(figures)}{_moved(figures)}"
    if untold := every.handed_over - sum(figures.handed_over for figures in measured.figures[1:]):
        yield (
            f"{counted(untold, 'hand-over has', 'hand-overs have')} no tier frozen: no score was there when "
            f"{one_or_many(untold, 'it was', 'they were')} made, so {one_or_many(untold, 'it is', 'they are')} part of no promise."
        )


def _old(measured: Measured) -> Iterator[str]:
    """Say which of these figures rest on a source that is older than leadq.yaml allows."""
    for one in measured.stale:
        if one.table in _RESTS_ON:
            newest = "no row at all" if one.newest is None else f"nothing since {one.newest:%Y-%m-%d %H:%M} UTC"
            said = f"The source {one.table} is old ({newest}; stale_after: {one.after})"
            yield f"{said}: do not believe these figures on {_RESTS_ON[one.table]}."


def _worked(measured: Measured) -> Iterator[str]:
    """Say what is not known of who worked a lead, and which touches do not count."""
    logged = measured.logged
    if not measured.touches_recorded:
        yield (
            "Which leads sales worked is not recorded: neither the share of worked leads that were won nor the share never worked can be "
            "said. Map the calls, e-mails and meetings of sales as touches."
        )
    elif not logged.enough:
        yield (
            f"Calls are not fully logged: {percent(1 - (logged.share or 0.0))} of {counted(logged.won, 'won lead')} "
            f"{one_or_many(logged.won, 'shows', 'show')} none, and {percent(logged.least or 0.0)} must show one as agreed (clocks: "
            "logged_share_at_least). So it is not said which leads sales worked. Log calls, e-mails and meetings in the CRM."
        )
    if measured.other_touches:
        kinds = ", ".join(
            f"{clean(kind) or 'without a kind'} ({n:,})" for kind, n in measured.other_touches[:_MOST_KINDS]
        )
        yield f"Recorded touches that do not count, as agreed (clocks: counts_as_touch): {kinds}."


def _earlier(one: EarlierFigures) -> Iterator[str]:
    until = "" if one.until_us is None else f" (until {_day(one.until_us)})"
    yield f"Under version {one.number} of the agreement{until}, all tiers: {_kept(one.figures[0])}"
    for figures in one.figures[1:]:
        if figures.handed_over:
            yield f"Under version {one.number}, {_tier(figures, promises_known=one.promises_known)}: {_kept(figures)}{_moved(figures)}"


def _source(one: PeriodCounts) -> str:
    period = one.period
    since = "" if period.from_us is None else f" since {_day(period.from_us)}"
    until = "" if period.until_us is None else f" until {_day(period.until_us)}"
    when = f"{since}{until}".strip()
    head = f"{when[0].upper()}{when[1:]} a lead" if when else "A lead"
    came = counted(one.entered, "lead came in", "leads came in")
    back = f", {one.came_back:,} of them anew after being closed," if one.came_back else ""
    were = one_or_many(one.handed_over, "was", "were")
    how = f"{_MEANING[period.source]} ({period.source})"
    return f"{head} counts as handed over {how}: {came}{back} and {one.handed_over:,} {were} handed over."


def _backlog(one: PeriodCounts) -> str:
    if not one.backlog:
        return "Backlog: none."
    leads = counted(one.backlog, "lead was", "leads were")
    them = one_or_many(one.backlog, "it", "them")
    return f"Backlog: {leads} open and not handed over when this began; nothing is owed for {them}: no hand-over, no deadline, no promise."


def _of_all(every: KeptFigures, measured: Measured) -> str:
    young = every.handed_over - every.everyone.n
    judged = (
        f"Judged are hand-overs whose {counted(measured.horizon_days, 'day')} are over and {measured.grace_days} more in which wins are "
        "still entered; in brackets the 90 % interval"
    )
    later = f" {young:,} {one_or_many(young, 'is', 'are')} younger." if young else ""
    return f"{_tier(every)}: {_kept(every)} {judged}.{later}"


def _tier(one: KeptFigures, *, promises_known: bool = True) -> str:
    if one.tier == ALL_TIERS:
        return "All tiers"
    if not promises_known:
        return f"{one.tier} (what it promised is no longer in the store)"
    promised = "nothing promised" if one.promise is None else f"{percent(one.promise)} promised"
    return f"{one.tier} ({promised})"


def _kept(one: KeptFigures) -> str:
    if not one.everyone.n:
        return f"{counted(one.handed_over, 'hand-over')}, none old enough to judge."
    said = f"of {one.everyone.n:,} handed over {_won(one.everyone)}."
    if one.worked is not None:
        of_worked = (
            f"Of the {one.worked.n:,} that sales worked {_won(one.worked)}" if one.worked.n else "Sales worked none"
        )
        never, share = one.never_worked or 0, one.never_worked_share or 0.0
        said += f" {of_worked}; {never:,} {one_or_many(never, 'was', 'were')} never worked ({percent(share)})."
    return said


def _won(one: Kept) -> str:
    rate, low, high = (percent(value or 0.0) for value in (one.rate, one.low, one.high))
    return f"{one.won:,} {one_or_many(one.won, 'was', 'were')} won: {rate} ({low} to {high})"


def _moved(one: KeptFigures) -> str:
    said = []
    if one.rose:
        said.append(f"{one.rose:,} rose to a better tier later, which changes nothing here")
    if one.by_rule:
        said.append(f"{one.by_rule:,} had the tier by a rule")
    return f" {'; '.join(said).capitalize()}." if said else ""


def _day(us: int) -> str:
    return moment(us).date().isoformat()
