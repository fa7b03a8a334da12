"""Explainers side by side in one run: rows per second of processor and of clock, memory, answers, start.

    python -m benchmarks.explainers CACHE [--rounds 5] [--only WORDS] [--write .bench/explainers.md]

CACHE is a folder that keeps the models, the rows and the rivals' environments. ``--write`` puts the figures beside the page, as JSON.
About ten minutes on two cores, of which a third is training the models and installing the rivals, once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.explainer_contest import Found, measure
from benchmarks.explainer_start import Start, starts
from benchmarks.explainer_tables import claims, model_table, start_table
from benchmarks.reference_model import MODELS, ReferenceModel
from benchmarks.rivals import CONTENDERS, rival_versions

HEADING = """## Explainers: exact reasons beside LightGBM's prediction without

Score and exact contributions of every feature (path-dependent SHAP) on one thread; the explainers in turn in one run, each in a process
of its own. Quote ratios: the absolute figures are this machine's. The models have 50 features, ten of them categories of 12 values, the
others continuous, 15 % of the values missing in 45 of them, and are trained on 100,000 rows; two have numbers only, because some
rivals refuse categories. Difference: the largest of any contribution from `pred_contrib`, in log-odds, over 300 rows. Memory: peak of
the process, with its libraries and its rows.
"""


def page(
    results: Mapping[ReferenceModel, Sequence[Found]],
    start: Sequence[Start],
    *,
    versions: Sequence[str],
    command: str,
) -> str:
    """Markdown: what was asked for, the start, a table a model."""
    parts = [
        HEADING,
        f"Made by `{command}`; medians of the rounds.\nRivals in environments of their own: {', '.join(versions)}.\n",
        "### Claims\n\n" + claims(results, start),
        "### From nothing to the first 1,000 rows\n\n" + start_table(start),
        *(f"### {model.name.capitalize()}\n\n" + model_table(found) for model, found in results.items()),
    ]
    return "\n".join(parts)


def main() -> None:
    """Print the page; with ``--write`` put it into a file, and the figures beside it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="models whose name has these words")
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    models = [one for one in MODELS if chosen.only in one.name]
    results = {}
    for model in models:
        results[model] = measure(model, CONTENDERS, chosen.cache, rounds=chosen.rounds)
        print(f"{model.name}\n{model_table(results[model])}", flush=True)
    start = starts(models, chosen.cache, rounds=chosen.rounds)
    command = f"python -m benchmarks.explainers CACHE --rounds {chosen.rounds}"
    versions = rival_versions(chosen.cache / "environments")
    text = page(results, start, versions=versions, command=command)
    print(text)
    if chosen.write:
        chosen.write.write_text(text, encoding="utf-8")
        figures = [{"model": model.name, "found": [asdict(one) for one in found]} for model, found in results.items()]
        chosen.write.with_suffix(".json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
