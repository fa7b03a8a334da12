"""What is handed out: only ``leadq/`` in the wheel, no GPL code in the sdist, every imported library declared."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import leadq
from leadq.foundation.installed.extras import EXTRAS
from tests.layout.house import ROOMS, Checkout
from tests.packaging.conftest import ROOT, Distributions


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def _committed(*folders: str) -> set[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what is committed cannot be listed")
    return {name for name in Checkout(ROOT).files if name.split("/")[0] in folders}


def test_the_wheel_holds_leadq_only_and_all_of_it(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        names = set(wheel.namelist())
        typed = wheel.read("leadq/py.typed")
    assert {name.split("/")[0] for name in names} == {"leadq", f"leadq-{leadq.__version__}.dist-info"}
    assert typed == b""
    rooms = {f"leadq/{name}" for name in _committed(*ROOMS)}
    face = {"leadq/__init__.py", "leadq/__main__.py", "leadq/py.typed"}
    assert {name for name in names if name.startswith("leadq/")} == rooms | face


def test_the_sdist_builds_the_same_and_holds_no_gpl_code(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as sdist:
        members = {member.name.partition("/")[2]: member for member in sdist.getmembers()}
        texts = [sdist.extractfile(member).read() for member in members.values() if member.isfile()]  # type: ignore[union-attr]
    assert not any(member.issym() or member.islnk() for member in members.values())
    assert not any(name.startswith("tryton_module") for name in members)
    assert not any(re.search(rb"GNU (Lesser )?General Public Licen[cs]e", text) for text in texts)
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "hatch_build.py"} <= set(members)


def test_an_editable_install_holds_no_copy_of_the_rooms() -> None:
    site = Path(find_spec("pytest").origin).parents[1]  # type: ignore[union-attr, arg-type]
    assert not (site / "leadq").exists(), "copies there would be stale, and shadow the checkout or be shadowed by it"


def _imported_libraries() -> dict[str, str]:
    """Import name to the module of ours that imports it."""
    found: dict[str, str] = {}
    for name in sorted(_committed("leadq", *ROOMS)):
        if name.endswith(".py"):
            for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.setdefault(node.module.partition(".")[0], name)
                elif isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0]: name for alias in node.names}
    return {name: where for name, where in found.items() if name not in sys.stdlib_module_names and name != "leadq"}


def _names(requirements: list[str]) -> set[str]:
    return {_plain(re.split(r"[\[<>=~!;, ]", one, maxsplit=1)[0]) for one in requirements}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_imported_library_is_declared(project: dict[str, Any]) -> None:
    declared = _names(project["dependencies"]).union(
        *(_names(some) for extra, some in project["optional-dependencies"].items() if extra != "dev")
    )
    homes = packages_distributions()
    for name, where in _imported_libraries().items():
        homes_of = {_plain(home) for home in homes.get(name, [name])}
        assert homes_of & declared, (
            f"{where} imports {name} ({', '.join(homes_of)}), which pyproject.toml does not declare"
        )


def test_the_extras_bring_what_the_code_says_they_bring(project: dict[str, Any]) -> None:
    homes = packages_distributions()
    for extra, names in EXTRAS.items():
        if extra == "spark" and "pyspark" not in homes:
            continue  # make test does without its 450 MB
        brought = _names(project["optional-dependencies"][extra])
        for name in names:
            assert {_plain(home) for home in homes[name]} & brought, f"{extra} does not bring {name}"
    core = _names(project["dependencies"])
    assert not core & {"mlflow", "dvc", "great-expectations", "shap", "matplotlib", "scikit-learn"}


@pytest.mark.acceptance
@pytest.mark.parametrize("python", ["3.12", "3.13"])
def test_later_pythons_resolve_although_only_3_11_is_tested(python: str, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--python-version", python]
    extras = [word for extra in ("train", "postgres", "salesforce", "hubspot") for word in ("--extra", extra)]
    resolved = tmp_path / "resolved.txt"
    subprocess.run([*command, *extras, "-o", str(resolved), str(ROOT / "pyproject.toml")], check=True)
    assert re.search(r"^lightgbm==4\.", resolved.read_text(), re.MULTILINE)
