"""The company's own tracking server and registry: a real one on this machine, one that is down, and addresses with passwords."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from leadq.foundation.problems import LeadqError, StoreError
from leadq.models.live.live_models import Live, bundle_folder
from leadq.models.registry.mlflow_registry import mirror_live, register
from leadq.models.registry.tracking import Tracking, store_uri, tracking_of
from tests.models.registry.conftest import Registered, free_port, hashes

pytestmark = pytest.mark.integration


def test_runs_artefacts_registry_and_aliases_go_to_the_server(
    server: str, kept: Registered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow  # noqa: PLC0415 - seconds

    monkeypatch.chdir(tmp_path)
    before = hashes(kept.store)
    tracking = tracking_of(
        {"MLFLOW_TRACKING_URI": server, "MLFLOW_EXPERIMENT_NAME": "sales", "LEADQ_MLFLOW_MODEL": "leads"}
    )
    page = tmp_path / "evaluation.html"
    page.write_text("<p>report</p>")
    assert register(kept.bundle, [], [page], store=kept.store, tracking=tracking) == "1"
    assert mirror_live(kept.live, store=kept.store, tracking=tracking) == ()
    assert hashes(kept.store) == before, "nothing was to be written into the store"
    assert [path.name for path in tmp_path.iterdir()] == ["evaluation.html"]
    client = mlflow.MlflowClient(server, server)
    champion = client.get_model_version_by_alias("leads", "champion")
    assert champion.tags["bundle"] == kept.version
    run = client.get_run(champion.run_id)
    assert client.get_experiment(run.info.experiment_id).name == "sales"
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
    assert "report" in {one.path for one in client.list_artifacts(champion.run_id)}
    place = client.get_logged_model(champion.source.removeprefix("models:/")).artifact_location
    fetched = mlflow.artifacts.download_artifacts(
        artifact_uri=place, dst_path=str(tmp_path / "got"), tracking_uri=server
    )
    assert hashes(Path(fetched) / "artifacts" / "bundle") == hashes(kept.bundle)


def test_what_was_registered_in_the_store_is_registered_on_a_new_server(server: str, told: Registered) -> None:
    import mlflow  # noqa: PLC0415 - seconds

    tracking = Tracking(tracking_uri=server)
    assert mirror_live(told.live, store=told.store, tracking=tracking) == (told.version,)
    assert (
        mlflow.MlflowClient(server, server).get_model_version_by_alias("leadq", "champion").tags["bundle"]
        == told.version
    )


def test_a_registry_that_cannot_reach_the_artefacts_is_said(server: str, kept: Registered, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(kept.store, store)
    with pytest.raises(LeadqError, match="Set MLFLOW_TRACKING_URI to the same server"):
        register(kept.bundle, [], [], store=store, tracking=Tracking(registry_uri=server))


def test_a_registry_apart_from_the_runs(kept: Registered, tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415 - seconds

    store, registry = tmp_path / "store", f"sqlite:///{tmp_path}/registry.db"
    shutil.copytree(kept.store, store)
    tracking = Tracking(registry_uri=registry)
    register(bundle_folder(store, kept.version), [], [], store=store, tracking=tracking)
    mirror_live(kept.live, store=store, tracking=tracking)
    champion = mlflow.MlflowClient(registry, registry).get_model_version_by_alias("leadq", "champion")
    assert champion.tags["bundle"] == kept.version
    assert not mlflow.MlflowClient(store_uri(store), store_uri(store)).search_registered_models()


def test_another_database_keeps_its_artefacts_beside_it(
    kept: Registered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "team").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = hashes(kept.store)
    tracking = Tracking(tracking_uri="sqlite:///../team/runs.db")
    register(kept.bundle, [], [], store=kept.store, tracking=tracking)
    assert not list((tmp_path / "here").iterdir())
    assert {path.name for path in (tmp_path / "team").iterdir()} == {"runs.db", "mlflow_artifacts"}
    assert hashes(kept.store) == before


def test_the_stores_own_database_is_itself_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = tmp_path / "store"
    for written in ("", "sqlite:///store/mlflow.db", store_uri(store)):
        tracking = tracking_of({"MLFLOW_TRACKING_URI": written})
        assert tracking.runs(store) == store_uri(store)
        assert tracking.shown(store) == str(store / "mlflow.db")
    both = tracking_of(
        {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1", "MLFLOW_REGISTRY_URI": "sqlite:///store/mlflow.db"}
    )
    assert both.registry(store) == store_uri(store)
    assert both.touches_store(store)
    assert both.runs(store) != store_uri(store)


def test_a_server_that_is_down_is_said_soon_and_the_remedy_works(server: str, kept: Registered) -> None:
    began = time.monotonic()
    address = f"http://somebody:secret-word@127.0.0.1:{free_port()}"
    with pytest.raises(StoreError) as raised:
        register(kept.bundle, [], [], store=kept.store, tracking=Tracking(tracking_uri=address))
    assert time.monotonic() - began < 30
    (problem,) = raised.value.problems
    assert "leadq mirror" in problem.remedy
    assert "safe in the store" in problem.remedy
    assert problem.where == address.replace("somebody:secret-word", "***")
    told = "".join(
        str(one)
        for one in (raised.value, raised.value.__cause__, raised.value.__context__ if raised.value.__cause__ else "")
    )
    assert "secret-word" not in told
    assert "secret-word" not in repr(Tracking(tracking_uri=address))
    assert not {name for name in os.environ if name.startswith("MLFLOW_")}
    mirror_live(kept.live, store=kept.store, tracking=Tracking(tracking_uri=server))  # which leadq mirror does


def test_an_address_that_mlflow_does_not_know_is_said(kept: Registered) -> None:
    with pytest.raises(StoreError, match="MLFLOW_TRACKING_URI"):
        mirror_live(Live(), store=kept.store, tracking=Tracking(tracking_uri="warehouse://runs"))


def test_a_database_server_that_is_down_is_said_soon(kept: Registered) -> None:
    began = time.monotonic()
    address = f"postgresql+psycopg://somebody:secret-word@127.0.0.1:{free_port()}/runs"
    with pytest.raises(StoreError, match="leadq mirror") as raised:
        mirror_live(kept.live, store=kept.store, tracking=Tracking(tracking_uri=address))
    assert time.monotonic() - began < 30
    assert "secret-word" not in str(raised.value)
