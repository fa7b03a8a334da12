"""What a draft is made from: hand-overs that are old enough to judge, with what was known then and what came of them.

The last quarter of them; where it holds fewer than 60 wins or 60 others, the last two or four. Nothing is proposed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement, Check
from leadq.crm.contract.history import History
from leadq.crm.gate.rule_book import MIN_WINS
from leadq.features.agreement_evidence.acts_of_sales import ActsOfSales, acts_of_sales
from leadq.features.agreement_evidence.known_then import KnownThen, known_then
from leadq.features.engine.duckdb_engine import DAY_US, Tables, microseconds, moment, open_engine, open_tables
from leadq.features.handover.hand_overs import hand_overs
from leadq.features.handover.judged import judged
from leadq.features.handover.periods import periods
from leadq.features.handover.sources import recorded_sources
from leadq.features.leak_checks.vouching import vouched_names
from leadq.features.readiness.time_span import QUARTER_DAYS
from leadq.features.rejection.standing import rejections
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.foundation.plurals import counted
from leadq.models.tiers.promise_test import MIN_TESTABLE, Judgement
from leadq.models.tiers.winning_values import rate_of
from leadq.pipelines.measures.deliveries import deliveries_of, score_files
from leadq.pipelines.measures.measure import judging_by, owned_by_sales
from leadq.pipelines.project.project import Project

QUARTERS = (1, 2, 4)
WHAT_IS_MISSING = (
    "Not recorded: the source has no dates. Add the date of creation and the date of the decision to the export."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that is looked at; ``enough``: at least 60 wins and 60 others are in it."""

    since: datetime
    until: datetime
    quarters: int
    enough: bool

    @property
    def words(self) -> str:
        """``"leads handed over from 2026-03-02 to 2026-05-31, the last quarter that is old enough to judge"``."""
        last = (
            "the last quarter that is"
            if self.quarters == 1
            else f"the last {counted(self.quarters, 'quarter')} that are"
        )
        fewer = f"fewer than {MIN_WINS} wins or {MIN_WINS} others"
        why = (
            ""
            if self.quarters == 1
            else f" (one quarter holds {fewer}{'' if self.enough else ', and so do all of these'})"
        )
        return f"leads handed over from {self.since.date()} to {self.until.date()}, {last} old enough to judge{why}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastDeals:
    """Mature hand-overs of a window, a row each; every frame has the same index.

    Parameters
    ----------
    window : Window or None
        None where nothing can be judged: ``why_none`` says why.
    source : str
        What a hand-over was told by.
    rows : DataFrame
        As :func:`leadq.features.handover.judged.judged` gives them, moments as microseconds.
    known : KnownThen
    acts : ActsOfSales
    checks : tuple of Check
        Columns of ``known.held``.
    """

    window: Window | None
    why_none: str
    source: str
    rows: pd.DataFrame
    known: KnownThen | None
    acts: ActsOfSales | None
    checks: tuple[Check, ...]

    @property
    def won(self) -> Floats:
        """1 won within the horizon, 0 not."""
        return self.rows["won"].to_numpy(dtype=np.float64)

    @property
    def account(self) -> Ints:
        """Leads of one account have the same number."""
        account = self.rows["account_id"].fillna("lead " + self.rows["lead_id"].astype(str))
        return pd.factorize(account)[0].astype(np.int64)

    def judged(self, inside: Bools) -> Judgement:
        """Judge the win rate of some of them."""
        return rate_of(inside, self.won, self.account)

    def held(self, checks: tuple[Check, ...]) -> Bools:
        """Return at which hand-overs all of ``checks`` held; they are among :attr:`checks`."""
        if self.known is None:
            return np.zeros(0, bool)
        columns = [self.known.held[self.checks.index(check)].to_numpy(bool) for check in checks]
        return np.logical_and.reduce(columns) if columns else np.zeros(len(self.rows), bool)


def past_deals(project: Project, history: History, agreement: Agreement, checks: tuple[Check, ...]) -> PastDeals:
    """Look at the hand-overs of ``history``.

    Parameters
    ----------
    project : Project
    history : History
    agreement : Agreement
        Its horizon and grace say what is old enough; its calendar and clocks what counts.
    checks : tuple of Check
        Checks to be held against what was known at each hand-over.
    """
    if not history.dated:
        return _none(WHAT_IS_MISSING)
    bounds = project.settings.engine
    with open_engine(threads=bounds.threads, memory_limit=bounds.memory_limit) as backend:
        return _of_tables(open_tables(backend, history), project, agreement, checks)


def _of_tables(tables: Tables, project: Project, agreement: Agreement, checks: tuple[Check, ...]) -> PastDeals:
    sources = recorded_sources(tables, deliveries_of(project), owned_by_sales(agreement))
    when = periods(sources, agreement.clocks.hand_over or None) or periods(sources)
    by = judging_by(agreement, score_files(project))
    rejected = rejections(tables, agreement.after_rejection)
    every = judged(tables, hand_overs(tables, sources, when, rejected=rejected).table, by)
    rows = every.filter(every.mature).to_pandas().sort_values("hand_over_id").set_index("hand_over_id", drop=False)
    period = _newest_period(rows, len(when))
    rows = rows[rows["period"] == period]
    if not len(rows):
        days = by.horizon_days + by.grace_days
        return _none(f"Too early to say: no lead was handed over {counted(days, 'day')} ago or earlier.")
    until_us = microseconds(tables.history.read_at) - (by.horizon_days + by.grace_days) * DAY_US
    window, since_us = _window(rows, until_us)
    rows = rows[rows["handed_over_us"] > since_us]
    chosen = every.filter(every.mature, every.period == period, every.handed_over_us > since_us)
    chosen = tables.backend.create_table("hand_overs_of_the_window", chosen, temp=True, overwrite=True)
    return PastDeals(
        window=window,
        why_none="",
        source=when[period].source,
        rows=rows,
        known=known_then(
            tables, chosen, agreement, checks, vouched=vouched_names(tables.history, project.config.vouch)
        ),
        acts=acts_of_sales(tables, chosen, agreement.clocks.counts_as_touch),
        checks=checks,
    )


def _newest_period(rows: pd.DataFrame, n_periods: int) -> int:
    """Return the newest period with enough hand-overs to say anything; no window crosses a change of source."""
    sizes = [int((rows["period"] == place).sum()) for place in range(n_periods)]
    enough = [place for place, size in enumerate(sizes) if size >= MIN_TESTABLE]
    return enough[-1] if enough else int(np.argmax(sizes))


def _window(rows: pd.DataFrame, until_us: int) -> tuple[Window, int]:
    """Return the window, and the moment after which its hand-overs were."""
    last_us = min(until_us, int(rows["handed_over_us"].max()))
    for quarters in QUARTERS:
        since_us = last_us - quarters * QUARTER_DAYS * DAY_US
        inside = rows[rows["handed_over_us"] > since_us]
        won = int(inside["won"].sum())
        enough = won >= MIN_WINS and len(inside) - won >= MIN_WINS
        if enough or quarters == QUARTERS[-1]:
            break
    first_us = int(inside["handed_over_us"].min())
    return Window(since=moment(first_us), until=moment(last_us), quarters=quarters, enough=enough), since_us


def _none(why: str) -> PastDeals:
    return PastDeals(window=None, why_none=why, source="", rows=pd.DataFrame(), known=None, acts=None, checks=())
