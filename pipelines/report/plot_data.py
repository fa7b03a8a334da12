"""The report's figures as DVC reads them: a few to compare between trainings, all of them in a second file, and one CSV a plot."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from leadq.models.audit.reason_audit import Audit
from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.forecast_figures import stable_moment
from leadq.pipelines.report.figures import GAIN_SHARES, Held
from leadq.pipelines.report.reasons import audit_metrics

Row = tuple[object, ...]


def metrics_of(bundle: Bundle, held: Held | None, audit: Audit | None = None) -> dict[str, Any]:
    """Return the figures by moment, tier and test period and those of the reasons, the verdict first."""
    wanted = ("n", "wins", "observed_rate", "mean_probability", "auc", "log_loss", "improvement_percent")
    moments = {}
    for row in bundle.evaluation["moments"]:
        slope = (row["calibration"] or {}).get("slope")
        moments[_key(row["moment"])] = {**{name: row[name] for name in wanted}, "calibration_slope": slope}
    tiers = {
        cut.tier_id: {"promised": cut.promise, "observed": cut.observed_rate, "n": cut.n, "offered": cut.offered}
        for cut in bundle.tiers
    }
    found = {
        "model": bundle.version,
        "kind": bundle.kind,
        "beats_base_rate": bool(bundle.evaluation["beats_base_rate"]),
        "moments": moments,
        "tiers": tiers,
    }
    if audit is not None:
        found["reasons"] = audit_metrics(audit)
    return found if held is None else found | _held_metrics(held)


def headline_of(bundle: Bundle, held: Held | None, audit: Audit | None = None) -> dict[str, float | bool | None]:
    """Return the 16 figures that ``dvc metrics show`` puts on one line, at hand-off where nothing else is said.

    ``log_loss_gain`` is in percent of the base rate's log-loss; ``lowest_slope`` and ``highest_slope`` are of all looks;
    ``tiers_kept`` are those that keep their promise (PROVEN or GREEN); ``miscalibration`` is how far predicted and observed lie
    apart on average, along the report's reliability curve.
    """
    moments = bundle.evaluation["moments"]
    first: dict[str, Any] = moments[0] if moments else {}
    slopes = [row["calibration"]["slope"] for row in moments if row["calibration"]]
    blocks = held.curves[0].curve.blocks if held is not None and held.curves else ()
    apart = sum(one.n * abs(one.mean_probability - one.observed) for one in blocks)
    at_capacity = None if held is None else held.at_capacity
    found = {
        "leads": first.get("n"),
        "wins": first.get("wins"),
        "win_rate": first.get("observed_rate"),
        "auc": first.get("auc"),
        "log_loss_gain": first.get("improvement_percent"),
        "beats_base": bool(bundle.evaluation["beats_base_rate"]),
        "predicted_to_actual": first.get("predicted_to_actual"),
        "miscalibration": apart / sum(one.n for one in blocks) if blocks else None,
        "slope": (first.get("calibration") or {}).get("slope"),
        "lowest_slope": min(slopes, default=None),
        "highest_slope": max(slopes, default=None),
        "tiers_offered": sum(cut.offered for cut in bundle.tiers),
        "tiers_kept": sum(cut.light in ("PROVEN", "GREEN") for cut in bundle.tiers),
        "wins_at_capacity": None if at_capacity is None else at_capacity.model,
        "points_at_capacity": None if at_capacity is None else at_capacity.points,
        "reasons_faithful": None if audit is None else audit.faithful,
    }
    return {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in found.items()}


def _held_metrics(held: Held) -> dict[str, Any]:
    periods = {
        str(one.origin): {
            "n": one.n,
            "wins": one.wins,
            "predicted_to_actual": _rounded(one.predicted / one.observed if one.wins else math.nan),
            "auc": _rounded(one.auc),
            "log_loss": _rounded(one.log_loss),
        }
        for one in held.periods
    }
    found: dict[str, Any] = {
        "origins": periods,
        "segments_off": sum(one.off for one in held.segments),
        "groups_below_four_fifths": sum(one.below_four_fifths for one in held.selections),
    }
    if held.at_capacity is not None:
        found["wins_within_capacity"] = {
            name: _rounded(value)
            for name, value in (
                ("share_of_leads", held.at_capacity.share),
                ("model", held.at_capacity.model),
                ("points", held.at_capacity.points),
            )
        }
    if held.stability is not None:
        found["tier_churn_between_refits"] = _rounded(held.stability.churn)
        found["families_kept_between_refits"] = _rounded(held.stability.families_kept)
        if held.stability.strongest_kept is not None:
            found["strongest_reason_kept_between_refits"] = _rounded(held.stability.strongest_kept)
    return found


def plot_data(bundle: Bundle, held: Held | None) -> dict[str, str]:
    """Return the CSV of every plot, by its name; only a head where nothing was held out."""
    rows: dict[str, list[Row]] = {"reliability": [], "gains": [], "origins": [], "segments": []}
    if held is not None:
        for curve in held.curves[:1]:
            rows["reliability"] = [
                (_six(one.mean_probability), _six(one.observed), one.n) for one in curve.curve.blocks
            ]
        by_score = (held.gains[name].tolist() for name in ("model", "points"))
        rows["gains"] = [
            (share, _six(ours), _six(theirs)) for share, ours, theirs in zip(GAIN_SHARES, *by_score, strict=True)
        ]
        for one in held.periods:
            rows["origins"].append(
                (
                    one.first,
                    one.n,
                    one.wins,
                    _six(one.observed),
                    _six(one.predicted),
                    _six(one.unanchored),
                    _six(one.auc),
                )
            )
        for segment in held.segments:
            rows["segments"].append(
                (
                    segment.field,
                    segment.value,
                    segment.n,
                    *(_six(x) for x in (segment.ratio, segment.ratio_low, segment.ratio_high)),
                )
            )
    tiers: list[Row] = [
        (cut.tier_id, cut.promise, cut.observed_rate, cut.rate_low, cut.rate_high, cut.n) for cut in bundle.tiers
    ]
    return {
        "reliability": _csv(("predicted", "observed", "n"), rows["reliability"]),
        "tiers": _csv(("tier", "promised", "observed", "low", "high", "n"), tiers),
        "gains": _csv(("leads", "model", "points"), rows["gains"]),
        "origins": _csv(("from", "n", "wins", "observed", "predicted", "unanchored", "auc"), rows["origins"]),
        "segments": _csv(("field", "value", "n", "ratio", "low", "high"), rows["segments"]),
    }


def _key(moment: str) -> str:
    return stable_moment(moment).replace(" ", "_").replace("-", "_").replace(".", "_")


def _rounded(value: float) -> float | None:
    return float(f"{value:.9g}") if math.isfinite(value) else None


def _six(value: float) -> float:
    return round(value, 6)


def _csv(header: tuple[str, ...], rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
