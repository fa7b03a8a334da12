"""A model whose labels are known at once, its anchor refreshed all the time: bank_calls, the last four blocks of 2,000 calls.

    python -m benchmarks.refreshed_anchor [--write PATH]

The model is fitted once, on all calls before them. Every 100 calls its anchor is found anew from the 500 calls before, as the night
would; nothing is trained again. Without an anchor the same model stands beside it. ``duration`` is refused: it is not known before a call.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from leadq.features.leak_checks.run_checks import find_leaks, quarantine
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Floats, sigmoid
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.base.fit_settings import FitSettings
from leadq.models.fit.anchor import WINDOW_ROWS, Recent, find_anchor
from leadq.models.fit.fit_model import fit_model, labels, population
from leadq.pipelines.console.progress import silent
from leadq.pipelines.project.project import open_project
from leadq.pipelines.training.build import look_at_landmarks
from leadq.pipelines.training.ingest import ingest

ROOT = Path(__file__).parents[1]
BLOCK, BLOCKS, REFRESH = 2_000, 4, 100
HEADING = """## Refreshed anchor on real calls whose labels are known at once (`bank_calls`)

The last four blocks of 2,000 calls; the model was fitted once on all calls before them, its anchor found anew every 100 calls from the
500 before. Between 0.75 and 1.33 is asked of every block.
"""


def read_calls(data_folder: Path) -> TrainingData:
    """Read the calls as training does, ``duration`` and suspected leaks left out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (ROOT / "examples" / "bank_calls").iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        environment = {"LEADQ_SHARED_DATA": str(data_folder)}
        project = open_project(folder, environment=environment, now=datetime(2026, 1, 1, tzinfo=UTC))
        history = ingest(project, silent)
        whole = look_at_landmarks(project, history)
        left_out = quarantine(find_leaks(whole, history, seed=7), history)
    data = whole.without({"own_lead_duration": "not known before the call", **left_out})
    return data.rows(population(data))


def forecasts(data: TrainingData, settings: FitSettings) -> tuple[Floats, Floats, Floats]:
    """Anchored and un-anchored probabilities of the last calls, and what came of them."""
    n, last = len(data.meta), BLOCK * BLOCKS
    early = np.arange(n) < n - last
    fitted = fit_model(data.rows(early), settings)
    calibrator = fitted.calibration.calibrator
    booster = load_lightgbm().Booster(model_str=fitted.booster_text)
    later = calibrator.log_odds(booster.predict(data.features[~early], raw_score=True))
    log_odds, label = np.concatenate([calibrator.log_odds(fitted.margins), later]), labels(data)
    shifts = np.repeat(list(_shifts(log_odds, label, n - last)), REFRESH)
    return sigmoid(later + shifts), sigmoid(later), label[~early]


def _shifts(log_odds: Floats, label: Floats, first: int) -> Iterator[float]:
    for at in range(first, len(label), REFRESH):
        seen = slice(at - WINDOW_ROWS, at)
        recent = Recent(
            log_odds=log_odds[seen],
            won=label[seen],
            matured=np.ones(WINDOW_ROWS),
            days_ago=np.arange(WINDOW_ROWS, 0, -1, dtype=np.float64),
        )
        yield find_anchor(recent, WINDOW_ROWS).shift


def table(data_folder: Path | None = None) -> str:
    """Markdown table of predicted over actual by block."""
    folder = data_folder or Path(os.environ.get("LEADQ_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
    anchored, plain, label = forecasts(read_calls(folder), FitSettings())
    rows = ["| block of 2,000 calls | won | predicted / actual, anchored | without an anchor | within 0.75 to 1.33 |"]
    rows.append("| --- | --- | --- | --- | --- |")
    for block in range(BLOCKS):
        here = slice(block * BLOCK, (block + 1) * BLOCK)
        wins = label[here].sum()
        ratio = anchored[here].sum() / wins
        holds = "yes" if 0.75 <= ratio <= 1.33 else "**no**"
        rows.append(f"| {block + 1} | {wins:,.0f} | {ratio:.3f} | {plain[here].sum() / wins:.3f} | {holds} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Print the table; with ``--write`` into a file too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    text = table()
    print(text)
    if chosen.write:
        command = f"python -m benchmarks.refreshed_anchor --write {chosen.write}"
        chosen.write.write_text(f"{HEADING}\nMade by `{command}`.\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
