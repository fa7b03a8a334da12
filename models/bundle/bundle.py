"""The bundle: all that scoring needs, as text files, each with its hash; no pickle.

``bundle.json`` is the manifest; the first 12 hex digits of its hash are the model's version, so the same data,
configuration and seed give the same version, byte for byte. Trained things live in the store, never in this package.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from leadq.features.catalogue import Catalogue
from leadq.foundation.atomic_files import new_folder
from leadq.foundation.problems import BundleError, Problem
from leadq.models.bundle.value_evidence import Evidence
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.contributions import Reference
from leadq.models.tiers.tier_offers import TierCut

BUNDLE_VERSION = 1
WITH_A_READING = 2
"""Version of a bundle that says how its sources were read: a leadq that would not heed it must refuse the bundle."""
WITH_LISTS = 3
"""Version of a bundle whose catalogue holds the lists that titles, domains and sizes are read by, whatever it says of its reading."""
MANIFEST = "bundle.json"
_FIELD_PROFILES = "field_profiles.json"
_READING = "reading.json"
_TEXTS = dict.fromkeys(("lead_id", "created_at", "as_of", "label_known_at"), "str")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundle:
    """A trained model with everything that its scores need and rest on.

    Parameters
    ----------
    kind : {"booster", "base_rate"}
        ``base_rate``: every lead gets the win rate of the reference set; no tier, no reasons.
    catalogue : Catalogue
    booster_text : str
        LightGBM's text format; empty for a base-rate bundle.
    calibrator : Calibrator
        Of a base-rate bundle: slope 0, intercept the log-odds of the base rate.
    reference : Reference
    tiers : tuple of TierCut
    evidence : Evidence
    evaluation : dict
        :meth:`leadq.models.evaluation.evaluation_result.Evaluation.to_document`.
    agreement_text : str
        ``agreement.yaml`` as signed.
    trained : dict
        Provenance: hash of the data, when it was read, seed, settings, library versions.
    out_of_time : DataFrame
        Held-out forecasts at hand-off (``OUT_OF_TIME_COLUMNS`` of ``models/evaluation/held_out_forecasts.py``), to compare with a
        challenger.
    field_profiles_text : str
        How own fields looked at training, for the nightly gate (JSON of ``crm/gate/field_profiles.py``); empty of a model from before
        they were kept.
    reading_text : str
        Which reading of the sources it learnt from, and how each column was read (JSON of ``crm/reading/values/kept_readings.py``);
        empty of the first reading, which had nothing to keep.
    version : str
        Set when written or read.
    """

    kind: Literal["booster", "base_rate"]
    catalogue: Catalogue
    booster_text: str
    calibrator: Calibrator
    reference: Reference
    tiers: tuple[TierCut, ...]
    evidence: Evidence
    evaluation: dict[str, Any]
    agreement_text: str
    trained: dict[str, Any]
    out_of_time: pd.DataFrame
    field_profiles_text: str = ""
    reading_text: str = ""
    version: str = ""

    @property
    def reading(self) -> int:
        """Number of the reading that it learnt from, and that it is scored with."""
        return int(json.loads(self.reading_text)["reading"]) if self.reading_text else 1


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def documents(bundle: Bundle) -> dict[str, bytes]:
    """Every file of the bundle, the manifest last."""
    files = {
        "agreement.yaml": bundle.agreement_text.encode(),
        "booster.txt": bundle.booster_text.encode(),
        "calibrator.json": _json(asdict(bundle.calibrator)),
        "catalogue.json": bundle.catalogue.to_json().encode(),
        "evaluation.json": _json(bundle.evaluation),
        "evidence.json": _json(bundle.evidence.to_document()),
        "out_of_time.csv": bundle.out_of_time.to_csv(index=False, lineterminator="\n").encode(),
        "reference.json": _json(asdict(bundle.reference)),
        "tiers.json": _json([asdict(tier) for tier in bundle.tiers]),
        "trained.json": _json(bundle.trained),
    }
    if bundle.field_profiles_text:
        files[_FIELD_PROFILES] = bundle.field_profiles_text.encode()
    if bundle.reading_text:
        files[_READING] = bundle.reading_text.encode()
    hashes = {name: _hash(content) for name, content in files.items()}
    number = _version_with(hashes, lists=bundle.catalogue.meaning is not None)
    files[MANIFEST] = _json({"bundle_version": number, "kind": bundle.kind, "sha256": hashes})
    return files


def _version_with(names: Collection[str], *, lists: bool) -> int:
    if lists:
        return WITH_LISTS
    return WITH_A_READING if _READING in names else BUNDLE_VERSION


def version_of(files: dict[str, bytes]) -> str:
    """Version of a bundle: the first 12 hex digits of its manifest's hash."""
    return _hash(files[MANIFEST])[:12]


def write_bundle(bundle: Bundle, folder: Path) -> str:
    """Write the bundle as ``folder``, whole or not at all; return its version.

    Raises
    ------
    StoreError
        The folder cannot be written; what was there is unchanged.
    """
    files = documents(bundle)
    with new_folder(folder) as partial:
        for name, content in files.items():
            (partial / name).write_bytes(content)
    return version_of(files)


def keep_bundle(bundle: Bundle, models_folder: Path) -> tuple[str, Path]:
    """Write the bundle under ``models_folder`` in a folder named by its version; return both."""
    folder = models_folder / version_of(documents(bundle))
    return write_bundle(bundle, folder), folder


def _damaged(where: Path, rule: str, value: str) -> Problem:
    return Problem(
        where=str(where),
        rule=rule,
        value=value,
        remedy="Check the version (leadq models lists all). If its folder is damaged, restore it from a backup, roll back to "
        "another model, or train again.",
    )


def _read_files(folder: Path) -> dict[str, bytes]:
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        found = manifest["bundle_version"]
        expected_hashes = dict(manifest["sha256"]) if found in (BUNDLE_VERSION, WITH_A_READING, WITH_LISTS) else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        value = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise BundleError(_damaged(folder / MANIFEST, "must be the manifest of a model", value)) from error
    lists = found == WITH_LISTS
    if not expected_hashes or found != _version_with(expected_hashes, lists=lists):
        known = f"{BUNDLE_VERSION}, {WITH_A_READING} or {WITH_LISTS}"
        readable = _version_with(expected_hashes, lists=lists) if expected_hashes else known
        raise BundleError(
            Problem(
                where=str(folder / MANIFEST),
                rule=f"bundle version must be {readable}",
                value=str(found),
                remedy="Train again with this version of leadq, or score with the version that made the bundle.",
            )
        )
    files, problems = {MANIFEST: content}, []
    for name, expected in sorted(expected_hashes.items()):
        try:
            files[name] = (folder / name).read_bytes()
        except OSError as error:
            problems.append(_damaged(folder / name, "must be readable", error.strerror or str(error)))
            continue
        if _hash(files[name]) != expected:
            problems.append(_damaged(folder / name, "must have the hash in bundle.json", _hash(files[name])[:12]))
    if problems:
        raise BundleError(problems)
    return files


def _reference(document: dict[str, Any]) -> Reference:
    for name in ("mean_contributions", "mean_absolute"):
        document[name] = tuple(document[name])
    return Reference(**document)


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle, every file checked against its hash.

    Raises
    ------
    BundleError
        A file is missing or was changed (all such files at once), or the bundle is of another version.
    """
    files = _read_files(folder)
    try:
        bundle = Bundle(
            kind=json.loads(files[MANIFEST])["kind"],
            catalogue=Catalogue.from_json(files["catalogue.json"].decode()),
            booster_text=files["booster.txt"].decode(),
            calibrator=Calibrator(**json.loads(files["calibrator.json"])),
            reference=_reference(json.loads(files["reference.json"])),
            tiers=tuple(TierCut(**row) for row in json.loads(files["tiers.json"])),
            evidence=Evidence.from_document(json.loads(files["evidence.json"])),
            evaluation=json.loads(files["evaluation.json"]),
            agreement_text=files["agreement.yaml"].decode(),
            trained=json.loads(files["trained.json"]),
            out_of_time=pd.read_csv(io.BytesIO(files["out_of_time.csv"]), dtype=_TEXTS),
            field_profiles_text=files.get(_FIELD_PROFILES, b"").decode(),
            reading_text=files.get(_READING, b"").decode(),
        )
        bundle.reading  # noqa: B018 - a reading that cannot be told is damage
        if (bundle.catalogue.meaning is not None) != (json.loads(files[MANIFEST])["bundle_version"] == WITH_LISTS):
            raise ValueError("the lists that its version says it was trained with")
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(_damaged(folder, "must contain all parts of a model", str(error))) from error
    return replace(bundle, version=version_of(files))
