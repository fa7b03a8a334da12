"""How close the model comes to the truth, out of time, on simulated companies whose true probability is known.

    python -m benchmarks.known_truth [--leads 20000] [--seeds 1 2 3 4 5] [--write docs/evidence.md]

The whole path is the product's own: files, ingest, features, leak checks and quarantine, fit, calibration. Only the truth, which lies apart
from the tables, is the benchmark's. Rows judged: worked leads created after the origin, at every landmark and at hand-off.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from agreement.read import parse_agreement
from agreement.template import template_text
from crm.company import CompanySettings, simulate, write_company
from crm.config import read_config
from crm.ingest import read_history
from features.build import build_training_data
from features.engine import open_engine
from features.leaks import find_leaks, quarantine
from features.settings import FeatureSettings
from models.engine import load_lightgbm
from models.fit import fit_model, population
from models.metrics import auc
from models.settings import FitSettings
from models.split import split_by_time

PLANTED = ("leads.procurement_contact", "leads.status")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstTruth:
    """Figures of one seed; ``planted_caught`` says whether both planted leaks were quarantined, ``honest_lost`` which others were."""

    seed: int
    rows: int
    model_auc: float
    true_auc: float
    spearman: float
    predicted_to_true: float
    rmse: float
    planted_caught: bool
    honest_lost: tuple[str, ...]


def against_truth(seed: int, leads: int, settings: FitSettings | None = None) -> AgainstTruth:
    """Simulate, read, learn and judge one company."""
    settings = settings or FitSettings()
    company = simulate(CompanySettings(n_leads=leads, seed=seed))
    agreement = parse_agreement(template_text(), where="agreement.yaml")
    with tempfile.TemporaryDirectory() as folder:
        write_company(company, Path(folder, "source"))
        config = read_config(Path(folder, "source", "leadq.yaml"), environment={})
        history = read_history(config, folder=Path(folder, "history"), read_at=company.read_at)
        with open_engine(spill=Path(folder, "spill")) as backend:
            whole = build_training_data(backend, history, agreement, FeatureSettings())
        reasons = quarantine(find_leaks(whole, history, seed=settings.seed), history)
    data = whole.without(reasons)
    data = data.rows(population(data))
    split = split_by_time(data, settings.test_share)
    fitted = fit_model(data.rows(split.train), settings)
    test = data.rows(split.test)
    booster = load_lightgbm().Booster(model_str=fitted.booster_text)
    probability = fitted.calibration.calibrator.probability(booster.predict(test.features, raw_score=True))
    truth = company.truth.probability(list(test.meta["lead_id"]), test.meta["as_of"].dt.tz_localize(None).to_numpy())
    label = test.meta["label"].to_numpy(dtype=np.float64)
    caught = {name.replace("own_lead_", "leads.").replace("own_account_", "accounts.") for name in reasons}
    return AgainstTruth(
        seed=seed,
        rows=len(label),
        model_auc=auc(label, probability),
        true_auc=auc(label, truth),
        spearman=float(spearmanr(probability, truth).statistic),
        predicted_to_true=float(probability.mean() / truth.mean()),
        rmse=float(np.sqrt(np.mean((probability - truth) ** 2))),
        planted_caught=set(PLANTED) <= caught,
        honest_lost=tuple(
            sorted(name for name in caught if name not in PLANTED and not name.startswith("opportunities."))
        ),
    )


def table(found: list[AgainstTruth]) -> str:
    """Markdown table of the figures, with their means."""
    mean = {name: float(np.mean([getattr(one, name) for one in found])) for name in _AVERAGED}
    rows = [_COLUMNS, ("---",) * len(_COLUMNS)]
    for one in found:
        leaks = ("yes" if one.planted_caught else "NO", ", ".join(one.honest_lost) or "none")
        rows.append(
            (str(one.seed), f"{one.rows:,}", *_figures({name: getattr(one, name) for name in _AVERAGED}), *leaks)
        )
    rows.append(("mean", "", *_figures(mean), "", ""))
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def _figures(value: dict[str, float]) -> tuple[str, ...]:
    gap = value["true_auc"] - value["model_auc"]
    auc_and_gap = (value["model_auc"], value["true_auc"], gap, value["spearman"], value["predicted_to_true"])
    return (*(f"{number:.3f}" for number in auc_and_gap), f"{value['rmse']:.4f}")


_AVERAGED = ("model_auc", "true_auc", "spearman", "predicted_to_true", "rmse")
_COLUMNS = (
    "seed",
    "rows judged",
    "AUC of the model",
    "AUC of the truth",
    "gap",
    "Spearman with the truth",
    "predicted / true",
    "RMSE",
    "leaks caught",
    "honest fields lost",
)


def main() -> None:
    """Print the table; with ``--write`` put it into the evidence page too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    found = []
    for seed in chosen.seeds:
        found.append(against_truth(seed, chosen.leads))
        print(f"seed {seed}: {found[-1]}", flush=True)
    print(table(found))
    if chosen.write:
        seeds = " ".join(map(str, chosen.seeds))
        command = f"python -m benchmarks.known_truth --leads {chosen.leads} --seeds {seeds} --write {chosen.write}"
        chosen.write.write_text(f"# Evidence\n\n{HEADING}\nMade by `{command}`.\n\n{table(found)}", encoding="utf-8")


HEADING = """## Against the truth, out of time

Simulated companies whose true probability of a win, given what was recorded, is known in closed form. The model learns
from what was known at the origin (the creation time that the last fifth of the mature leads come after) and is judged on
those leads. The truth's own AUC is the best any model could reach.
"""

if __name__ == "__main__":
    main()
