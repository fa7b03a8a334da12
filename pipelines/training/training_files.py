"""Training data on disk, between the stages build and train: plain arrays, a table and the catalogue, no pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from leadq.features.catalogue import Catalogue
from leadq.features.training_data import TrainingData
from leadq.foundation.atomic_files import new_folder
from leadq.foundation.problems import InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which data the rows were built from."""

    history_sha256: str
    agreement_sha256: str
    read_at: str


def write_training_data(data: TrainingData, origin: Origin, folder: Path) -> None:
    """Write ``features.npy``, ``meta.parquet``, ``catalogue.json`` and ``origin.json``, whole or not at all."""
    with new_folder(folder) as partial:
        np.save(partial / "features.npy", data.features, allow_pickle=False)
        data.meta.to_parquet(partial / "meta.parquet", index=False)
        (partial / "catalogue.json").write_text(data.catalogue.to_json(), encoding="utf-8")
        document = {
            "dated": data.dated,
            **({} if data.order_is_time else {"order_is_time": False}),
            **({} if data.touches_recorded else {"touches_recorded": False}),
            "history_sha256": origin.history_sha256,
            "agreement_sha256": origin.agreement_sha256,
            "read_at": origin.read_at,
        }
        (partial / "origin.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_training_data(folder: Path) -> tuple[TrainingData, Origin]:
    """Read what :func:`write_training_data` wrote.

    Raises
    ------
    InputError
        The stage build has not run, or was interrupted.
    """
    try:
        document = json.loads((folder / "origin.json").read_text(encoding="utf-8"))
        data = TrainingData(
            features=np.load(folder / "features.npy", allow_pickle=False),
            meta=pd.read_parquet(folder / "meta.parquet", partitioning=None),
            catalogue=Catalogue.from_json((folder / "catalogue.json").read_text(encoding="utf-8")),
            dated=document.pop("dated"),
            order_is_time=document.pop("order_is_time", True),
            touches_recorded=document.pop("touches_recorded", True),
        )
        return data, Origin(**document)
    except (OSError, ValueError, KeyError) as error:
        remedy = "Run leadq train, which builds it first."
        raise InputError(
            Problem(where=str(folder), rule="must have training data", value=str(error), remedy=remedy)
        ) from error
