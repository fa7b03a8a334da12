"""A store that was copied or moved: registers in itself, loads what was registered before, and leaves the original alone."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from leadq.models.live.live_models import bundle_folder
from leadq.models.registry.artifact_locations import settle_locations
from leadq.models.registry.mlflow_registry import mirror_live, register
from leadq.models.registry.raw_scorer import RawScorer
from leadq.models.registry.tracking import store_uri
from tests.models.registry.conftest import Registered, hashes

ROWS = pd.DataFrame([{"employees": 900.0, "industry": "software", "demos": 2.0}])


def loaded(store: Path, uri: str) -> list[float]:
    """Probabilities of a registered model, asked of the store's own database."""
    import mlflow  # noqa: PLC0415 - seconds

    client = mlflow.MlflowClient(store_uri(store), store_uri(store))
    alias = uri.partition("@")[2]
    found = client.get_model_version_by_alias("leadq", alias) if alias else client.get_model_version("leadq", uri)
    folder = client.get_model_version_download_uri("leadq", found.version)
    place = (
        client.get_logged_model(folder.removeprefix("models:/")).artifact_location if "models:/" in folder else folder
    )
    assert place.startswith((store / "mlflow_artifacts").resolve().as_uri())
    from urllib.parse import unquote, urlparse  # noqa: PLC0415

    return RawScorer(Path(unquote(urlparse(place).path)) / "artifacts" / "bundle").predict(ROWS)["probability"].tolist()


@pytest.fixture
def project(told: Registered, tmp_path: Path) -> Path:
    """A store of its own, registered where it is, in a folder that is to be copied and moved."""
    store = tmp_path / "project" / "store"
    shutil.copytree(told.store, store)
    mirror_live(told.live, store=store)
    return store


def test_a_copy_registers_in_itself_and_the_original_is_as_it_was(
    told: Registered, project: Path, tmp_path: Path
) -> None:
    before = hashes(project.parent)
    shutil.copytree(project.parent, tmp_path / "copy of it, ä")
    copy = tmp_path / "copy of it, ä" / "store"
    assert register(bundle_folder(copy, told.version), [], [], store=copy) == "2"
    mirror_live(told.live, store=copy)
    assert hashes(project.parent) == before
    assert str(project) not in (copy / "mlflow.db").read_bytes().decode("latin-1")
    shutil.rmtree(project.parent)  # nothing may be needed of it
    inside = RawScorer(told.bundle).predict(ROWS)["probability"].tolist()
    assert loaded(copy, "@champion") == loaded(copy, "1") == loaded(copy, "2") == inside


def test_a_moved_store_registers_and_loads_what_was_there(told: Registered, project: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    project.rename(moved)
    assert register(bundle_folder(moved, told.version), [], [], store=moved) == "2"
    assert not project.exists()
    assert loaded(moved, "1") == loaded(moved, "2")
    twice = tmp_path / "moved again"
    moved.rename(twice)
    assert settle_locations(twice) > 0
    assert settle_locations(twice) == 0
    assert loaded(twice, "1") == loaded(twice, "2")


def test_a_location_elsewhere_is_left(project: Path) -> None:
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(project / "mlflow.db") as connection:
        connection.execute(
            "UPDATE experiments SET artifact_location = 's3://bucket/mlflow_artifacts' WHERE name = 'leadq'"
        )
    connection.close()
    assert settle_locations(project) == 0


def test_a_store_without_a_database_has_nothing_to_settle(tmp_path: Path) -> None:
    assert settle_locations(tmp_path) == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("above", ["plain", "mlflow_artifacts"])
def test_only_what_was_this_stores_own_is_moved_and_only_once(tmp_path: Path, above: str) -> None:
    store = tmp_path / above / "store"
    store.mkdir(parents=True)
    theirs, was = "file:///mnt/share/mlflow_artifacts/2", "file:///former/store/mlflow_artifacts"
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        database.execute("CREATE TABLE experiments (experiment_id INTEGER, name TEXT, artifact_location TEXT)")
        database.executemany("INSERT INTO experiments VALUES (?, ?, ?)", [(1, "leadq", was), (2, "theirs", theirs)])
        database.execute("CREATE TABLE runs (artifact_uri TEXT)")
        database.executemany("INSERT INTO runs VALUES (?)", [(f"{was}/abc/artifacts",), (f"{theirs}/def",)])
    here = (store / "mlflow_artifacts").resolve().as_uri()
    assert settle_locations(store) == 2
    assert settle_locations(store) == 0
    with closing(sqlite3.connect(store / "mlflow.db")) as database:
        found = [row[0] for row in database.execute("SELECT artifact_location FROM experiments ORDER BY experiment_id")]
        runs = [row[0] for row in database.execute("SELECT artifact_uri FROM runs ORDER BY artifact_uri DESC")]
    assert found == [here, theirs]
    assert set(runs) == {f"{here}/abc/artifacts", f"{theirs}/def"}
