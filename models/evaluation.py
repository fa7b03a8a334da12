"""What is known of how good a model is, as data and in words. Computed in ``validate.py``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from models.calibrate import CalibrationTest
from models.compare import Difference
from models.reliability import Decomposition


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
    auc, random_split_auc, logistic_auc : float or None
        Out of time; cross-validated over all times; of the logistic regression, out of time. None without both classes.
    log_loss, base_log_loss, logistic_log_loss : float
        Of the model, of the training side's win rate at this moment, of the logistic regression; nats.
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
    log_loss: float
    base_rate: float
    base_log_loss: float
    logistic_log_loss: float
    improvement_percent: float
    brier: float
    calibration: CalibrationTest | None
    decomposition: Decomposition


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFinding:
    """Outcome of one model leak check (method section 7)."""

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
    origin : str
        ISO time of the split; the row number for a flat source.
    train_rows, train_leads, test_rows, test_leads : int
    accounts_in_both : int
        Accounts with leads on both sides.
    accounts_removed : bool
        Whether those left the training side.
    moments : tuple of MomentFigures
        Hand-off first (or the first landmark where no hand-off is known).
    versus_base, versus_base_at_handoff, versus_logistic : Difference or None
        Paired log-loss differences of the model against the base rate (all moments; first moment) and against the
        logistic regression (all moments).
    calibration_usable : bool
        Whether the cross-fitted calibration of the final fit has a slope above 0.
    findings : tuple of ModelFinding
    """

    possible: bool
    why_not: str = ""
    dated: bool = True
    origin: str = ""
    train_rows: int = 0
    train_leads: int = 0
    test_rows: int = 0
    test_leads: int = 0
    accounts_in_both: int = 0
    accounts_removed: bool = True
    moments: tuple[MomentFigures, ...] = ()
    versus_base: Difference | None = None
    versus_base_at_handoff: Difference | None = None
    versus_logistic: Difference | None = None
    calibration_usable: bool = True
    findings: tuple[ModelFinding, ...] = field(default=())

    @property
    def beats_base_rate(self) -> bool:
        """Better than the base rate beyond doubt over all moments, and not worse at hand-off."""
        if not (self.possible and self.calibration_usable and self.versus_base and self.versus_base_at_handoff):
            return False
        return self.versus_base.better and not self.versus_base_at_handoff.worse

    @property
    def logistic_better(self) -> bool:
        """The logistic regression is better beyond doubt."""
        return self.versus_logistic is not None and self.versus_logistic.worse

    def to_document(self) -> dict[str, Any]:
        """Plain data for JSON, figures rounded to 9 significant digits, with the verdict and the words."""
        document: dict[str, Any] = _rounded(json.loads(json.dumps(asdict(self))))
        document["beats_base_rate"] = self.beats_base_rate
        document["logistic_better"] = self.logistic_better
        document["words"] = list(self.in_words())
        return document

    def in_words(self) -> tuple[str, ...]:
        """Sentences for a report, the most important first."""
        if not self.possible:
            return (f"Nothing could be proved: {self.why_not}.", "The base rate scores; no tier, no reasons.")
        words = [self._verdict()]
        if self.logistic_better and self.versus_logistic:
            gain = self.versus_logistic.mean
            words.insert(0, f"A plain logistic regression is better than the trees, by {gain:.4f} nats of log-loss.")
        words.append(self._split())
        words += [_moment_words(one) for one in self.moments]
        words += [finding.words for finding in self.findings if finding.verdict != "passed"]
        return tuple(words)

    def _verdict(self) -> str:
        base = self.versus_base
        if base is None:
            return "Nothing beats the base rate."
        interval = f"({base.mean:+.4f} nats of log-loss, 90 % interval {base.low:+.4f} to {base.high:+.4f})"
        if self.beats_base_rate:
            return f"The model beats the base rate on leads it had not seen {interval}."
        weak = "" if self.calibration_usable else "; out of fold its margins say nothing about winning"
        return f"Nothing beats the base rate {interval}{weak}. The base rate scores; no tier, no reasons."

    def _split(self) -> str:
        when = f"leads created from {self.origin[:10]}" if self.dated else f"the last rows, from row {self.origin}"
        words = f"Trained on {self.train_leads:,} leads, tested on {self.test_leads:,} later ones ({when})."
        if self.accounts_in_both and self.accounts_removed:
            words += f" {self.accounts_in_both:,} accounts with leads on both sides left the training side."
        elif self.accounts_in_both:
            words += (
                f" {self.accounts_in_both:,} accounts have leads on both sides and were kept, because too little would"
                " be left: the figures hold for accounts already known."
            )
        return words


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
            f"; calibration slope {test.slope:.2f} ({test.slope_low:.2f} to {test.slope_high:.2f}), and an error of the"
            f" mean beyond {100 * (test.detectable_ratio - 1):.0f} % would have been found"
        )
    return words + "."


def _rounded(value: Any) -> Any:
    """Round floats so that the last bits of a matrix library do not change a bundle's bytes."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return value
