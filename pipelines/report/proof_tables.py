"""The report's second part as tables, each with the figures of the test behind its claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadq.features.leak_checks.table import CheckRow
from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.by_period import PeriodFigures
from leadq.models.evaluation.stability import Stability
from leadq.pipelines.report.figure_words import number, p_words, percent, with_interval
from leadq.pipelines.report.figures import Held, ReliabilityAt

Row = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of texts; the first ``n_texts`` columns and those named in ``texts`` are aligned left, the others are figures."""

    head: Row
    rows: list[Row]
    n_texts: int = 1
    texts: tuple[str, ...] = ()

    def is_text(self, column: int) -> bool:
        """Whether a column is aligned left."""
        return column < self.n_texts or self.head[column] in self.texts


def periods_table(periods: Sequence[PeriodFigures], *, dated: bool) -> Table:
    """Every test period: what was forecast at its beginning, and what came."""
    head = ["Leads created", "Leads", "Won", "Win rate", "Predicted", "Without anchor", "AUC", "Random split"]
    head += ["Log-loss", "Without anchor", "Base rate", "Slope (95 %)"]
    return Table(head=head, rows=[_period(one, dated=dated) for one in periods])


def _period(one: PeriodFigures, *, dated: bool) -> Row:
    test = one.calibration
    row = [f"{one.first} to {one.last}" if dated else f"part {one.origin + 1}", f"{one.n:,}", f"{one.wins:,}"]
    row += [percent(rate) for rate in (one.observed, one.predicted, one.unanchored)]
    row += [number(area) for area in (one.auc, one.random_split_auc)]
    row += [number(loss, 4) for loss in (one.log_loss, one.unanchored_log_loss, one.base_log_loss)]
    return [*row, "" if test is None else with_interval(test.slope, test.slope_low, test.slope_high)]


def moments_table(bundle: Bundle) -> Table:
    """Every moment of a lead's life: the model beside a random split, the base rate, points and the logistic regression."""
    head = ["Moment", "Leads", "Won", "Predicted", "AUC", "AUC random split", "AUC points", "AUC logistic"]
    head += ["Log-loss", "Loss base rate", "Loss points", "Loss logistic", "Below base rate"]
    rows = []
    for one in bundle.evaluation["moments"]:
        row = [str(one["moment"]), f"{one['n']:,}", percent(one["observed_rate"]), percent(one["mean_probability"])]
        row += [number(one[name]) for name in ("auc", "random_split_auc", "points_auc", "logistic_auc")]
        losses = ("log_loss", "base_log_loss", "points_log_loss", "logistic_log_loss")
        rows.append([*row, *(number(one[name], 4) for name in losses), f"{one['improvement_percent']:.1f} %"])
    return Table(head=head, rows=rows)


def calibration_table(bundle: Bundle) -> Table:
    """The calibration test of every moment, with the error it could have found."""  # noqa: D401
    head = ["Moment", "Slope (95 %)", "Intercept (95 %)", "p, likelihood ratio", "p, robust to accounts"]
    head += ["Predicted / actual", "Smallest error this test can find"]
    rows = []
    for one in bundle.evaluation["moments"]:
        test = one["calibration"]
        if test is None:
            continue
        row = [str(one["moment"])]
        row += [
            with_interval(*(test[f"{name}{end}"] for end in ("", "_low", "_high"))) for name in ("slope", "intercept")
        ]
        row += [p_words(test["p_value"]), p_words(test["p_value_robust"]), number(one["predicted_to_actual"])]
        rows.append([*row, f"{100 * (test['detectable_ratio'] - 1):.0f} %"])
    return Table(head=head, rows=rows)


def decomposition_table(curves: Sequence[ReliabilityAt]) -> Table:
    """Brier score and log-loss of every moment in their three parts."""
    head = ["Moment", "Score", "Value", "Miscalibration", "Discrimination", "Uncertainty"]
    rows = []
    for one in curves:
        for name, parts in (("Brier", one.brier), ("log-loss", one.log_loss)):
            values = (parts.score, parts.miscalibration, parts.discrimination, parts.uncertainty)
            rows.append([one.moment, name, *(number(value, 4) for value in values)])
    return Table(head=head, rows=rows, n_texts=2)


def lift_table(held: Held) -> Table:
    """Wins among the best leads, the model beside points, with the bootstrap interval of the difference."""
    head = ["Best", "Leads", "Wins, model", "Wins, points", "Lift", "Difference in % of all wins (90 %)"]
    rows = []
    for one in held.lift:
        gain = one.versus_points
        spread = (
            ""
            if gain is None
            else with_interval(*(100 * x for x in (gain.mean, gain.low, gain.high)), sign="+", digits=1)
        )
        row = [percent(one.share, 0), f"{one.leads:,.0f}", percent(one.model), percent(one.points), number(one.lift, 2)]
        rows.append([*row, spread])
    return Table(head=head, rows=rows)


def segments_table(held: Held) -> Table:
    """Every segment: actual against predicted, tests adjusted over all of them."""
    head = ["Field", "Value", "Leads", "Win rate", "Predicted", "Actual / predicted (90 %)", "p", "p, Holm"]
    rows = []
    for one in held.segments:
        row = [one.field, one.value, f"{one.n:,}", percent(one.observed), percent(one.predicted)]
        row.append(with_interval(one.ratio, one.ratio_low, one.ratio_high))
        rows.append([*row, p_words(one.p_value), p_words(one.p_holm)])
    return Table(head=head, rows=rows, n_texts=2)


def selections_table(held: Held) -> Table:
    """Every group of a sensitive field: how often it reaches a tier with a promise."""
    head = ["Field", "Group", "Leads", "Selected", "Won", "Predicted", "Impact ratio (90 %)", "Note"]
    rows = []
    for one in held.selections:
        ratio = "too few leads"
        if one.ratio is not None and one.ratio_low is not None and one.ratio_high is not None:
            ratio = with_interval(one.ratio, one.ratio_low, one.ratio_high)
        row = [
            one.field,
            one.value,
            f"{one.n:,}",
            percent(one.selected),
            percent(one.won),
            percent(one.predicted),
            ratio,
        ]
        rows.append([*row, "below 0.80" if one.below_four_fifths else ""])
    return Table(head=head, rows=rows, n_texts=2, texts=("Note",))


def moved_table(found: Stability) -> Table:
    """Tier under the earlier fit (rows) and under the later one (columns)."""
    rows = [[tier, *(f"{count:,}" for count in row)] for tier, row in zip(found.tiers, found.moved, strict=True)]
    return Table(head=["Earlier fit", *found.tiers], rows=rows)


def checks_table(checks: Sequence[CheckRow]) -> Table:
    """Every leak check: what is checked, the result."""
    rows = [
        ["name" if one.check == 0 else str(one.check), one.what, one.verdict, number(one.figure), one.words]
        for one in checks
    ]
    return Table(head=["Check", "Looks for", "Result", "Figure", "Details"], rows=rows, n_texts=3, texts=("Details",))


def settings_table(bundle: Bundle) -> Table:
    """Everything the fit was steered by and rests on."""
    flat = {name: value for name, value in bundle.trained.items() if not isinstance(value, dict)}
    for group in ("settings", "libraries"):
        flat |= {f"{group}: {name}": value for name, value in bundle.trained.get(group, {}).items()}
    return Table(
        head=["Setting", "Value"], rows=[[name, str(value)] for name, value in sorted(flat.items())], n_texts=2
    )
