"""List the bundles in the store: who is live, what each was shown to do on leads it had not seen, and how the challenger stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from leadq.foundation.problems import BundleError
from leadq.models.bundle.bundle import MANIFEST, Bundle, read_bundle
from leadq.models.live.comparison_result import Comparison, read_comparison
from leadq.models.live.live_models import Live, models_folder, read_live
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project


def list_models(project: Project, _progress: Progress) -> Told:
    """List every bundle, live ones first, then the newest reading of the data."""
    store = project.store.folder
    live = read_live(store)
    rows = []
    for folder in sorted(models_folder(store).glob(f"*/{MANIFEST}")):
        try:
            rows.append(_row(read_bundle(folder.parent), live))
        except BundleError as error:
            rows.append({"version": folder.parent.name, "role": "damaged", "why": str(error), "read_at": ""})
    order = ("champion", "fallback", "challenger")
    rows.sort(key=lambda row: str(row["read_at"]), reverse=True)
    rows.sort(key=lambda row: order.index(row["role"]) if row["role"] in order else len(order))
    comparison = _comparison(project, live)
    words = [_words(rows)]
    if live.shadow and live.challenger:
        words.append(
            f"Challenger {live.challenger.version} scores in shadow every night (leadq shadow off stops this)."
        )
    if comparison is not None:
        words += [f"Challenger {comparison.challenger}:", *(f"- {one}" for one in comparison.in_words())]
    facts = {"models": rows, "shadow": live.shadow, "comparison": None if comparison is None else asdict(comparison)}
    return Told(facts=facts, words="\n".join(words))


def _comparison(project: Project, live: Live) -> Comparison | None:
    """Return how the challenger did against the champion, if both are there and were compared."""
    if live.champion is None or live.challenger is None:
        return None
    folder = models_folder(project.store.folder)
    return read_comparison(folder, challenger=live.challenger.version, champion=live.champion.version)


def _row(bundle: Bundle, live: Live) -> dict[str, Any]:
    roles = {"champion": live.champion, "challenger": live.challenger, "fallback": live.fallback}
    role = next((name for name, one in roles.items() if one is not None and one.version == bundle.version), "")
    moments = bundle.evaluation.get("moments") or [{}]
    first = moments[0]
    is_model = bundle.kind == "booster"  # a base rate has the evaluation of the model that was tried on the same data
    return {
        "version": bundle.version,
        "role": role or ("former" if bundle.version in {one.version for one in live.previous} else ""),
        "kind": bundle.kind,
        "read_at": str(bundle.trained.get("read_at", "")),
        "reading": bundle.reading,
        "auc": first.get("auc") if is_model else None,
        "improvement_percent": first.get("improvement_percent") if is_model else None,
        "beats_base_rate": is_model and bundle.evaluation.get("beats_base_rate", False),
        "beats_points": bundle.evaluation.get("beats_points") if is_model else None,
        "tiers": {cut.tier_id: cut.light for cut in bundle.tiers},
    }


def _words(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "No models yet. Run leadq train."
    lines = [
        f"{'version':14}{'role':12}{'kind':11}{'data read':12}{'reading':9}{'AUC':>6}  {'gain over base rate':20}tiers"
    ]
    for row in rows:
        if row["role"] == "damaged":
            lines.append(f"{row['version']:14}damaged     {row['why']}")
            continue
        auc = "" if row["auc"] is None else f"{row['auc']:.3f}"
        gain = "" if row["improvement_percent"] is None else f"{row['improvement_percent']:.1f} %"
        tiers = ", ".join(f"{tier} {light}" for tier, light in row["tiers"].items())
        lines.append(
            f"{row['version']:14}{row['role']:12}{row['kind']:11}{row['read_at'][:10]:12}{row['reading']:<9}{auc:>6}  "
            f"{gain:20}{tiers}"
        )
    return "\n".join(lines)
