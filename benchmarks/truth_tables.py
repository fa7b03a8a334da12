"""What the trials say, as tables, and whether each claim holds: promise kept, tier offered, error, predicted over true."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from benchmarks.kinds import KINDS, Kind
from benchmarks.trial import Trial

ALTERNATIVES = ("isotonic", "Venn-Abers", "beta", "uncalibrated", "latest 20 % held out")
MANY_WINS = 1_000
LARGE = 10_000


def by_kind(trials: Sequence[Trial]) -> dict[Kind, list[Trial]]:
    """Group trials, in the order of the kinds."""
    kinds = {kind.name: kind for kind in KINDS}
    return {kinds[name]: list(rows) for name, rows in groupby(trials, key=lambda one: one.kind)}


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(row) + " |\n" for row in (header, ["---"] * len(header), *rows))


def error_table(trials: Sequence[Trial]) -> str:
    """RMSE to the true probability per kind and way; ours relative to the best single alternative with its paired bound."""
    groups = by_kind(trials)
    best = best_alternative(trials)
    rows = []
    for kind, ones in groups.items():
        mean = {name: np.mean([one.rmse[name] for one in ones]) for name in ("leadq", "without anchor", *ALTERNATIVES)}
        ratio, low = paired_ratio(ones, best)
        rows.append(
            [kind.name, str(len(ones)), *(f"{value:.4f}" for value in mean.values()), f"{ratio:.3f} ({low:.3f})"]
        )
    header = ["kind", "companies", "leadq", "without anchor", *ALTERNATIVES, f"leadq / {best} (lower 95 % bound)"]
    return _table(header, rows)


def best_alternative(trials: Sequence[Trial]) -> str:
    """Return the alternative with the lowest RMSE, averaged over kinds."""
    groups = by_kind(trials)
    return min(ALTERNATIVES, key=lambda name: float(np.mean([_mean(ones, name) for ones in groups.values()])))


def _mean(ones: Sequence[Trial], name: str) -> float:
    return float(np.mean([one.rmse[name] for one in ones]))


def paired_ratio(ones: Sequence[Trial], other: str) -> tuple[float, float]:
    """Ratio of the mean RMSE of leadq to another way's, and its one-sided lower 95 % bound (delta method, paired)."""
    ours, theirs = (np.array([one.rmse[name] for one in ones]) for name in ("leadq", other))
    ratio = float(ours.mean() / theirs.mean())
    residual = (ours - ratio * theirs) / theirs.mean()
    error = float(residual.std(ddof=1) / np.sqrt(len(ones))) if len(ones) > 1 else float("inf")
    return ratio, ratio - 1.645 * error


def ratio_table(trials: Sequence[Trial]) -> str:
    """Predicted over true mean on the next quarter's hand-offs."""
    rows = []
    for kind, ones in by_kind(trials).items():
        cells = []
        for name in ("leadq", "without anchor", "closed deals only", "closed deals of half a year"):
            values = np.array([one.ratio[name] for one in ones])
            cells.append(f"{values.mean():.3f} ± {_two_errors(values):.3f}")
        wins, anchored = np.mean([one.wins for one in ones]), np.mean([one.anchored for one in ones])
        auc, true_auc = np.mean([one.auc for one in ones]), np.mean([one.true_auc for one in ones])
        rows.append([kind.name, f"{wins:,.0f}", f"{auc:.3f}", f"{true_auc:.3f}", *cells, f"{anchored:.0%}"])
    header = [
        "kind",
        "wins learnt from",
        "AUC",
        "AUC of the truth",
        "predicted / true",
        "without anchor",
        "closed deals only",
        "of half a year",
        "anchored",
    ]
    return _table(header, rows)


def _two_errors(values: np.ndarray) -> float:
    return float(2 * values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def promise_table(trials: Sequence[Trial]) -> str:
    """How often each promise was offered and kept."""
    rows = []
    for kind, ones in by_kind(trials).items():
        for place, tier in enumerate(("T1", "T2")):
            found = [one.tiers[place] for one in ones]
            supported = [one for one in found if one.supported]
            offered = [one for one in found if one.offered and one.true_mean is not None]
            kept = [one for one in offered if one.true_mean is not None and one.true_mean >= one.promise]
            means = [one.true_mean for one in offered if one.true_mean is not None]
            rows.append(
                [
                    kind.name, f"{tier}, {found[0].promise:.0%}", f"{len(supported)} of {len(found)}",
                    f"{sum(one.offered for one in supported)} of {len(supported)}",
                    f"{sum(one.offered for one in found)} of {len(found)}", f"{len(kept)} of {len(offered)}",
                    f"{np.mean(means):.1%}" if means else "",
                    f"{np.mean([one.leads for one in offered]):.0f}" if offered else "",
                ]
            )  # fmt: skip
    header = [
        "kind",
        "promise",
        "truth supports it",
        "of these offered",
        "offered",
        "kept",
        "true mean",
        "leads a quarter",
    ]
    return _table(header, rows)


def verdicts(trials: Sequence[Trial]) -> str:
    """Each claim of the issue with its figure, and whether it holds."""
    groups = by_kind(trials)
    lines = [*_promise_verdicts(groups), *_error_verdicts(trials, groups), *_ratio_verdicts(groups)]
    return _table(
        ["claim", "figure", "holds"], [[claim, figure, "yes" if holds else "**no**"] for claim, figure, holds in lines]
    )


def _promise_verdicts(groups: dict[Kind, list[Trial]]) -> list[tuple[str, str, bool]]:
    tiers = [(kind, tier) for kind, ones in groups.items() for one in ones for tier in one.tiers]
    offered = [tier for _, tier in tiers if tier.offered and tier.true_mean is not None]
    kept = sum(tier.true_mean is not None and tier.true_mean >= tier.promise for tier in offered)
    large = [tier for kind, tier in tiers if kind.leads >= LARGE and tier.supported]
    shown = sum(tier.offered for tier in large)
    return [
        (
            "promise kept in >= 90 % of next quarters where offered",
            _share(kept, len(offered)),
            kept >= 0.9 * len(offered),
        ),
        (
            "offered in >= 80 % of companies of 10,000 leads and more where the truth supports it with 20 % headroom",
            _share(shown, len(large)),
            shown >= 0.8 * len(large),
        ),
    ]


def _error_verdicts(trials: Sequence[Trial], groups: dict[Kind, list[Trial]]) -> list[tuple[str, str, bool]]:
    best = best_alternative(trials)
    ours, theirs = (np.mean([_mean(ones, name) for ones in groups.values()]) for name in ("leadq", best))
    worst = max(
        ((paired_ratio(ones, best)[1], kind.name) for kind, ones in groups.items() if len(ones) > 1), default=(0.0, "")
    )
    return [
        (
            f"RMSE averaged over kinds <= 1.02 times the best single alternative ({best})",
            f"{ours / theirs:.3f}",
            bool(ours <= 1.02 * theirs),
        ),
        (
            "in no kind significantly worse than 1.05 times it",
            f"largest lower bound {worst[0]:.3f} ({worst[1]})",
            worst[0] <= 1.05,
        ),
    ]


def _ratio_verdicts(groups: dict[Kind, list[Trial]]) -> list[tuple[str, str, bool]]:
    lines = []
    for kind, ones in groups.items():
        values = np.array([one.ratio["leadq"] for one in ones])
        mean, errors = float(values.mean()), _two_errors(values)
        if kind.drift == "trend":
            lines.append((f"{kind.name}: predicted / true within 0.85 to 1.15", f"{mean:.3f}", 0.85 <= mean <= 1.15))
        elif kind.drift == "none":
            many = np.mean([one.wins for one in ones]) >= MANY_WINS
            holds = 0.95 <= mean <= 1.05 or (not many and 0.95 - errors <= mean <= 1.05 + errors)
            band = "0.95 to 1.05" if many else "0.95 to 1.05, or two standard errors of it"
            lines.append((f"{kind.name}: predicted / true within {band}", f"{mean:.3f} ± {errors:.3f}", holds))
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "none"
