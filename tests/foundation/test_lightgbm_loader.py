"""LightGBM has one door, and no thread that goes through it is heard."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("agreement", "benchmarks", "crm", "features", "foundation", "models", "pipelines", "serving")
DOOR = ROOT / "foundation" / "lightgbm_loader.py"
WITHOUT_LEADQ = ROOT / "benchmarks" / "explainer_worker.py"  # runs in the environments of other explainers
TALKATIVE = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from leadq.foundation.lightgbm_loader import load_lightgbm
lightgbm = {door}
rng = np.random.default_rng(0)
rows = rng.normal(size=(600, 6))
rows[:, 0], rows[:, 1] = 1.0, rng.integers(-3, 5, 600)  # constant; negative codes
def grow(booster):
    for _ in range(3):
        booster.update()
    lightgbm.Booster(model_str=booster.model_to_string()).predict(rows)
label = (rng.random(600) < 0.3).astype(float)
for verbosity in {verbosities}:
    told = {{"objective": "binary", "num_threads": 1, "min_data_in_leaf": 500, "verbosity": verbosity}}
    def table(_):
        return lightgbm.Dataset(rows, label, categorical_feature=[1], params=told).construct()
    with ThreadPoolExecutor(3) as pool:  # as folds do: made by one thread, grown by others
        boosters = [lightgbm.Booster(told, one) for one in pool.map(table, range(6))]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(grow, boosters))
    grow(boosters[0])
sys.stdout.write(boosters[0].model_to_string())
"""


def _said(*, door: str, verbosities: tuple[int, ...]) -> tuple[bytes, bytes]:
    script = TALKATIVE.format(door=door, verbosities=verbosities)
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    return ran.stdout, ran.stderr


def test_no_thread_is_heard_and_the_model_is_as_it_was() -> None:
    """Of all streams there comes only the model that the script writes, asked for words (1) or not (-1)."""
    out, err = _said(door="load_lightgbm()", verbosities=(1, -1))
    assert err == b""
    assert out.startswith(b"tree\n")
    assert b"[verbosity: -1]" in out
    assert b"[LightGBM]" not in out


def test_without_the_door_threads_are_heard() -> None:
    out, _ = _said(door="__import__('lightgbm')", verbosities=(-1,))
    assert b"[LightGBM] [Warning]" in out


def _imports(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if "lightgbm" not in text:  # to parse all of leadq takes seconds
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def test_nobody_else_imports_it() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    found = {path for path in files if any(name.split(".")[0] == "lightgbm" for name in _imports(path))}
    assert found == {DOOR, WITHOUT_LEADQ}, "use load_lightgbm(): a thread that goes past it prints on standard output"
