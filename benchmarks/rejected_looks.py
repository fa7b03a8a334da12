"""Looks at rejected leads as labels: the error against the truth with them and without, where the CRM leaves rejected leads open.

    python -m benchmarks.rejected_looks [--companies 3] [--leads 2000] [--write PATH]

Each simulated company is changed in two ways, since of itself its CRM closes what sales rejects: a rejection no longer closes a lead, so
that it could be looked at for as long as the grid of ages goes; and of the leads that were won, some are rejected between hand-off and
win, wrongly, and taken back a week later. The same history is then learnt with the looks while a rejection stands (as leadq did) and
without them (decision 0031), and both models are judged on the hand-offs of the quarter after the origin by their true probabilities.
Below 0 leaving them out is better.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.kinds import QUARTER_DAYS, Kind
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.crm_tables import DISPOSITIONS
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history
from leadq.crm.simulated import simulate, write_company
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.leak_checks.run_checks import find_leaks, quarantine
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import Floats
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.base.fit_settings import FitSettings
from leadq.models.fit.fit_model import fit_model, population

WRONG_SHARE = 0.10
TAKEN_BACK = timedelta(days=7)
FIRST_SEED = 32_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One company: root mean squared differences to the truth, mean chance over mean truth, and looks learnt from, both ways."""

    seed: int
    judged: int
    rmse: tuple[float, float]
    ratio: tuple[float, float]
    looks: tuple[int, int]

    @property
    def difference(self) -> float:
        """Error without looks at rejected leads, less the error with them."""
        return self.rmse[1] - self.rmse[0]


def main() -> None:
    """Run as the module says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=3)
    parser.add_argument("--leads", type=int, default=2000)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    kind = Kind(name="rejected", leads=given.leads, base_rate=0.10, drift="none", first_seed=FIRST_SEED)
    outcomes = [run(kind, seed) for seed in range(given.companies)]
    text = table(outcomes)
    print(text)
    if given.write is not None:
        given.write.write_text(text + "\n", encoding="utf-8")


def run(kind: Kind, seed: int) -> Outcome:
    """Learn one company both ways and judge both models by the truth."""
    settings = kind.settings(seed)
    company = simulate(settings)
    origin = pd.Timestamp(settings.start + timedelta(days=kind.origin_days(seed)))
    rmse, ratio, looks = [], [], []
    judged = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_company(company, folder / "source")
        config = read_config(folder / "source" / "leadq.yaml", environment={})
        history = read_history(config, folder=folder / "history", read_at=company.read_at)
        leave_rejected_open(history, np.random.default_rng(seed))
        for looked in (True, False):
            data = _seen(history, kind, seed, folder / "spill", looks_while_rejected=looked)
            later = _later(data, origin)
            truth = _truth(company, later)
            known = _as_known(data, origin)
            learnt = known.rows(population(known))
            fitted = fit_model(learnt, FitSettings(threads=1, seed=seed))
            booster = load_lightgbm().Booster(model_str=fitted.booster_text)
            margin = np.asarray(booster.predict(later.features, raw_score=True, num_threads=1), dtype=np.float64)
            chance = fitted.calibration.calibrator.probability(margin)
            rmse.append(float(np.sqrt(np.mean((chance - truth) ** 2))))
            ratio.append(float(chance.mean() / truth.mean()))
            looks.append(len(learnt.meta))
            judged = len(truth)
    return Outcome(
        seed=seed, judged=judged, rmse=(rmse[0], rmse[1]), ratio=(ratio[0], ratio[1]), looks=(looks[0], looks[1])
    )


def leave_rejected_open(history: History, draw: np.random.Generator) -> None:
    """Change a history on disk: a rejection closes nothing, and some leads that were won are rejected wrongly on the way."""
    outcomes = pq.read_table(history.path("outcomes"))
    answers = pq.read_table(history.path("dispositions"))
    frame, given = outcomes.to_pandas(), answers.to_pandas()
    rejected = set(given.loc[given["decision"] == "rejected", "lead_id"])
    won = frame[frame["outcome"] == "won"].drop_duplicates("lead_id").set_index("lead_id")["occurred_at"]
    kept = ~(frame["lead_id"].isin(rejected - set(won.index)) & (frame["outcome"] == "lost"))
    pq.write_table(outcomes.filter(pa.array(kept.to_numpy())), history.path("outcomes"))
    accepted = given[given["decision"] == "accepted"].drop_duplicates("lead_id").set_index("lead_id")["decided_at"]
    rows = []
    for lead_id, won_at in won.items():
        begun = accepted.get(lead_id)
        if begun is None or won_at - begun < 3 * TAKEN_BACK or draw.random() >= WRONG_SHARE:
            continue
        at = begun + (won_at - begun) / 2
        rows.append(
            {"lead_id": lead_id, "decided_at": at, "decision": "rejected", "reason": "no_budget", "channel": "crm"}
        )
        rows.append({"lead_id": lead_id, "decided_at": at + TAKEN_BACK, "decision": "accepted", "channel": "crm"})
    added = pa.Table.from_pylist(rows, schema=DISPOSITIONS).select(answers.column_names)
    pq.write_table(pa.concat_tables([answers, added.cast(answers.schema)]), history.path("dispositions"))


def _seen(history: History, kind: Kind, seed: int, spill: Path, *, looks_while_rejected: bool) -> TrainingData:
    with open_engine(threads=1, spill=spill) as backend:
        whole = build_training_data(
            backend, history, kind.agreement(), FeatureSettings(), looks_while_rejected=looks_while_rejected
        )
    return whole.without(quarantine(find_leaks(whole, history, seed=seed), history))


def _later(data: TrainingData, origin: pd.Timestamp) -> TrainingData:
    created = data.meta["created_at"]
    quarter = (created >= origin) & (created < origin + pd.Timedelta(QUARTER_DAYS, "D"))
    return data.rows((quarter & (data.meta["landmark"] == HANDOFF)).to_numpy(dtype=bool))


def _truth(company: object, later: TrainingData) -> Floats:
    found: Floats = company.truth.probability_at_first_touch(list(later.meta["lead_id"]))  # type: ignore[attr-defined]
    return found


def _as_known(data: TrainingData, origin: pd.Timestamp) -> TrainingData:
    """Take away what was not known at the origin."""
    rows = data.rows((data.meta["as_of"] < origin).to_numpy(dtype=bool))
    mature = (rows.meta["label_known_at"] <= origin).to_numpy(dtype=bool)
    label = np.where(mature, rows.meta["label"], 0).astype(np.int8)
    return replace(rows, meta=rows.meta.assign(label=label, mature=mature))


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the figures as a table of Markdown, a line a company; each pair is with looks at rejected leads, then without."""
    head = "| company | hand-offs judged | looks learnt | | RMSE to truth | | difference | mean chance / mean truth | |"
    lines = [
        f"| {one.seed} | {one.judged} | {one.looks[0]:,} | {one.looks[1]:,} | {one.rmse[0]:.4f} | {one.rmse[1]:.4f} | "
        f"{one.difference:+.4f} | {one.ratio[0]:.3f} | {one.ratio[1]:.3f} |"
        for one in outcomes
    ]
    mean = float(np.mean([one.difference for one in outcomes]))
    better = sum(one.difference < 0 for one in outcomes)
    end = f"Mean difference {mean:+.4f}; leaving them out is better in {better} of {len(outcomes)}."
    return "\n".join([head, "|---|---|---|---|---|---|---|---|---|", *lines, "", end])


if __name__ == "__main__":
    main()
