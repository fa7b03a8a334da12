"""What the tests of MLflow share: a store with a registered champion, an environment without leadq, a server on this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.models.bundle.bundle import keep_bundle
from leadq.models.live.live_models import Live, bundle_folder, models_folder, promote, read_live
from leadq.models.registry.mlflow_registry import mirror_live, register
from leadq.models.registry.model_artifact import requirements
from leadq.models.training.train_bundle import TrainResult
from tests.shared_company import MadeOnce

START_SECONDS = 90
NOW = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A store whose champion is registered in its own database."""

    store: Path
    version: str
    live: Live

    @property
    def bundle(self) -> Path:
        return bundle_folder(self.store, self.version)

    @property
    def artifact(self) -> Path:
        (found,) = sorted((self.store / "mlflow_artifacts" / "models").glob("*/artifacts"))[:1]
        return found


@pytest.fixture(scope="session")
def kept(trained: TrainResult, tmp_path_factory: pytest.TempPathFactory) -> Registered:
    """A store with a champion that MLflow has not been told of. Not to be written to: copy it."""
    store = tmp_path_factory.mktemp("kept")
    version, _ = keep_bundle(trained.bundle, models_folder(store))
    return Registered(store=store, version=version, live=promote(version, store=store, now=NOW))


@pytest.fixture(scope="session")
def told(request: pytest.FixtureRequest, once_a_run: MadeOnce) -> Registered:
    """The same, told to MLflow with a plot and a report. Not to be written to: copy it."""

    def make(folder: Path) -> None:
        kept: Registered = request.getfixturevalue("kept")
        shutil.copytree(kept.store, folder / "store")
        store = folder / "store"
        plot, report = store / "plot.png", store / "evaluation.html"
        plot.write_bytes(b"not really a picture")
        report.write_text("<p>report</p>")
        assert register(bundle_folder(store, kept.version), [plot], [report], store=store) == "1"
        mirror_live(kept.live, store=store)

    store = once_a_run("told-to-mlflow", make) / "store"
    live = read_live(store)
    assert live.champion is not None
    return Registered(store=store, version=live.champion.version, live=live)


@pytest.fixture(scope="session")
def clean_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment that holds what the artefact asks for and nothing else."""
    folder = tmp_path_factory.mktemp("clean")
    wanted = folder / "requirements.txt"
    wanted.write_text("\n".join(requirements()))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    uv = str(Path(sys.executable).with_name("uv"))
    installed = subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(wanted)],
        capture_output=True,
        text=True,
        check=False,
    )
    offline = ("connect", "dns error", "error sending request", "timed out", "network")
    if installed.returncode and any(sign in installed.stderr.lower() for sign in offline):
        pytest.skip(f"nothing can be installed here: {installed.stderr[-300:]}")
    assert installed.returncode == 0, installed.stderr
    return python


def stripped(folder: Path, **more: str) -> dict[str, str]:
    """The least environment that a process can have, with a home of its own."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(folder), "OMP_NUM_THREADS": "1", **more}


def hashes(folder: Path) -> dict[str, str]:
    """Hash of every file in a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(command: list[str], folder: Path, environment: dict[str, str], *, alive: str) -> Iterator[None]:
    """Run a server until the block ends; ``alive`` is the address at which it answers."""
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            if not _answers(alive, server):
                if server.poll() is None:
                    pytest.skip(f"{command[:4]} did not start within {START_SECONDS} s on this machine")
                pytest.fail((folder / "log").read_text())
            yield
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(2)
            except subprocess.TimeoutExpired:  # it waits for workers that have nothing left to do
                os.killpg(server.pid, signal.SIGKILL)
                server.wait(20)


def _answers(address: str, server: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return True
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real tracking server on this machine, with a database and artefacts of its own."""
    folder = tmp_path_factory.mktemp("server")
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", str(folder / "kept")]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = stripped(folder, MLFLOW_DISABLE_TELEMETRY="true") | {"PATH": path}
    with serving(command, folder, environment, alive=f"{address}/health"):
        yield address
