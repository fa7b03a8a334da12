"""What is known of how good a model is, as data and in words. Computed in ``out_of_time.py``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from leadq.foundation.plurals import counted
from leadq.models.evaluation.paired_bootstrap import Difference
from leadq.models.evaluation.reliability import Decomposition
from leadq.models.evaluation.stability import Stability
from leadq.models.fit.calibration import CalibrationTest


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentFigures:
    """How good held-out probabilities are at one moment of a lead's life.

    Parameters
    ----------
    moment : str
        ``"hand-off"``, ``"7 days"``, ...
    age_days : float or None
        None at hand-off.
    n, wins : int
    observed_rate, mean_probability, predicted_to_actual : float
    auc, random_split_auc, logistic_auc, points_auc : float or None
        Out of time; in a random split of the same leads; of the logistic regression and the points score, out of time. None
        without both classes.
    log_loss, unanchored_log_loss, base_log_loss, logistic_log_loss, points_log_loss : float
        Of the model, of the model without its anchor, of the training side's win rate at this moment, of the yardsticks; nats.
    improvement_percent : float
        By how much the log-loss lies below the base rate's.
    brier : float
    calibration : CalibrationTest or None
    decomposition : Decomposition
        Of the Brier score.
    """

    moment: str
    age_days: float | None
    n: int
    wins: int
    observed_rate: float
    mean_probability: float
    predicted_to_actual: float | None
    auc: float | None
    random_split_auc: float | None
    logistic_auc: float | None
    points_auc: float | None
    log_loss: float
    unanchored_log_loss: float
    base_rate: float
    base_log_loss: float
    logistic_log_loss: float
    points_log_loss: float
    improvement_percent: float
    brier: float
    calibration: CalibrationTest | None
    decomposition: Decomposition


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginFigures:
    """One rolling origin: what learnt, and how good it was at hand-off in the period after it.

    Parameters
    ----------
    origin : str
        ISO time; the row number for a flat source.
    period_days : float or None
    train_leads, train_wins, test_leads, wins : int
    accounts_in_both : int
        Accounts with leads on both sides.
    accounts_removed : bool
        Whether those left the training side.
    num_leaves, rounds : int
    anchor : float
        Shift that was live at this origin, log-odds.
    mean_probability, unanchored_mean, auc, log_loss, unanchored_log_loss, slope : float or None
    """

    origin: str
    period_days: float | None
    train_leads: int
    train_wins: int
    test_leads: int
    wins: int
    accounts_in_both: int
    accounts_removed: bool
    num_leaves: int
    rounds: int
    anchor: float
    mean_probability: float | None
    unanchored_mean: float | None
    auc: float | None
    log_loss: float | None
    unanchored_log_loss: float | None
    slope: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorFigures:
    """Whether anchoring lowered the log-loss at the origins: mean log-loss per window tried and without (``"none"``)."""

    kept: bool
    window: float | None
    log_loss: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFinding:
    """Outcome of one model leak check (docs/method.md, Leak checks)."""

    check: int
    name: str
    verdict: Literal["passed", "named", "stop"]
    value: float | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Out-of-time evaluation of a fit.

    Parameters
    ----------
    possible : bool
        False where history is too short or too thin to hold leads out; ``why_not`` says why.
    dated : bool
        False for a flat source: the test rows are the last in order.
    order_is_time : bool
        False for a flat source whose rows are in a random order, for no other is known to be one in time.
    origin : str
        ISO time of the first origin; the row number for a flat source.
    train_leads : int
        At the last origin.
    test_rows, test_leads : int
        Held out at all origins.
    moments : tuple of MomentFigures
        Hand-off first (or the first landmark where no hand-off is known).
    origins : tuple of OriginFigures
    anchor : AnchorFigures or None
    stability : Stability or None
        Of scores, tiers and reasons between the fits of the last two origins.
    versus_base, versus_base_at_handoff, versus_points, versus_logistic : Difference or None
        Paired log-loss differences of the model against the base rate (all moments; first moment), the points score and the
        logistic regression (all moments).
    calibration_usable : bool
        Whether the cross-fitted calibration of the final fit has a slope above 0.
    findings : tuple of ModelFinding
    """

    possible: bool
    why_not: str = ""
    dated: bool = True
    order_is_time: bool = True
    origin: str = ""
    train_leads: int = 0
    test_rows: int = 0
    test_leads: int = 0
    moments: tuple[MomentFigures, ...] = ()
    origins: tuple[OriginFigures, ...] = ()
    anchor: AnchorFigures | None = None
    stability: Stability | None = None
    versus_base: Difference | None = None
    versus_base_at_handoff: Difference | None = None
    versus_points: Difference | None = None
    versus_logistic: Difference | None = None
    calibration_usable: bool = True
    findings: tuple[ModelFinding, ...] = field(default=())

    @property
    def beats_base_rate(self) -> bool:
        """Clearly better than the base rate over all moments, and not worse at hand-off."""
        if not (self.possible and self.calibration_usable and self.versus_base and self.versus_base_at_handoff):
            return False
        return self.versus_base.better and not self.versus_base_at_handoff.worse

    @property
    def beats_points(self) -> bool:
        """Clearly better than the points score over all moments."""
        return self.possible and self.versus_points is not None and self.versus_points.better

    @property
    def logistic_better(self) -> bool:
        """The logistic regression is clearly better."""
        return self.versus_logistic is not None and self.versus_logistic.worse

    def to_document(self) -> dict[str, Any]:
        """Plain data for JSON, figures rounded to 9 significant digits, with the verdict and the words."""
        document: dict[str, Any] = rounded(json.loads(json.dumps(asdict(self))))
        if self.order_is_time:  # as every evaluation of an earlier leadq
            del document["order_is_time"]
        document["beats_base_rate"] = self.beats_base_rate
        document["beats_points"] = self.beats_points
        document["logistic_better"] = self.logistic_better
        document["words"] = list(self.in_words())
        return document

    def in_words(self) -> tuple[str, ...]:
        """Sentences for a report, the most important first."""
        if not self.possible:
            return (
                f"No model could be tested: {self.why_not}.",
                "Every lead gets the average win rate (the base rate), without tiers and reasons.",
            )
        words = [self._verdict()]
        if self.logistic_better and self.versus_logistic:
            gain = self.versus_logistic.mean
            words.insert(0, f"A plain logistic regression does better than the trees, by {gain:.4f} nats of log-loss.")
        if self.versus_points:
            better = "beats" if self.beats_points else "does not beat"
            words.append(
                f"It {better} a points score built from the agreement and the same data {_interval(self.versus_points)}."
            )
        words.append(self._split())
        words += [self._anchored()] if self.anchor else []
        words += [_moment_words(one) for one in self.moments]
        words += [finding.words for finding in self.findings if finding.verdict != "passed"]
        return tuple(words)

    def _verdict(self) -> str:
        base = self.versus_base
        if base is None:
            return "Nothing beats the base rate."
        interval = _interval(base)
        if self.beats_base_rate:
            return f"The model beats the base rate on leads it had not seen {interval}."
        weak = "" if self.calibration_usable else "; on rows it was not fitted on, its raw scores do not tell who wins"
        return (
            f"Nothing beats the base rate {interval}{weak}. "
            "Every lead gets the average win rate, without tiers and reasons."
        )

    def _split(self) -> str:
        first, last = self.origins[0], self.origins[-1]
        if first.period_days is not None:
            days = counted(first.period_days, "day")
            when = f"{first.origin[:10]} to {last.origin[:10]}, each tested on the leads of the {days} after it"
        else:
            when = f"rows {first.origin} to {last.origin}" if self.order_is_time else "rows in a random order"
        words = f"{counted(len(self.origins), 'rolling origin')} ({when}): {counted(self.test_leads, 'lead')} held out."
        removed = sum(one.accounts_in_both for one in self.origins if one.accounts_removed)
        kept = sum(one.accounts_in_both for one in self.origins if not one.accounts_removed)
        if removed:
            words += (
                f" Accounts with leads on both sides were left out of the training side ({counted(removed, 'time')})."
            )
        if kept:
            words += (
                f" Where too little would have been left, they were kept ({counted(kept, 'time')}): those figures are for"
                " accounts already known."
            )
        return words

    def _anchored(self) -> str:
        if self.anchor is None:
            return ""
        without = self.anchor.log_loss["none"]
        if self.anchor.window is None:
            return "Anchoring on recent leads did not clearly lower the log-loss in the back-test, so it is not used."
        gain = 100.0 * (1.0 - self.anchor.log_loss[f"{self.anchor.window:g}"] / without)
        window = counted(self.anchor.window, "day" if self.dated else "row")
        return f"Anchored on the last {window}, which lowered the log-loss in the back-test by {gain:.2f} %."


def _interval(found: Difference) -> str:
    return f"({found.mean:+.4f} nats of log-loss, 90 % interval {found.low:+.4f} to {found.high:+.4f})"


def _moment_words(one: MomentFigures) -> str:
    ranking = "AUC not defined" if one.auc is None else f"AUC {one.auc:.3f}"
    if one.random_split_auc is not None:
        ranking += f" ({one.random_split_auc:.3f} in a random split)"
    words = (
        f"At {one.moment}: {one.wins:,} of {one.n:,} won ({100 * one.observed_rate:.1f} %, predicted "
        f"{100 * one.mean_probability:.1f} %), {ranking}, log-loss {one.log_loss:.4f}, "
        f"{abs(one.improvement_percent):.1f} % {'below' if one.improvement_percent >= 0 else 'above'} the base rate's"
    )
    test = one.calibration
    if test is not None:
        words += (
            f"; calibration slope {test.slope:.2f} ({test.slope_low:.2f} to {test.slope_high:.2f}); an error of the mean"
            f" above {100 * (test.detectable_ratio - 1):.0f} % would have been noticed"
        )
    return words + "."


def rounded(value: Any) -> Any:
    """Round floats so that the last bits of a matrix library do not change a bundle's bytes."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return value
