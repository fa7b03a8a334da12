"""Lists of what means the same: log-loss with them and without, where everything is spelt in one way and where spellings were planted.

    python -m benchmarks.same_meaning [--companies 3] [--leads 8000] [--write PATH]

Each company is trained with ``same_meaning`` on and off on the same rows, and judged on the hand-offs of the quarter after the origin by
its true probabilities; the loan leads by what became of them. Below 0 the lists are better; the interval is the central 90 % of a
paired bootstrap over accounts. Where both give the same matrix, bit for bit, there is nothing to fit.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.kinds import QUARTER_DAYS, Kind
from benchmarks.spellings import with_spellings
from leadq.agreement.read import read_agreement
from leadq.agreement.schema import Agreement
from leadq.crm.config.leadq_yaml import read_config
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
from leadq.models.evaluation.paired_bootstrap import paired_difference
from leadq.models.fit.fit_model import fit_model, population

ROOT = Path(__file__).parents[1]
LOANS = ROOT / "examples" / "loan_leads_2012"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIT = FitSettings(threads=1)
Truth = Callable[[TrainingData], Floats]
"""True probability of each look, or what became of it; NaN where neither is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the lists did to one set of leads.

    Parameters
    ----------
    name : str
    equal : bool
        Both ways gave the same matrix.
    judged : int
        Hand-offs judged.
    without, difference, low, high : float
        Log-loss without the lists, what they add to it, and the interval of that.
    lost : tuple of str
        Features that stood the checks without the lists, and not with them.
    """

    name: str
    equal: bool
    judged: int
    without: float
    difference: float
    low: float
    high: float
    lost: tuple[str, ...]

    @property
    def row(self) -> str:
        """A row of the table."""
        shown = "same matrix" if self.equal else f"{self.difference:+.5f} ({self.low:+.5f} to {self.high:+.5f})"
        return f"| {self.name} | {self.judged:,} | {self.without:.5f} | {shown} | {', '.join(self.lost) or 'none'} |"


def compare(name: str, history: History, agreement: Agreement, origin: pd.Timestamp | None, truth: Truth) -> Outcome:
    """Train both ways at ``origin`` (three quarters of the history where it is None) and judge the quarter after it."""
    without, with_lists = (_looks(history, agreement, same_meaning=on) for on in (False, True))
    lost = tuple(sorted(set(without.catalogue.names) - set(with_lists.catalogue.names)))
    origin = origin or pd.Timestamp(
        without.meta["as_of"].astype("datetime64[us, UTC]").sort_values().iloc[3 * len(without.meta) // 4]
    )
    later = _later(without, origin)
    label, group = truth(later), later.meta["group"].to_numpy(dtype=np.int64)
    known = ~np.isnan(label)
    label, group = label[known], group[known]
    first = _loss(label, _forecast(without, origin)[known])
    equal = without.catalogue.names == with_lists.catalogue.names and np.array_equal(
        without.features, with_lists.features, equal_nan=True
    )
    second = first if equal else _loss(label, _forecast(with_lists, origin)[known])
    found = paired_difference(second, first, group, seed=1, repeats=1000)
    return Outcome(
        name=name,
        equal=equal,
        judged=len(label),
        without=float(first.mean()),
        difference=found.mean,
        low=found.low,
        high=found.high,
        lost=lost,
    )


def _looks(history: History, agreement: Agreement, *, same_meaning: bool) -> TrainingData:
    with open_engine(threads=1) as backend:
        data = build_training_data(backend, history, agreement, FeatureSettings(same_meaning=same_meaning))
    return data.without(quarantine(find_leaks(data, history, seed=1), history))


def _later(data: TrainingData, origin: pd.Timestamp) -> TrainingData:
    created = data.meta["created_at"]
    quarter = (created >= origin) & (created < origin + pd.Timedelta(QUARTER_DAYS, "D"))
    return data.rows((quarter & (data.meta["landmark"] == HANDOFF)).to_numpy(dtype=bool))


def _forecast(data: TrainingData, origin: pd.Timestamp) -> Floats:
    known = (data.meta["label_known_at"] <= origin).to_numpy(dtype=bool)
    fitted = fit_model(data.rows(population(data) & known), FIT)
    booster = load_lightgbm().Booster(model_str=fitted.booster_text)
    margin = booster.predict(_later(data, origin).features, raw_score=True, num_threads=1)
    return fitted.calibration.calibrator.probability(margin)


def _loss(label: Floats, probability: Floats) -> Floats:
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(-(label * np.log(inside) + (1 - label) * np.log1p(-inside)))


def companies(count: int, leads: int) -> Iterator[Outcome]:
    """Compare on simulated companies, each as it is and with spellings planted."""
    for seed in range(count):
        kind = Kind(name="spelt", leads=leads, base_rate=0.10, drift="none", first_seed=41_700, seeds=count)
        company = simulate(kind.settings(seed))
        origin = pd.Timestamp(company.settings.start) + pd.Timedelta(kind.origin_days(seed), "D")

        def truth(later: TrainingData, company: object = company) -> Floats:
            known: Floats = company.truth.probability_at_first_touch(list(later.meta["lead_id"]))  # type: ignore[attr-defined]
            return known

        for name, seen in (("one spelling", company), ("planted", with_spellings(company, seed))):
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                write_company(seen, folder / "source")
                config = read_config(folder / "source" / "leadq.yaml", environment={})
                history = read_history(config, folder=folder / "history", read_at=company.read_at)
                yield compare(f"company {seed + 1}, {name}", history, kind.agreement(), origin, truth)


def loans() -> Outcome:
    """Compare on the loan leads."""
    shared = Path(os.environ.get("LEADQ_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
    config = read_config(LOANS / "leadq.yaml", environment={"LEADQ_SHARED_DATA": str(shared)})
    with tempfile.TemporaryDirectory() as scratch:
        history = read_history(config, folder=Path(scratch) / "history", read_at=NOW)
        agreement = read_agreement(LOANS / "agreement.yaml")
        return compare("loan leads", history, agreement, None, _became)


def _became(later: TrainingData) -> Floats:
    """Return what became of leads, NaN where it is not known yet."""
    known = later.meta["mature"] & later.meta["worked"]
    label: Floats = np.where(known, later.meta["label"], np.nan).astype(np.float64)
    return label


HEADING = """## What means the same, with lists and without

| leads | judged | log-loss without | what the lists add (90 %) | honest fields lost |
| --- | --- | --- | --- | --- |
"""


def main() -> None:
    """Print the table; with ``--write`` into a file too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--companies", type=int, default=3)
    parser.add_argument("--leads", type=int, default=8000)
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    print(HEADING, end="")
    rows = []
    for found in (one for source in (iter([loans()]), companies(chosen.companies, chosen.leads)) for one in source):
        print(found.row, flush=True)
        rows.append(found.row)
    if chosen.write:
        chosen.write.write_text(HEADING + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
