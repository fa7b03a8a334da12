"""The bundle: the same bytes for the same data, and damage of any kind is found before anything is scored."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leadq.features.meaning.lists import Meaning
from leadq.features.training_data import TrainingData
from leadq.foundation.problems import BundleError, GateStopped
from leadq.models.bundle.bundle import MANIFEST, documents, keep_bundle, read_bundle, write_bundle
from leadq.models.training.train_bundle import TrainResult, train_bundle
from tests.models.conftest import QUICK, make_agreement, make_world


def test_two_trainings_give_the_same_files(world: tuple[TrainingData, np.ndarray], trained: TrainResult) -> None:
    again = train_bundle(
        world[0], make_agreement(0.40, 0.20), replace(QUICK, threads=2), provenance={"data_sha256": "abc"}
    )
    assert documents(again.bundle) == documents(trained.bundle)


def test_another_seed_is_another_version(trained: TrainResult, tmp_path: Path) -> None:
    other = replace(trained.bundle, trained={**trained.bundle.trained, "seed": 8})
    assert write_bundle(other, tmp_path / "a") != write_bundle(trained.bundle, tmp_path / "b")


@pytest.mark.parametrize("which", ["trained", "base_rate"])
def test_a_bundle_survives_writing_and_reading(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    bundle = request.getfixturevalue(which).bundle
    version, folder = keep_bundle(bundle, tmp_path)
    back = read_bundle(folder)
    assert folder.name == version == back.version
    assert len(version) == 12
    assert documents(back) == documents(bundle)


def test_profiles_of_own_fields_are_a_file_of_the_bundle_and_a_bundle_without_has_none(
    trained: TrainResult, tmp_path: Path
) -> None:
    bundle = trained.bundle
    assert "field_profiles.json" not in documents(bundle)
    write_bundle(replace(bundle, field_profiles_text="[]\n"), tmp_path / "with")
    assert read_bundle(tmp_path / "with").field_profiles_text == "[]\n"
    write_bundle(bundle, tmp_path / "without")
    assert read_bundle(tmp_path / "without").field_profiles_text == ""


READING = '{"reading": 2, "columns": {}}\n'


def test_a_bundle_says_by_which_reading_it_learnt_and_one_that_says_nothing_learnt_by_the_first(
    trained: TrainResult, tmp_path: Path
) -> None:
    without, with_it = trained.bundle, replace(trained.bundle, reading_text=READING)
    assert without.reading == 1
    assert "reading.json" not in documents(without)
    assert b'"bundle_version": 1' in documents(without)[MANIFEST]
    write_bundle(with_it, tmp_path / "with")
    back = read_bundle(tmp_path / "with")
    assert (back.reading, back.reading_text) == (2, READING)
    assert b'"bundle_version": 2' in documents(back)[MANIFEST]  # a leadq that knows one reading only refuses it


@pytest.mark.parametrize(("text", "version", "said"), [(READING, 1, "must be 2, got 1"), ("", 2, "must be 1, got 2")])
def test_a_bundle_version_that_does_not_fit_its_reading_is_refused(
    text: str, version: int, said: str, trained: TrainResult, tmp_path: Path
) -> None:
    write_bundle(replace(trained.bundle, reading_text=text), tmp_path / "b")
    manifest = json.loads((tmp_path / "b" / MANIFEST).read_text())
    (tmp_path / "b" / MANIFEST).write_text(json.dumps({**manifest, "bundle_version": version}))
    with pytest.raises(BundleError, match=f"bundle version {said}"):
        read_bundle(tmp_path / "b")


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"reading": "two"}'])
def test_a_reading_that_cannot_be_told_is_damage(text: str, trained: TrainResult, tmp_path: Path) -> None:
    files = documents(replace(trained.bundle, reading_text=READING))
    manifest = json.loads(files[MANIFEST])
    manifest["sha256"]["reading.json"] = hashlib.sha256(text.encode()).hexdigest()
    write_bundle(replace(trained.bundle, reading_text=READING), tmp_path / "b")
    (tmp_path / "b" / "reading.json").write_text(text)
    (tmp_path / "b" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="must contain all parts of a model"):
        read_bundle(tmp_path / "b")


@pytest.mark.parametrize("name", ["booster.txt", "calibrator.json", "tiers.json", "agreement.yaml"])
def test_a_changed_file_is_found(name: str, trained: TrainResult, tmp_path: Path) -> None:
    write_bundle(trained.bundle, tmp_path / "b")
    path = tmp_path / "b" / name
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(BundleError, match=f"{name}: must have the hash"):
        read_bundle(tmp_path / "b")


def test_all_damage_is_reported_at_once(trained: TrainResult, tmp_path: Path) -> None:
    write_bundle(trained.bundle, tmp_path / "b")
    (tmp_path / "b" / "reference.json").unlink()
    (tmp_path / "b" / "evidence.json").write_text("{}")
    with pytest.raises(BundleError) as stopped:
        read_bundle(tmp_path / "b")
    assert len(stopped.value.problems) == 2


def test_a_bundle_of_another_version_is_refused(trained: TrainResult, tmp_path: Path) -> None:
    write_bundle(trained.bundle, tmp_path / "b")
    manifest = json.loads((tmp_path / "b" / MANIFEST).read_text())
    (tmp_path / "b" / MANIFEST).write_text(json.dumps({**manifest, "bundle_version": 99}))
    with pytest.raises(BundleError, match=r"bundle version must be 1, 2 or 3, got 99.*Train again"):
        read_bundle(tmp_path / "b")
    with pytest.raises(BundleError, match="must be the manifest"):
        read_bundle(tmp_path / "nowhere")


def test_too_few_or_only_one_outcome_is_said(agreement) -> None:  # type: ignore[no-untyped-def]
    data, _ = make_world(10, seed=1)
    with pytest.raises(GateStopped, match=r"more wins are needed.* more leads that were not won are needed"):
        train_bundle(data, agreement, QUICK, provenance={})
    data, _ = make_world(300, seed=1)
    data.meta["label"], data.meta["days_to_win"] = np.int8(0), np.nan
    with pytest.raises(GateStopped, match=r"at least 60 won .* got 0 won and 2\d\d others\. 60 more"):
        train_bundle(data, agreement, QUICK, provenance={})


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"bundle_version": 1, "sha256": 3}', "not json"])
def test_a_manifest_of_another_shape_is_refused(manifest: str, trained: TrainResult, tmp_path: Path) -> None:
    write_bundle(trained.bundle, tmp_path / "bundle")
    (tmp_path / "bundle" / "bundle.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(BundleError, match=r"bundle\.json: must be the manifest"):
        read_bundle(tmp_path / "bundle")


def test_a_bundle_with_lists_has_a_version_that_a_leadq_without_them_refuses(
    trained: TrainResult, tmp_path: Path
) -> None:
    lists = Meaning(seniority=(), function=(), free_mail=("gmail.com",), education=("edu",), public_body=("gov",))
    with_them = replace(trained.bundle, catalogue=replace(trained.bundle.catalogue, meaning=lists))
    write_bundle(with_them, tmp_path / "b")
    assert read_bundle(tmp_path / "b").catalogue.meaning == lists
    manifest = json.loads((tmp_path / "b" / MANIFEST).read_text())
    assert manifest["bundle_version"] == 3
    (tmp_path / "b" / MANIFEST).write_text(json.dumps({**manifest, "bundle_version": 1}))
    with pytest.raises(BundleError, match="lists"):
        read_bundle(tmp_path / "b")
