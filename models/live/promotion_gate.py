"""The gate before a model goes live: everything that speaks against it, in words (docs/promises.md, promise 5).

The default is to keep the champion. Expected calibration error is no gate: under perfect calibration it is far from 0 at the sizes
we see. A logistic regression that is better is no objection either, but the first line of the evaluation.
"""

from __future__ import annotations

from typing import Any

from leadq.foundation.problems import GateStopped, Problem
from leadq.models.bundle.bundle import Bundle
from leadq.models.live.comparison_result import Comparison

CALIBRATION_P = 0.001
MEAN_TOO_LOW, MEAN_TOO_HIGH = 0.8, 1.25
"""Predicted over actual beyond these is badly off. Significance alone is no objection: on much data any small deviation is."""


def objections(challenger: Bundle, champion: Bundle | None, comparison: Comparison | None) -> list[str]:
    """Say why the challenger should not go live; empty where nothing speaks against it.

    Parameters
    ----------
    challenger : Bundle
    champion : Bundle or None
    comparison : Comparison or None
        Of the two; None where there is no champion.
    """
    if challenger.kind == "base_rate":
        return ["it is the base rate, which is only used while there is no champion"] if champion else []
    found = [*_yardsticks(challenger.evaluation), *_red_tiers(challenger), *_miscalibrated(challenger.evaluation)]
    if champion is None or champion.version == challenger.version or is_reanchored(challenger, champion):
        return found
    return [*found, *champion_not_beaten(comparison, champion.version)]


def refusal(challenger: Bundle, against: list[str]) -> GateStopped:
    """Return the refusal with all its reasons at once; nobody can sign for a base rate against a champion."""
    remedy = "Keep the champion."
    if challenger.kind == "booster":
        remedy = "Keep the champion, or say why it should go live all the same: --because '...'."
    where, rule = f"model {challenger.version}", "must be good enough to go live"
    return GateStopped([Problem(where=where, rule=rule, value=one, remedy=remedy) for one in against])


def is_reanchored(challenger: Bundle, champion: Bundle) -> bool:
    """Whether the challenger is the champion with another anchor, which ``leadq anchor`` justified when it made it."""
    return challenger.trained.get("anchored_from") == champion.version


def champion_not_beaten(comparison: Comparison | None, champion: str) -> list[str]:
    """Promote only where the 90 % interval of the log-loss difference lies below 0."""
    if comparison is None:
        return [f"it was not compared with champion {champion}"]
    beaten = comparison.log_loss is not None and comparison.log_loss.better
    return [] if beaten else [f"it {comparison.verdict}"]


def _yardsticks(evaluation: dict[str, Any]) -> list[str]:
    found = []
    for yardstick, flag, figure in (
        ("the base rate", "beats_base_rate", "versus_base"),
        ("the points score", "beats_points", "versus_points"),
    ):
        if flag not in evaluation:
            found.append(f"it was never compared with {yardstick}")
        elif not evaluation[flag]:
            found.append(f"it does not beat {yardstick} on leads it had not seen{_interval(evaluation.get(figure))}")
    return found


def _interval(difference: dict[str, float] | None) -> str:
    if not difference:
        return ""
    mean, low, high = (difference[name] for name in ("mean", "low", "high"))
    return f": log-loss {mean:+.4f} nats, 90 % interval {low:+.4f} to {high:+.4f}"


def _red_tiers(challenger: Bundle) -> list[str]:
    return [
        f"tier {cut.tier_id} is offered although held-out leads say its promise is broken: {cut.why}"
        for cut in challenger.tiers
        if cut.offered and cut.light == "RED"
    ]


def _miscalibrated(evaluation: dict[str, Any]) -> list[str]:
    first = next(iter(evaluation.get("moments", ())), None)
    if first is None or not first["calibration"] or not first["predicted_to_actual"]:
        return []
    ratio, p_value = first["predicted_to_actual"], first["calibration"]["p_value"]
    if p_value >= CALIBRATION_P or MEAN_TOO_LOW <= ratio <= MEAN_TOO_HIGH:
        return []
    return [
        f"its probabilities are off at {first['moment']}: predicted over actual wins is {ratio:.2f}"
        f" ({MEAN_TOO_LOW} to {MEAN_TOO_HIGH} is allowed; calibration test p = {p_value:.1g})"
    ]
