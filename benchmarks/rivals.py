"""Other people's explainers, each in an environment of its own, made by uv in the cache folder when first needed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Who takes part.

    Parameters
    ----------
    key : str
        Its name in ``benchmarks.explainer_worker``.
    name : str
        Its name in the table.
    environment : str
        Folder of its environment; empty where it runs in ours.
    packages : tuple of str
        What is installed there beside LightGBM.
    batch_rows : int, optional
        Rows explained at a time where the contender is at its best with many.
    """

    key: str
    name: str
    environment: str = ""
    packages: tuple[str, ...] = ()
    batch_rows: int | None = None


OURS, OURS_SINGLE, PREDICT, CONTRIB = "float64", "float32", "predict", "pred_contrib"
CONTENDERS = (
    Contender(key=OURS, name="leadq, float64"),
    Contender(key=OURS_SINGLE, name="leadq, float32"),
    Contender(key=PREDICT, name="LightGBM predict (no reasons)"),
    Contender(key=CONTRIB, name="LightGBM pred_contrib"),
    Contender(key="shap", name="shap.TreeExplainer"),
    Contender(
        key="woodelf", name="woodelf", environment="woodelf", packages=("woodelf-explainer",), batch_rows=100_000
    ),
    Contender(
        key="fasttreeshap v1",
        name="fasttreeshap v1",
        environment="fasttreeshap",
        packages=("fasttreeshap", "numpy<2"),  # its wheel is made for numpy 1
    ),
    Contender(
        key="fasttreeshap v2",
        name="fasttreeshap v2",
        environment="fasttreeshap",
        packages=("fasttreeshap", "numpy<2"),
    ),
)


def python_of(contender: Contender, folder: Path) -> Path:
    """Return the Python that runs the contender; its environment is made where it is not there yet.

    Raises
    ------
    OSError
        It cannot be installed here; the message says why in one line.
    """
    if not contender.environment:
        return Path(sys.executable)
    home = folder / contender.environment
    python = home / "bin" / "python"
    done = home / "installed"
    if not done.exists():
        uv = [sys.executable, "-m", "uv", "--quiet"]
        _run([*uv, "venv", "--clear", "--python", sys.executable, str(home)])
        packages = [*contender.packages, f"lightgbm=={version('lightgbm')}"]
        _run([*uv, "pip", "install", "--python", str(python), *packages])
        done.touch()
    return python


def _run(command: list[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
        raise OSError(f"cannot be installed here: {said[0] if said else f'exit code {ended.returncode}'}")


def rival_versions(folder: Path) -> list[str]:
    """Name and version of every rival that has an environment of its own and could be installed."""
    found = []
    for packages, contender in {one.packages: one for one in CONTENDERS if one.packages}.items():
        name = packages[0]
        ask = f"from importlib.metadata import version; print(version({name!r}))"
        python = folder / contender.environment / "bin" / "python"
        told = (
            subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
            if python.exists()
            else None
        )
        found.append(f"{name} {told.stdout.strip()}" if told and not told.returncode else f"{name} (not installed)")
    return found
