"""The code that travels: whole, small, and under a name of its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import leadq
from leadq.models.registry.code_closure import renamed
from leadq.models.registry.model_artifact import INSTALLED, scoring_code
from tests.models.registry.conftest import stripped

DISTRIBUTIONS = {"yaml": "pyyaml", "scipy": "lightgbm"}
"""What brings an import name, where it is not called the same."""


def test_all_that_the_code_imports_is_asked_for() -> None:
    assert {DISTRIBUTIONS.get(name, name) for name in scoring_code().libraries} <= set(INSTALLED)


def test_no_import_of_leadq_is_left() -> None:
    code = scoring_code()
    for path, source in code.files.items():
        for node in ast.walk(ast.parse(source)):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] == "leadq"], path


def test_neither_training_nor_serving_nor_pipelines_travels() -> None:
    rooms = {path.partition("/")[0] for path in scoring_code().files}
    assert rooms == {"__init__.py", "agreement", "features", "foundation", "models"}
    assert not [path for path in scoring_code().files if "train_bundle" in path or "mlflow" in path]


def test_the_same_code_has_the_same_name_and_other_code_another(monkeypatch: pytest.MonkeyPatch) -> None:
    name = scoring_code().name
    assert name == scoring_code().name
    assert name.isidentifier()
    monkeypatch.setattr(leadq, "__version__", "9.9.9")
    assert scoring_code().name != name


@pytest.mark.parametrize("line", ["import leadq.models", "from leadq import explain"])
def test_what_cannot_be_renamed_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        renamed(f"# x\n{line}\n", "other")


def test_only_imports_are_renamed() -> None:
    source = "def f():\n    from leadq.models.registry.raw_scorer import (\n        RawScorer,\n    )\n"
    source += '    return RawScorer, "leadq.models"  # from leadq\n'
    assert renamed(source, "other") == source.replace("from leadq.", "from other.")


def test_every_module_of_it_imports_alone(tmp_path: Path) -> None:
    code = scoring_code()
    code.write(tmp_path)
    modules = [f"{code.name}.{path[:-3].replace('/', '.')}" for path in code.files if not path.endswith("__init__.py")]
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import importlib\nfor m in {modules!r}: importlib.import_module(m)\n"
    script += "print([m for m in sys.modules if m == 'leadq' or m.startswith('leadq.')])"
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=stripped(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "[]"
