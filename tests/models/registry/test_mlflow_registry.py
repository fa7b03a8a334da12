"""MLflow: registered, aliased and described, silently, all within the store, and naming no place on this machine."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from leadq.foundation.problems import LeadqError
from leadq.models.bundle.bundle import keep_bundle, read_bundle
from leadq.models.live.live_models import Live, bundle_folder, models_folder
from leadq.models.registry.mlflow_registry import mirror_live, register
from leadq.models.registry.model_artifact import example_rows
from leadq.models.registry.run_record import description, metrics
from leadq.models.registry.tracking import Tracking, store_uri, tracking_of
from leadq.models.training.train_bundle import TrainResult
from tests.models.registry.conftest import Registered, hashes

ROOT = Path(__file__).parents[3]


def test_the_registry_holds_run_and_alias(told: Registered) -> None:
    import mlflow  # noqa: PLC0415 - seconds

    client = mlflow.MlflowClient(store_uri(told.store), store_uri(told.store))
    champion = client.get_model_version_by_alias("leadq", "champion")
    assert champion.tags["bundle"] == told.version
    run = client.get_run(champion.run_id)
    assert run.data.metrics["beats_base_rate"] == 1.0
    assert run.data.metrics["handoff.auc"] > 0.6
    assert run.data.params["num_leaves"] == "7"
    assert {one.path for one in client.list_artifacts(champion.run_id)} >= {"evaluation.txt", "plots", "report"}
    (learnt,) = run.inputs.dataset_inputs
    assert learnt.dataset.digest == "abc"
    assert json.loads(learnt.dataset.source)["tags"]["leads"] == str(read_bundle(told.bundle).trained["leads"])
    assert champion.description == run.data.tags["mlflow.note.content"]
    for words in (
        "within 30 days",
        "T1 at least 40 % won",
        told.version,
        "requirements.txt",
        "input example is made up",
    ):
        assert words in champion.description
    assert not (ROOT / "mlruns").exists()
    assert not {name for name in os.environ if name.startswith("MLFLOW_")}


def test_it_says_what_goes_in_and_out(told: Registered) -> None:
    from mlflow.models import Model  # noqa: PLC0415 - seconds

    model = Model.load(str(told.artifact))
    assert not any(model.signature.inputs.required_input_names())
    assert model.signature.outputs.input_names() == ["probability", "tier", "base", "contributions", "model_version"]
    assert model.signature.outputs.required_input_names() == ["probability", "base", "contributions", "model_version"]
    example = model.load_input_example(str(told.artifact))
    assert list(example.columns) == list(read_bundle(told.bundle).catalogue.names)
    assert example.iloc[2].isna().all()


def test_the_example_is_nobodys(trained: TrainResult) -> None:
    bundle = trained.bundle
    rows = example_rows(bundle.catalogue, bundle.evidence)
    usual, high = rows["employees"].iloc[0], rows["employees"].iloc[1]
    assert float(f"{usual:.3g}") == usual < high
    assert rows["visits"].iloc[1].is_integer()
    assert list(rows["industry"][:2]) == ["software", "logistics"]
    nothing_known = replace(bundle.evidence, bins={})
    assert example_rows(bundle.catalogue, nothing_known)["employees"].isna().all()


def test_no_file_names_a_place_on_this_machine_and_none_is_a_pickle(told: Registered, tmp_path: Path) -> None:
    places = (str(told.store.parent), str(ROOT), str(tmp_path.parents[1]), "/tmp", str(Path.home()))
    for path in told.artifact.rglob("*"):
        assert path.suffix not in {".pkl", ".pickle"}
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        assert not [place for place in places if place in text], path
    assert hashes(told.artifact / "artifacts" / "bundle") == hashes(told.bundle)


def test_the_database_names_no_place_but_the_artefacts_in_the_store(told: Registered) -> None:
    with closing(sqlite3.connect(told.store / "mlflow.db")) as connection:
        dumped = "\n".join(connection.iterdump())
    inside = (told.store / "mlflow_artifacts").resolve().as_uri()
    rest = dumped.replace(inside, "")
    assert inside in dumped
    for place in ("file:", "/tmp", str(ROOT), str(Path.home()), "pytest"):
        assert place not in rest, rest[rest.index(place) - 200 : rest.index(place) + 100]


def test_aliases_follow_and_what_is_missing_is_registered(
    told: Registered, trained: TrainResult, tmp_path: Path
) -> None:
    import mlflow  # noqa: PLC0415 - seconds

    store = tmp_path / "store"
    shutil.copytree(told.store, store)
    second, _ = keep_bundle(
        replace(trained.bundle, trained={**trained.bundle.trained, "seed": 8}), models_folder(store)
    )
    champion = told.live.champion
    assert champion is not None
    live = Live(champion=replace(champion, version=second), challenger=champion)
    assert mirror_live(live, store=store) == (second,)
    assert mirror_live(live, store=store) == ()
    client = mlflow.MlflowClient(store_uri(store), store_uri(store))
    assert client.get_model_version_by_alias("leadq", "champion").tags["bundle"] == second
    assert str(client.get_model_version_by_alias("leadq", "challenger").version) == "1"
    mirror_live(Live(), store=store)
    assert client.get_registered_model("leadq").aliases == {}


def test_nobody_live_and_nothing_registered_is_no_failure_whatever_the_name(tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415 - seconds

    for name in ("leadq", "O'Hara's leads", 'the "new" leads'):
        told = tracking_of({"LEADQ_MLFLOW_MODEL": name})
        assert mirror_live(Live(), store=tmp_path, tracking=told) == ()
        client = mlflow.MlflowClient(store_uri(tmp_path), store_uri(tmp_path))
        client.create_registered_model(name)
        client.create_model_version(name, "runs:/none/model")
        client.set_registered_model_alias(name, "champion", "1")
        assert mirror_live(Live(), store=tmp_path, tracking=told) == ()
        assert client.get_registered_model(name).aliases == {}  # found by its name


def test_a_version_that_loads_nowhere_else_is_registered_again(told: Registered, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(told.store, store)
    with closing(sqlite3.connect(store / "mlflow.db")) as connection, connection:
        connection.execute("DELETE FROM model_version_tags WHERE key = 'code'")  # as before the code travelled
    assert mirror_live(told.live, store=store) == (told.version,)


def test_a_base_rate_is_registered_too(base_rate: TrainResult, tmp_path: Path) -> None:
    version, folder = keep_bundle(base_rate.bundle, models_folder(tmp_path))
    assert register(folder, [], [], store=tmp_path) == "1"
    assert folder == bundle_folder(tmp_path, version)


def test_a_base_rate_claims_nothing_of_the_model_tried_on_the_same_data(trained: TrainResult) -> None:
    assert metrics(trained.bundle)["beats_base_rate"] == 1.0
    lent = replace(trained.bundle, kind="base_rate")  # as it scores until a model is promoted
    assert metrics(lent) == {"beats_base_rate": 0.0}
    assert "while no model is live" in description(lent)
    assert "leads it had not seen" not in description(lent)


def test_a_run_that_leadq_was_started_in_is_left_alone(
    kept: Registered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    assert register(kept.bundle, [], [], store=tmp_path) == "1"
    assert os.environ["MLFLOW_RUN_ID"] == "0" * 32


def test_a_deleted_experiment_is_said_and_the_remedy_works(told: Registered, tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415 - seconds

    store = tmp_path / "store"
    shutil.copytree(told.store, store)
    client = mlflow.MlflowClient(store_uri(store), store_uri(store))
    experiment = client.get_experiment_by_name("leadq")
    client.delete_experiment(experiment.experiment_id)
    with pytest.raises(LeadqError, match=f"experiments restore --experiment-id {experiment.experiment_id}"):
        register(told.bundle, [], [], store=store)
    assert register(told.bundle, [], [], store=store, tracking=Tracking(experiment="other")) == "2"
    client.restore_experiment(experiment.experiment_id)
    assert register(told.bundle, [], [], store=store) == "3"


def test_a_damaged_database_is_said_and_the_remedy_works(kept: Registered, tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database")
    with pytest.raises(LeadqError, match=r"move it away.*leadq mirror") as raised:
        register(kept.bundle, [], [], store=tmp_path)
    assert raised.value.problems[0].where == str(tmp_path / "mlflow.db")
    (tmp_path / "mlflow.db").unlink()
    assert register(kept.bundle, [], [], store=tmp_path) == "1"


def test_the_example_scores_like_any_row(told: Registered) -> None:
    from leadq.models.registry.raw_scorer import RawScorer  # noqa: PLC0415 - numba is heavy

    bundle = read_bundle(told.bundle)
    scored = RawScorer(told.bundle).predict(example_rows(bundle.catalogue, bundle.evidence))
    assert scored["probability"].between(0, 1).all()
    assert isinstance(scored, pd.DataFrame)
