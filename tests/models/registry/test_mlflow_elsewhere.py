"""The registered model where there is no leadq: an environment made of what its artefact asks for, empty folder, nothing lent."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from leadq.models.bundle.bundle import read_bundle
from leadq.models.registry.mlflow_registry import mirror_live
from leadq.models.registry.model_artifact import example_rows, requirements
from leadq.models.registry.raw_scorer import RawScorer
from leadq.models.registry.tracking import store_uri
from tests.models.registry.conftest import Registered, free_port, hashes, serving, stripped

pytestmark = pytest.mark.integration

ROWS = [
    {"employees": 900.0, "industry": "software", "demos": 2.0},
    {"industry": "mining", "visits": None},
    {"employees": 12.5, "visits": 3.0, "noise 0": -0.25},
]
LOAD = """
import json, sys
import mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
import pandas as pd
answers = [model.predict(pd.DataFrame(json.loads(sys.argv[2]))), model.predict(model.input_example)]
ours = sorted({name.partition(".")[0] for name in sys.modules if name.partition(".")[0].startswith("leadq")})
heavy = sorted({"sklearn", "shap", "matplotlib", "pyarrow", "duckdb"} & set(sys.modules))
print(json.dumps({"answers": [one.to_dict("list") for one in answers], "ours": ours, "heavy": heavy}))
"""
OTHER = "raise RuntimeError('an old leadq was imported')\n"


def run(python: Path, folder: Path, script: str, *arguments: str, **environment: str) -> Any:
    folder.mkdir()
    (folder.parent / f"{folder.name}-home").mkdir()
    done = subprocess.run(
        [str(python), "-c", script, *arguments],
        cwd=folder,
        env=stripped(folder.parent / f"{folder.name}-home", **environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def must_equal(answer: dict[str, Any], told: Registered, rows: pd.DataFrame) -> None:
    inside = RawScorer(told.bundle).predict(rows)
    assert answer["tier"] == inside["tier"].tolist()
    assert set(answer["model_version"]) == {told.version}
    for name in ("probability", "base"):
        assert answer[name] == pytest.approx(inside[name].tolist(), rel=0, abs=1e-12)
    for there, here in zip(answer["contributions"], inside["contributions"], strict=True):
        assert there == pytest.approx(here, rel=0, abs=1e-12)


@pytest.fixture(scope="module")
def elsewhere(told: Registered, tmp_path_factory: pytest.TempPathFactory) -> Registered:
    """The store carried to another place."""
    store = tmp_path_factory.mktemp("elsewhere") / "store"
    shutil.copytree(told.store, store)
    mirror_live(told.live, store=store)
    return replace(told, store=store)


@pytest.mark.acceptance
def test_asked_by_alias_it_scores_the_same_in_a_clean_environment(
    told: Registered, elsewhere: Registered, clean_python: Path, tmp_path: Path
) -> None:
    asked = (elsewhere.artifact / "requirements.txt").read_text().split()
    assert sorted(asked) == sorted(requirements())
    assert not [one for one in asked if one.startswith("leadq")]
    before = hashes(told.store)
    where = {"MLFLOW_TRACKING_URI": store_uri(elsewhere.store)}
    found = run(clean_python, tmp_path / "empty", LOAD, "models:/leadq@champion", json.dumps(ROWS), **where)
    bundle = read_bundle(told.bundle)
    must_equal(found["answers"][0], told, pd.DataFrame(ROWS))
    must_equal(found["answers"][1], told, example_rows(bundle.catalogue, bundle.evidence))
    assert len(found["ours"]) == 1
    assert found["ours"][0].startswith("leadq_")
    assert found["heavy"] == []
    assert not list((tmp_path / "empty").iterdir())
    assert hashes(told.store) == before


def test_another_leadq_in_the_process_makes_no_difference(
    told: Registered, elsewhere: Registered, clean_python: Path, tmp_path: Path
) -> None:
    """Somebody's own, older leadq is installed there: the model neither uses nor disturbs it."""
    theirs = tmp_path / "theirs" / "leadq"
    (theirs / "models").mkdir(parents=True)
    (theirs / "__init__.py").write_text("__version__ = '0.0.1'\n")
    (theirs / "models" / "__init__.py").write_text(OTHER)
    script = f"import sys; sys.path.insert(0, {str(theirs.parent)!r}); import leadq\n{LOAD}assert leadq.__version__ == '0.0.1'\n"
    found = run(clean_python, tmp_path / "empty", script, str(elsewhere.artifact), json.dumps(ROWS))
    must_equal(found["answers"][0], told, pd.DataFrame(ROWS))
    assert found["ours"][0] == "leadq"


def ask(port: int, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_it_answers_over_http_from_there(
    told: Registered, elsewhere: Registered, clean_python: Path, tmp_path: Path
) -> None:
    port = free_port()
    command = [
        str(clean_python),
        "-m",
        "mlflow",
        "models",
        "serve",
        "-m",
        str(elsewhere.artifact),
        "--env-manager",
        "local",
    ]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    environment = stripped(tmp_path) | {"PATH": f"{clean_python.parent}:/usr/bin:/bin"}  # as after `activate`
    with serving(command, tmp_path, environment, alive=f"http://127.0.0.1:{port}/ping"):
        first, second, _ = ask(port, {"dataframe_records": ROWS})["predictions"]
        example = ask(port, json.loads((elsewhere.artifact / "serving_input_example.json").read_text()))["predictions"]
    assert first["probability"] > second["probability"]
    assert first["model_version"] == told.version
    assert first["tier"] in {"T1", "T2", "T3"}
    log_odds = first["base"] + sum(first["contributions"].values())
    assert first["probability"] == pytest.approx(1 / (1 + exp(-log_odds)), abs=1e-6)
    assert len(example) == 3
