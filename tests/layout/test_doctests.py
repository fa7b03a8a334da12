"""Examples in docstrings are run: an example that is wrong teaches what does not hold."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDS_A_BUNDLE = "leadq.models.bundle.frame_scorer"
"""Run beside its own tests, which have one."""


def _modules_with_examples() -> list[str]:
    rooms = [path for path in (ROOT / "leadq").iterdir() if path.is_dir()]
    files = [ROOT / "leadq" / "__init__.py", *(file for room in sorted(rooms) for file in sorted(room.rglob("*.py")))]
    with_examples = [file for file in files if "\n>>> " in (text := file.read_text("utf-8")) or "    >>> " in text]
    dotted = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in with_examples]
    return [name.removesuffix(".__init__") for name in dotted]


@pytest.mark.parametrize("name", [name for name in _modules_with_examples() if name != NEEDS_A_BUNDLE])
def test_the_examples_of_a_module_hold(name: str) -> None:
    tried = doctest.testmod(import_module(name))
    assert tried.attempted > 0
    assert tried.failed == 0


def test_examples_are_found() -> None:
    assert {"leadq", "leadq.models.explainer.exact_shap", NEEDS_A_BUNDLE} <= set(_modules_with_examples())
