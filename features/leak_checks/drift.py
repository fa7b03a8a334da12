"""Check 7: a classifier that tells the training rows from the newest ones. Drift, not always a leak: it is only named."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.lightgbm_loader import load_lightgbm

LIMIT = 0.65
_MAX_ROWS = 8_000
_MIN_ROWS = 200
_GROWING = ("leads.created_at", "leads", "outcomes")  # sources of features that count what there was so far


def check_drift(
    data: TrainingData, *, seed: int, tonight: npt.NDArray[np.float64] | None = None
) -> Iterator[LeakFinding]:
    """Try to tell training rows from tonight's.

    Parameters
    ----------
    data : TrainingData
    tonight : ndarray of shape (n, n_features) or None
        Encoded features of tonight's leads; by default the rows that are not mature yet stand for them, at the same landmarks
        as the training rows they are compared with. Features of the calendar, and counts of what an account went through
        so far, are left out: they always grow.
    """
    mature = data.meta["mature"].to_numpy(dtype=bool)
    landmark = data.meta["landmark"].to_numpy()
    if tonight is None:
        fresh_landmarks = np.unique(landmark[~mature])
        first = next((mark for mark in fresh_landmarks if mark != HANDOFF), None)
        old, new = data.features[mature & (landmark == first)], data.features[~mature & (landmark == first)]
    else:
        old, new = data.features[mature], tonight
    keep = [i for i, feature in enumerate(data.catalogue.features) if feature.source not in _GROWING]
    if min(len(old), len(new)) < _MIN_ROWS or not keep:
        return
    auc, gain = _told_apart(old[:, keep], new[:, keep], seed)
    if auc > LIMIT:
        top = [data.catalogue.names[keep[i]] for i in np.argsort(-gain, kind="stable")[:3] if gain[i] > 0]
        yield LeakFinding(
            check=7,
            name="the newest leads look different",
            field=top[0] if top else "",
            features=tuple(top),
            figure=auc,
            limit=LIMIT,
            consequence="name",
            sentence=f"The newest leads differ clearly from those the model learns from (AUC {auc:.2f}), mostly in "
            f"{', '.join(top)}: something has changed, and past win rates may no longer apply.",
        )


def _told_apart(
    old: npt.NDArray[np.float64], new: npt.NDArray[np.float64], seed: int
) -> tuple[float, npt.NDArray[np.float64]]:
    """AUC on the half that was not learnt from, and the gain of each feature."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    lightgbm = load_lightgbm()
    rng = np.random.default_rng(seed)
    parts = [part[rng.permutation(len(part))[:_MAX_ROWS]] for part in (old, new)]
    matrix = np.vstack(parts)
    is_new = np.repeat([0.0, 1.0], [len(part) for part in parts])
    first = rng.random(len(matrix)) < 0.5
    parameters = {
        "objective": "binary",
        "num_leaves": 7,
        "learning_rate": 0.1,
        "min_data_in_leaf": 50,
        "verbosity": -1,
        "seed": seed,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
    }
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix[first], is_new[first]), num_boost_round=40)
    auc = float(roc_auc_score(is_new[~first], booster.predict(matrix[~first])))
    return auc, np.asarray(booster.feature_importance("gain"), dtype=np.float64)
