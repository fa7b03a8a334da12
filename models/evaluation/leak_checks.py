"""Leak checks on models (numbers 9, 10, 11 and 14 of docs/method.md); those on data live in features/.

Each check returns a finding; what is done about it (stop or name) stands in the finding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from leadq.features.catalogue import Catalogue, Feature
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.base.fit_settings import FitSettings
from leadq.models.base.metrics import auc
from leadq.models.evaluation.evaluation_result import Evaluation, ModelFinding
from leadq.models.fit.contributions import Reference, reference_rows
from leadq.models.fit.fit_model import assign_folds, category_columns, labels

MAX_PERMUTED_ROWS = 10_000
_LEADS_OF_IDENTIFIER = 5
MAX_RANDOM_GAP = 0.05
MIN_WINS_FOR_GAP = 50
"""With fewer wins an AUC is not known to within the gap."""
MAX_ONE_FEATURE = 0.40

OutOfFold = Callable[[Floats, Floats, Ints], Floats]
"""Features (n, n_features), labels (n,), groups (n,) to out-of-fold margins (n,)."""


def quick_out_of_fold(catalogue: Catalogue, settings: FitSettings) -> OutOfFold:
    """Return the fit path in short: same folds and parameters, 40 rounds."""

    def run(rows: Floats, label: Floats, group: Ints) -> Floats:
        lightgbm = load_lightgbm()

        fold = assign_folds(label, group, n_folds=settings.n_folds, seed=settings.seed)
        parameters = settings.parameters(num_leaves=7, n_rows=len(label), wins=int(label.sum()))
        margins = np.empty(len(label))
        for held_out in range(settings.n_folds):
            inside, outside = fold != held_out, fold == held_out
            table = lightgbm.Dataset(
                rows[inside], label[inside], categorical_feature=category_columns(catalogue), params=parameters
            )
            margins[outside] = lightgbm.train(parameters, table, num_boost_round=40).predict(
                rows[outside], raw_score=True, num_threads=settings.threads
            )
        # folds whose base rates differ by a hair would order whole folds against the label: compare within folds
        for held_out in range(settings.n_folds):
            here = fold == held_out
            margins[here] -= margins[here].mean()
        return margins

    return run


def check_encoding(data: TrainingData, fit_path: Callable[[Catalogue], OutOfFold], *, seed: int) -> ModelFinding:
    """Check 9: identifiers dealt at random must teach nothing. A value replaced by its own rows' win rate would.

    Parameters
    ----------
    data : TrainingData
    fit_path : callable
        From a catalogue to its out-of-fold margins: :func:`quick_out_of_fold` with the settings of the fit.
    seed : int
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(np.flatnonzero(reference_rows(data)[0]))[:MAX_PERMUTED_ROWS])
    label = labels(data)[rows]
    identifiers = rng.integers(0, max(len(rows) // _LEADS_OF_IDENTIFIER, 1), len(rows)).astype(np.float64)
    feature = Feature(
        name="identifier", family="identifier", kind="category", unit="category", source="dealt at random",
        meaning="an identifier that means nothing", known_because="it means nothing",
    )  # fmt: skip
    out_of_fold = fit_path(replace(data.catalogue, features=(feature,), event_kinds=()))
    margins = out_of_fold(identifiers[:, None], label, data.meta["group"].to_numpy(dtype=np.int64)[rows])
    return _must_be_chance(9, "labels encoded outside of the folds", label, margins, "With identifiers dealt at random")


def check_permuted(data: TrainingData, out_of_fold: OutOfFold, *, seed: int) -> ModelFinding:
    """Check 10: with shuffled labels the fit must find nothing. One row a lead, at most 10,000 rows."""
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(reference_rows(data)[0])
    rows = np.sort(rng.permutation(rows)[:MAX_PERMUTED_ROWS])
    label = rng.permutation(labels(data)[rows])
    margins = out_of_fold(data.features[rows], label, data.meta["group"].to_numpy(dtype=np.int64)[rows])
    return _must_be_chance(10, "permuted labels", label, margins, "With permuted labels")


def _must_be_chance(check: int, name: str, label: Floats, margins: Floats, where: str) -> ModelFinding:
    """Stop where margins that can know nothing order the labels beyond three standard errors."""
    found = auc(label, margins)
    won, lost = float(label.sum()), float(len(label) - label.sum())
    limit = 3.0 * math.sqrt((won + lost + 1.0) / (12.0 * won * lost)) if won and lost else math.inf
    stop = not math.isnan(found) and found - 0.5 > limit
    words = f"{where} the AUC is {found:.3f}; chance stays below {0.5 + limit:.3f}."
    return ModelFinding(
        check=check,
        name=name,
        verdict="stop" if stop else "passed",
        value=None if math.isnan(found) else found,
        words=words,
    )


def check_random_gap(evaluation: Evaluation) -> ModelFinding:
    """Check 11: a random split much better than out of time means drift or a leak in time."""
    if not evaluation.order_is_time:
        words = "Not judged: nothing proves that the rows are in order of time, so leads are tested at random."
        return ModelFinding(check=11, name="random minus out-of-time AUC", verdict="passed", value=None, words=words)
    gaps = [
        (one.random_split_auc - one.auc, one)
        for one in evaluation.moments
        if one.auc is not None and one.random_split_auc is not None and one.wins >= MIN_WINS_FOR_GAP
    ]
    if not gaps:
        return ModelFinding(check=11, name="random minus out-of-time AUC", verdict="passed", value=None, words="")
    gap, one = max(gaps, key=lambda pair: pair[0])
    words = (
        f"At {one.moment} the AUC is {one.random_split_auc:.3f} in a random split but {one.auc:.3f} out of time: "
        "either win rates change over time, or a feature knows the future."
    )
    named = gap > MAX_RANDOM_GAP
    return ModelFinding(
        check=11, name="random minus out-of-time AUC", verdict="named" if named else "passed", value=gap, words=words
    )


def check_one_feature(reference: Reference, catalogue: Catalogue) -> ModelFinding:
    """Check 14: one feature that holds more than 40 % of the mean absolute contribution."""
    weight = np.asarray(reference.mean_absolute)
    name = "one dominant feature"
    if not weight.sum() > 0:
        return ModelFinding(check=14, name=name, verdict="passed", value=None, words="")
    top = int(weight.argmax())
    share = float(weight[top] / weight.sum())
    feature = catalogue.features[top]
    words = f"{feature.meaning} ({feature.name}) alone accounts for {100 * share:.0f} % of what moves the scores: check its source."
    return ModelFinding(
        check=14, name=name, verdict="named" if share > MAX_ONE_FEATURE else "passed", value=share, words=words
    )
