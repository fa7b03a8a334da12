"""MLflow: registered, aliased, loaded and really served, silently, all within the store."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from math import exp
from pathlib import Path
from typing import Any

import pytest

from leadq.models.bundle.bundle import keep_bundle
from leadq.models.live.live_models import models_folder, promote
from leadq.models.live.mlflow_registry import mirror_live, register, tracking_uri
from leadq.models.training.train_bundle import TrainResult

ROOT = Path(__file__).parents[3]
START_SECONDS = 90


@pytest.fixture(scope="module")
def registered(trained: TrainResult, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    store = tmp_path_factory.mktemp("store")
    version, folder = keep_bundle(trained.bundle, models_folder(store))
    plot = store / "plot.png"
    plot.write_bytes(b"not really a picture")
    report = store / "evaluation.html"
    report.write_text("<p>report</p>")
    assert register(folder, [plot], [report], store=store) == "1"
    mirror_live(promote(version, store=store, now=datetime(2026, 10, 1, tzinfo=UTC)), store=store)
    return store, version


def test_the_registry_holds_run_and_alias(registered: tuple[Path, str]) -> None:
    import mlflow  # noqa: PLC0415 - seconds

    store, version = registered
    client = mlflow.MlflowClient(tracking_uri(store), tracking_uri(store))
    champion = client.get_model_version_by_alias("leadq", "champion")
    assert champion.tags["bundle"] == version
    run = client.get_run(champion.run_id)
    assert run.data.metrics["beats_base_rate"] == 1.0
    assert run.data.metrics["handoff.auc"] > 0.6
    assert run.data.params["num_leaves"] == "7"
    assert {one.path for one in client.list_artifacts(champion.run_id)} >= {"evaluation.txt", "plots", "report"}
    assert not (ROOT / "mlruns").exists()
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert not list((store / "mlflow_artifacts").rglob("*.pkl"))


def ask(port: int, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def wait_for(port: int, server: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return True
    return False


def test_the_registered_model_answers_over_http(registered: tuple[Path, str], tmp_path: Path) -> None:
    store, version = registered
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/leadq@champion"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": tracking_uri(store),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            if not wait_for(port, server):
                if server.poll() is None:
                    pytest.skip(f"mlflow models serve did not start within {START_SECONDS} s on this machine")
                pytest.fail((tmp_path / "log").read_text())
            rows = [{"employees": 900, "industry": "software", "demos": 2.0}, {"industry": "mining", "visits": None}]
            first, second = ask(port, {"dataframe_records": rows})["predictions"]
        finally:
            if server.poll() is None:
                os.killpg(server.pid, 15)
            server.wait(20)
    assert first["probability"] > second["probability"]
    assert first["model_version"] == version
    assert first["tier"] in {"T1", "T2", "T3"}
    log_odds = first["base"] + sum(first["contributions"].values())
    assert first["probability"] == pytest.approx(1 / (1 + exp(-log_odds)), abs=1e-6)
