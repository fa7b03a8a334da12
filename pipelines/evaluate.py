"""Stage evaluate: what the bundle was shown to do, as metrics and plot data for DVC and as a report with pictures.

The figures were made in training, out of time, and travel in the bundle; here they are only shown.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from crm.atomic import write_text
from crm.gate_report import report_environment
from models.bundle import Bundle, read_bundle
from models.plots import draw_reliability, draw_tiers
from models.reliability import reliability
from pipelines.progress import Progress
from pipelines.project import Project

PICTURES = ("reliability.png", "tiers.png")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """The metrics as DVC reads them."""

    metrics: dict[str, Any]


def evaluate(project: Project, progress: Progress) -> Evaluated:
    """Write ``work/metrics.json``, ``work/plots/*.csv``, ``reports/evaluation.html`` and pictures.

    Raises
    ------
    BundleError
        The stage train has not run, or its bundle is damaged.
    """
    progress("Drawing the evaluation")
    bundle = read_bundle(project.work / "bundle")
    metrics = metrics_of(bundle)
    write_text(project.work / "metrics.json", json.dumps(metrics, indent=1, sort_keys=True) + "\n")
    write_text(project.work / "plots" / "reliability.csv", _reliability_rows(bundle, project.settings.seed))
    write_text(project.work / "plots" / "tiers.csv", _tier_rows(bundle))
    pictures = _draw(bundle, project)
    write_text(project.reports / "evaluation.html", _page(bundle, pictures))
    return Evaluated(metrics=metrics)


def metrics_of(bundle: Bundle) -> dict[str, Any]:
    """Return the figures by moment and by tier, the verdict first."""
    wanted = ("n", "wins", "observed_rate", "mean_probability", "auc", "log_loss", "improvement_percent")
    moments = {}
    for row in bundle.evaluation["moments"]:
        slope = (row["calibration"] or {}).get("slope")
        moments[_key(row["moment"])] = {**{name: row[name] for name in wanted}, "calibration_slope": slope}
    tiers = {
        cut.tier_id: {"promised": cut.promise, "observed": cut.observed_rate, "n": cut.n, "offered": cut.offered}
        for cut in bundle.tiers
    }
    return {
        "model": bundle.version,
        "kind": bundle.kind,
        "beats_base_rate": bool(bundle.evaluation["beats_base_rate"]),
        "moments": moments,
        "tiers": tiers,
    }


def _key(moment: str) -> str:
    return moment.replace(" ", "_").replace("-", "_").replace(".", "_")


def _csv(header: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _reliability_rows(bundle: Bundle, seed: int) -> str:
    held_out = bundle.out_of_time
    rows: list[tuple[object, ...]] = []
    if len(held_out):
        label = held_out["label"].to_numpy(dtype=np.float64)
        curve = reliability(label, held_out["probability"].to_numpy(dtype=np.float64), seed=seed)
        rows = [(round(block.mean_probability, 6), round(block.observed, 6), block.n) for block in curve.blocks]
    return _csv(("predicted", "observed", "n"), rows)


def _tier_rows(bundle: Bundle) -> str:
    rows = [(cut.tier_id, cut.promise, cut.observed_rate, cut.rate_low, cut.rate_high, cut.n) for cut in bundle.tiers]
    return _csv(("tier", "promised", "observed", "low", "high", "n"), list(rows))


def _draw(bundle: Bundle, project: Project) -> list[tuple[str, Markup]]:
    """Draw as PNG to look at, and as SVG to stand in the report; nothing where no lead was held out."""
    held_out = bundle.out_of_time
    if not len(held_out):
        return []
    label = held_out["label"].to_numpy(dtype=np.float64)
    probability = held_out["probability"].to_numpy(dtype=np.float64)
    drawn: list[tuple[str, Markup]] = []
    for picture in PICTURES:
        for path in (project.reports / picture, project.work / "plots" / picture.replace(".png", ".svg")):
            if picture.startswith("reliability"):
                draw_reliability(probability, label, path, seed=project.settings.seed)
            else:
                draw_tiers(bundle.tiers, path)
        drawn.append((picture.removesuffix(".png"), _inline(path)))
    return drawn


def _inline(path: Path) -> Markup:
    """Our own SVG without its prologue, to stand in a page."""
    text = path.read_text(encoding="utf-8")
    return Markup(text[text.index("<svg") :])  # noqa: S704 - drawn by us; its words are tier ids, escaped by the drawer


def _page(bundle: Bundle, pictures: list[tuple[str, Markup]]) -> str:
    evaluation = bundle.evaluation
    page = report_environment("pipelines").get_template("evaluation.html.j2")
    return page.render(
        version=bundle.version,
        kind="gradient-boosted trees, calibrated" if bundle.kind == "booster" else "base rate",
        read_at=str(bundle.trained.get("read_at", ""))[:16],
        agreement_version=bundle.trained.get("agreement_version", ""),
        words=evaluation["words"],
        pictures=pictures,
        tiers=[_tier_words(bundle, index) for index in range(len(bundle.tiers))],
        moments=[_moment_words(row) for row in evaluation["moments"]],
        quarantined=sorted(bundle.catalogue.quarantined.items()),
    )


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{100 * rate:.1f} %"


def _tier_words(bundle: Bundle, index: int) -> dict[str, object]:
    cut = bundle.tiers[index]
    interval = "" if cut.rate_low is None else f"{_percent(cut.rate_low)} to {_percent(cut.rate_high)}"
    return {
        "tier": cut.tier_id,
        "promised": _percent(cut.promise),
        "observed": _percent(cut.observed_rate),
        "interval": interval,
        "predicted": _percent(cut.mean_probability),
        "n": f"{cut.n:,}",
        "light": cut.light if cut.offered else f"{cut.light}, not offered",
        "why": cut.why,
    }


def _moment_words(row: dict[str, Any]) -> dict[str, str]:
    test = row["calibration"]
    three = {
        name: "" if row[name] is None else f"{row[name]:.3f}" for name in ("auc", "random_split_auc", "logistic_auc")
    }
    return {
        "moment": row["moment"],
        "n": f"{row['n']:,}",
        "observed": _percent(row["observed_rate"]),
        "predicted": _percent(row["mean_probability"]),
        "auc": three["auc"],
        "random": three["random_split_auc"],
        "logistic": three["logistic_auc"],
        "gain": f"{row['improvement_percent']:.1f} %",
        "slope": "" if test is None else f"{test['slope']:.2f} ({test['slope_low']:.2f} to {test['slope_high']:.2f})",
    }
