"""The outcome of leads that become deals in a second file: a converted lead ends as its deal does, any other as its own status says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leadq.crm.reading.proposal.file_sample import SAMPLE_ROWS, Sample
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.outcome_guess import Outcome, outcome_of
from leadq.crm.reading.proposal.tables.table_links import Link
from leadq.crm.reading.values.ids import KEY, in_one_form
from leadq.crm.reading.values.words.folded_words import BETWEEN
from leadq.crm.reading.values.words.joined_words import joined_text
from leadq.crm.reading.values.words.outcome_words import Verdict
from leadq.crm.storage.scratch_database import Connection, name

_MOST_WORDS = 400
_REMARK = "a converted lead ends as its deal does, any other as its status says"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealJoin:
    """The deals that leads became: their file, the column of the leads with their ids, their own key, what is taken of them."""

    leads: LeadGuess
    sample: Sample
    on: str
    key: str
    take: tuple[str, ...]


def join_deals(
    connection: Connection, leads: LeadGuess, deals: Sample, link: Link, outcome: Outcome, closed: tuple[str, ...]
) -> DealJoin | str:
    """Return the join and the leads with the outcome of both; or why it cannot be made."""
    if leads.outcome is None:
        return "the outcome of leads that became no deal is not known"
    take = tuple(dict.fromkeys((*outcome.columns, *closed)))
    there = {column.name.lower() for column in leads.sample.columns}
    if both := [column for column in take if column.lower() in there]:
        return f"its column {both[0]} has the name of a column of the leads: export it under another name"
    seen = _words(connection, leads, deals, link, outcome)
    if len(seen) > _MOST_WORDS:
        return "status and stage make too many different words together"
    verdicts = {word: verdict for word, (verdict, _) in seen.items()}
    columns = (*leads.outcome.columns, *outcome.columns)
    both_ends = outcome_of(columns, {word: n for word, (_, n) in seen.items()}, verdicts, _REMARK)
    dates = replace(leads.dates, closed=(*closed, *leads.dates.closed), remark=leads.dates.remark)
    joined = replace(leads, outcome=both_ends, dates=dates)
    return DealJoin(leads=joined, sample=deals, on=link.column, key=link.other, take=take)


def _words(
    connection: Connection, leads: LeadGuess, deals: Sample, link: Link, outcome: Outcome
) -> dict[str, tuple[Verdict, int]]:
    """Words of status and stage together, what they say, and their rows; of a long file every pair that there can be."""
    own = leads.outcome
    if own is None:
        return {}
    of_lead = connection.table(leads.sample.looked).project(
        f"{joined_text(own.columns)} AS s, {name(link.column)} AS k"
    )
    of_deal = connection.table(deals.looked).project(f"{joined_text(outcome.columns)} AS d, {name(link.other)} AS k")
    mine, theirs = (in_one_form(one, "k", certain=link.certain) for one in (of_lead, of_deal))
    both = mine.set_alias("mine").join(theirs.set_alias("theirs"), f"mine.{KEY} = theirs.{KEY}", how="left")
    counts = both.aggregate("s, d, count(*) AS n", "s, d").order("n DESC, s, d").fetchall()
    pairs = {(str(s or ""), str(d or "")): int(n) for s, d, n in counts if s or d}
    if leads.sample.total > SAMPLE_ROWS:
        for s in (*_all(own), ""):
            for d in (*_all(outcome), ""):
                pairs.setdefault((s, d), 0)
    nothing = BETWEEN.join("" for _ in outcome.columns)
    silent = BETWEEN.join("" for _ in own.columns)
    return {
        f"{s or silent}{BETWEEN}{d or nothing}": (_verdict(own, outcome, s, d), n)
        for (s, d), n in pairs.items()
        if s or d
    }


def _all(outcome: Outcome) -> tuple[str, ...]:
    return (*outcome.won, *outcome.lost, *outcome.open, *outcome.asked)


def _verdict(own: Outcome, deals: Outcome, status: str, stage: str) -> Verdict:
    if stage:
        return _said(deals, stage)
    said = _said(own, status)
    return "unclear" if said == "won" else said  # converted, and there is no deal that was won


def _said(outcome: Outcome, word: str) -> Verdict:
    if word in outcome.won:
        return "won"
    if word in outcome.lost:
        return "lost"
    return "open" if word in outcome.open else "unclear"
