"""The truth of a simulated company on disk: arrays in one file, settings in another, nothing executable."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.faults.planted import PlantedFaults
from leadq.crm.simulated.intent import Gap
from leadq.crm.simulated.truth import Truth
from leadq.foundation.atomic_files import new_file, new_folder, write_text
from leadq.foundation.problems import InputError, Problem

PLANTED = "planted"
_ARRAYS = "truth.npz"
_SETTINGS = "truth.json"
_PLAIN = ("settings", "duplicates", "gap")


def write_truth(truth: Truth, folder: Path) -> None:
    """Write the truth into ``folder``.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    named = {field.name: getattr(truth, field.name) for field in fields(truth) if field.name not in _PLAIN}
    arrays = {name: values for name, values in named.items() if values is not None}
    with new_file(folder / _ARRAYS) as partial, partial.open("wb") as handle:
        np.savez(handle, gap_begin=truth.gap.begin, gap_end=truth.gap.end, **arrays)
    settings = asdict(truth.settings)
    settings["start"] = truth.settings.start.isoformat()
    del settings["planted"]
    if not truth.settings.planted.former_company:
        settings["planted"] = truth.settings.planted.as_document()
    document = {"settings": settings, "duplicates": truth.duplicates}
    write_text(folder / _SETTINGS, json.dumps(document, indent=1, sort_keys=True) + "\n")


def write_planted(planted: Mapping[str, pa.Table], folder: Path) -> None:
    """Write whom each planted fault concerns into ``folder``: one Parquet file a fault. How strong each is stands with the settings.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    if not planted and not (folder / PLANTED).exists():
        return
    with new_folder(folder / PLANTED) as partial:  # nothing of an earlier company stays
        for name, rows in planted.items():
            pq.write_table(rows, partial / f"{name}.parquet", compression="zstd")


def read_truth(folder: Path) -> Truth:
    """Read what :func:`write_truth` wrote.

    Raises
    ------
    InputError
        The folder holds no truth, or a damaged one.
    """
    try:
        document = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        gap = Gap(begin=arrays.pop("gap_begin"), end=arrays.pop("gap_end"))
        settings = document["settings"]
        settings["start"] = datetime.fromisoformat(settings["start"])
        planted = settings.pop("planted", None)  # of a time before faults could be chosen
        faults = PlantedFaults.as_before() if planted is None else PlantedFaults.from_document(planted)
        return Truth(
            settings=CompanySettings(**settings, planted=faults),
            duplicates=int(document["duplicates"]),
            gap=gap,
            **arrays,
        )
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        problem = Problem(
            where=str(folder),
            rule="must hold the truth of a simulated company",
            value=str(error),
            remedy="Simulate the company again and write its truth here.",
        )
        raise InputError(problem) from error
