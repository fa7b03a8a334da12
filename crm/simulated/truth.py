"""The true probability of a win, for every lead at any moment, in closed form.

P(won within the horizon after as_of | what is recorded of the lead by as_of, still open then, and worked as leads are worked today).
By Bayes, with pi the share of leads with these facts that are eventually won:

    logit P(buyer | seen) = logit(pi) + log likelihood ratio of the events known and of no others
                            + log S_win(age) - log S_loss(age | facts)
    P(won within H)       = P(buyer | seen) * (1 - S_win(age + H) / S_win(age))

Firmographics not recorded yet are averaged out over their exact distribution given what is recorded. What sales
did (touches, dispositions, opportunities, fields filled in by sales) is not looked at: it follows from the
recorded facts. With ``account_effect_sd > 0`` the account's effect is integrated out given the lead's own
facts; what became of other leads of the account is then not used (an approximation; exact when it is 0).

In a company with office hours ends are carried into them by a rising function (``sales/office_hours.py``): who is still open at a
moment is who was drawn to end later than that function's inverse, so ages are counted to there. Sales calls every lead there before it
can close, each speed within a range of its own, so that at the first touch nobody is missing and the speed is known.

In the former company, at the first touch, the survival terms give way to how likely a touch at that very moment is (``handoff.py``):
sales touches even those it disqualifies at once, so a lead just handed off is no survivor yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, logit

from leadq.crm.simulated import curves, handoff, intent
from leadq.crm.simulated import lead_quality as fit
from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.arrow_columns import lead_names
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.moments import DAY, MICROSECONDS
from leadq.crm.simulated.sales.office_hours import office_hours
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.foundation.problems import InputError, Problem

_SPAN = np.int64(2**29)  # more seconds than any history lasts: a lead's share of the sort key
_SHIFT = np.int64(2**25)  # keeps what happened before creation positive
_NODES = 15

Moments = npt.NDArray[np.datetime64] | Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What decides each lead's probability; arrays of shape (n_leads,), moments in seconds.

    Leads numbered ``n_leads`` and above are second entries of the same person: they can never win.
    Made by ``simulate``; kept apart from the tables.
    """

    settings: CompanySettings
    duplicates: int
    created: Ints
    closed: Ints
    worked: Bools
    first_touch: Ints
    base_logit: Floats
    speeds: Floats
    fast_share: Floats
    activity: Floats
    seniority: Ints
    industry: Ints
    """-1 for a lead without an account."""
    band: Ints
    industry_known: Ints
    size_known: Ints
    gap: intent.Gap
    event_key: Ints
    """Sorted: lead number and moment at which each event was known."""
    event_sum: Floats
    """Shape (n_events + 1,): running sum of the log likelihood ratios."""
    kept_share: Floats | None = None
    """Factor on each lead's chance; None: 1."""
    speed: Ints | None = None
    """How fast each lead was called; None where first calls do not tell."""

    def probability(self, lead_ids: Sequence[str], as_of: Moments, *, horizon_days: float | None = None) -> Floats:
        """Return P(won within the horizon after as_of) for each lead at its moment.

        Parameters
        ----------
        lead_ids : sequence of str, length n
        as_of : array of shape (n,), datetime64 or int64 microseconds since 1970, UTC
        horizon_days : float, optional
            Default: the settings' horizon.

        Returns
        -------
        ndarray of shape (n,), float64
            In [0, 1]; 0 once the lead has closed for the first time, and for second entries of the same person.

        Raises
        ------
        InputError
            A lead is unknown, or as_of lies before its creation.
        """
        horizon = self.settings.horizon_days if horizon_days is None else horizon_days
        number, moment = self._locate(lead_ids, as_of)
        result = np.zeros(len(number))
        alive = number < len(self.created)
        alive[alive] = moment[alive] < self.closed[number[alive]]
        lead, at = number[alive], moment[alive]
        result[alive] = self._of_open(lead, at, self._win_share(lead, at), horizon)
        return result

    def _of_open(self, lead: Ints, at: Ints, win_share: Floats, horizon: float) -> Floats:
        """P(won within the horizon after ``at``) of leads open then, given P(buyer | facts) before any event is looked at."""
        age = self._age(lead, at)
        log_odds = (
            logit(win_share)
            + self._log_ratio(lead, at)
            + curves.WIN.log_survival(age)
            - curves.loss_log_survival(age, self.fast_share[lead])
        )
        days = horizon if self.settings.planted.former_company else self._age(lead, at + int(horizon * DAY)) - age
        return np.asarray(expit(log_odds) * curves.win_within(age, days))

    def _age(self, lead: Ints, at: Ints) -> Floats:
        """Age in days by which a lead that has closed at ``at`` was drawn to end."""
        office = office_hours(self.settings)
        until = at if office is None else np.maximum(office.closing_back(at), self.created[lead])
        return np.asarray((until - self.created[lead]) / DAY)

    def probability_at_handoff(self, lead_ids: Sequence[str], as_of: Moments) -> Floats:
        """Return P(won within the horizon after as_of) for worked leads at their hand-off.

        What is recorded by ``as_of`` is looked at, and that the lead was first touched when it was (how fast sales called included).

        Parameters
        ----------
        lead_ids : sequence of str, length n
            Leads that sales touched.
        as_of : array of shape (n,), datetime64 or int64 microseconds since 1970, UTC
            The hand-off: the first touch, or its acceptance within hours.

        Returns
        -------
        ndarray of shape (n,), float64
            0 for second entries of the same person.

        Raises
        ------
        InputError
            A lead is unknown, or as_of lies before its creation.
        """
        number, moment = self._locate(lead_ids, as_of)
        result = np.zeros(len(number))
        original = number < len(self.created)
        lead, at = number[original], moment[original]
        if self.speed is not None:
            share = self._win_share_by_speed(lead, at)[np.arange(len(lead)), self.speed[lead]]
            result[original] = self._of_open(lead, at, share, self.settings.horizon_days)
            return result
        touch_age = np.maximum(self.first_touch[lead] - self.created[lead], 1) / DAY
        until_age = (at - self.created[lead]) / DAY + self.settings.horizon_days
        density = handoff.touch_density(touch_age, until_age, self.fast_share[lead])
        share = self._win_share_by_speed(lead, at)
        odds = np.exp(self._log_ratio(lead, at))
        speeds = self.speeds[lead]
        won = odds * (speeds * share * density.won).sum(axis=1)
        lost = (speeds * (1.0 - share) * density.lost).sum(axis=1)
        in_time = odds * (speeds * share * density.won_in_time).sum(axis=1)
        result[original] = in_time / (won + lost)
        return result

    def probability_at_first_touch(self, lead_ids: Sequence[str]) -> Floats:
        """Return P(won within the horizon after the first touch) for worked leads: what can be known before sales has answered.

        A later hand-off is chosen by the answer: accepted leads are looked at when they were accepted, up to days later, rejected
        ones when they were first touched. Over such moments :meth:`probability_at_handoff`, which looks at no answer, is too high.

        Parameters
        ----------
        lead_ids : sequence of str, length n
            Leads that sales touched.

        Returns
        -------
        ndarray of shape (n,), float64
            0 for second entries of the same person.
        """
        number = self._number(lead_ids)
        touched = np.zeros(len(number), dtype=np.int64)
        original = number < len(self.created)
        touched[original] = self.first_touch[number[original]]
        return self.probability_at_handoff(lead_ids, touched * MICROSECONDS)

    def _number(self, lead_ids: Sequence[str]) -> Ints:
        ids = pa.array(lead_ids, pa.string())
        known = lead_names(np.arange(len(self.created) + self.duplicates))
        found: Ints = np.asarray(pc.fill_null(pc.index_in(ids, value_set=known), -1), dtype=np.int64)
        if (found < 0).any():
            raise _misfit("must be a lead of this company", [str(name) for name in ids.filter(pa.array(found < 0))])
        return found

    def _locate(self, lead_ids: Sequence[str], as_of: Moments) -> tuple[Ints, Ints]:
        """Return lead number and moment in whole seconds."""
        number = self._number(lead_ids)
        moments = np.asarray(as_of)
        if moments.dtype.kind == "M":
            moments = moments.astype("datetime64[us]").astype(np.int64)
        moment = moments.astype(np.int64) // MICROSECONDS
        original = number < len(self.created)
        early = np.zeros(len(number), dtype=np.bool_)
        early[original] = moment[original] < self.created[number[original]]
        if early.any():
            names = [str(name) for name in pa.array(lead_ids, pa.string()).filter(pa.array(early))]
            raise _misfit("as_of must not be before the lead's creation", names)
        return number, moment

    def _log_ratio(self, lead: Ints, moment: Ints) -> Floats:
        """Log likelihood ratio of the events known at ``moment``, and of there being no others."""
        since = np.minimum(moment - self.created[lead] + _SHIFT, _SPAN - 1)
        begin = np.searchsorted(self.event_key, lead * _SPAN)
        end = np.searchsorted(self.event_key, lead * _SPAN + since, side="right")
        seen: Floats = self.event_sum[end] - self.event_sum[begin]
        until = self.gap.seen_until(lead, moment)
        return seen + intent.log_no_more(self.created[lead], self.activity[lead], until, moment)

    def _win_share(self, lead: Ints, moment: Ints) -> Floats:
        """P(buyer | facts recorded by ``moment``), before any event is looked at."""
        share: Floats = (self.speeds[lead] * self._win_share_by_speed(lead, moment)).sum(axis=1)
        return share

    def _win_share_by_speed(self, lead: Ints, moment: Ints) -> Floats:
        """P(buyer | facts recorded by ``moment``, how fast sales calls), shape (n, 3)."""
        table = fit.company_logit()
        industry, band = self.industry[lead], self.band[lead]
        private = industry < 0
        knows_industry = private | (self.industry_known[lead] <= moment)
        knows_size = private | (self.size_known[lead] <= moment)
        effect = np.where(private, 0.0, table[self.seniority[lead], industry, band])
        share = np.zeros((len(lead), len(fit.SPEED_EFFECTS)))
        sure = knows_industry & knows_size
        share[sure] = self._account_mean(lead[sure], effect[sure], private[sure])
        unsure = np.flatnonzero(~sure)
        weight_sum, share_sum = np.zeros((len(unsure), 1)), np.zeros((len(unsure), len(fit.SPEED_EFFECTS)))
        rows = lead[unsure]
        cells = words.INDUSTRY.shares[:, None] * words.band_shares()
        for i, j in np.ndindex(*cells.shape):
            fits = (~knows_industry[unsure] | (industry[unsure] == i)) & (~knows_size[unsure] | (band[unsure] == j))
            weight = (cells[i, j] * fits)[:, None]
            weight_sum += weight
            share_sum += weight * self._account_mean(rows, table[self.seniority[rows], i, j], private[unsure])
        share[unsure] = share_sum / weight_sum
        return share if self.kept_share is None else share * self.kept_share[lead][:, None]

    def _account_mean(self, lead: Ints, effect: Floats, private: Bools) -> Floats:
        """Mean of the win share over the unrecorded account effect (Gauss-Hermite), by speed: shape (n, 3)."""
        center = (self.base_logit[lead] + effect)[:, None] + fit.SPEED_EFFECTS
        spread = self.settings.account_effect_sd
        if spread == 0.0:
            return np.asarray(expit(center))
        points, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        mean = np.zeros(center.shape)
        for point, weight in zip(points, weights / weights.sum(), strict=True):
            mean += weight * expit(center + spread * point * ~private[:, None])
        return mean


def index_events(events: intent.Events, created: Ints) -> tuple[Ints, Floats]:
    """Return sort key and running sum of log ratios of events that are in order of (lead, known)."""
    key = events.lead * _SPAN + np.minimum(events.known - created[events.lead] + _SHIFT, _SPAN - 1)
    return key, np.concatenate(([0.0], np.cumsum(events.log_ratio)))


def _misfit(rule: str, names: list[str]) -> InputError:
    return InputError(
        Problem(
            where="truth of the simulated company",
            rule=rule,
            value=repr(names[0]),
            count=len(names),
            examples=tuple(names[:5]),
            remedy="Ask with lead ids and moments of the same simulation (same settings and seed).",
        )
    )
