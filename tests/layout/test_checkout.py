"""The checkout: the order of its rooms, what is committed, what starts quickly and imports little."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import leadq
from leadq.pipelines.project.project import open_project
from tests.layout.house import ROOMS

ROOT = Path(__file__).parents[2]

_ADDRESS = re.compile(r"https?://[^\s\"'<>)]+")
_NO_NETWORK = re.compile(
    r"https?://(([\w-]+:[\w-]+|\*+)@)?((www\.w3|schemas\.openxmlformats)\.org/|127\.0\.0\.1|localhost|[\w.-]+\.example\b)"
)
"""Names of XML and of what spreadsheets are written in, this machine, and the domain reserved for examples."""
_REGISTRIES = re.compile(r"pypi\.org|pythonhosted|index-url|conda\.anaconda|npmjs", re.IGNORECASE)


PICTURES = ROOT / "docs" / "pictures"
"""Made by ``make pictures``."""


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: what is committed cannot be listed")
    files = [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    return [path for path in files if path.parent != PICTURES]


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_is_the_one_of_this_project(room: str) -> None:
    found = import_module(f"leadq.{room}").__file__
    assert found is not None
    assert Path(found).resolve() == ROOT / room / "__init__.py"


def test_rooms_import_downwards_only() -> None:
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_pictures_are_pictures() -> None:
    for path in PICTURES.iterdir():
        assert path.read_bytes().startswith(b"\x89PNG"), path


def test_only_text_is_committed_beside_pictures() -> None:
    for path in _tracked():
        content = path.read_bytes()
        assert b"\0" not in content, path
        content.decode("utf-8")


def test_no_address_no_registry_and_no_lock_file_is_committed() -> None:
    for path in _tracked():
        assert path.name not in {"uv.lock", "poetry.lock", "Pipfile.lock", "dvc.lock"}, path
        if path.name == "LICENSE" or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        addresses = [address for address in _ADDRESS.findall(text) if not _NO_NETWORK.match(address)]
        assert not addresses, f"{path}: {addresses[:3]}"
        assert not _REGISTRIES.search(text), path


def test_help_answers_at_once() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "leadq", "--help"], cwd=ROOT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert seconds < 0.5


def _imported(code: str) -> set[str]:
    printed = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(printed.stdout.split())


def _slow_to_start(modules: set[str]) -> set[str]:
    """Which modules ``leadq --help`` must not pay for: libraries of data, and all rooms but the lowest."""
    light = ("leadq.foundation", "leadq.pipelines.cli", "leadq.pipelines.console")
    rooms = {name for name in modules if name.startswith("leadq.") and name != "leadq.pipelines"}
    return {name for name in rooms if not name.startswith(light)} | modules & {
        "pyarrow",
        "numpy",
        "pandas",
        "yaml",
        "jinja2",
    }


def _training_stack(modules: set[str]) -> set[str]:
    return modules & {"shap", "great_expectations", "mlflow", "matplotlib", "sklearn", "dvc"}


def test_the_scorer_imports_nothing_of_the_training_stack() -> None:
    modules = _imported(
        "import leadq.pipelines.night.score, leadq.pipelines.explaining.explain, leadq.pipelines.delivery.deliver;"
        "import leadq.serving.scoring.score_batches, leadq.models.bundle.matrix_scorer, leadq.pipelines.desk"
    )
    assert "pyarrow" in modules
    assert _training_stack(modules) == set()
    assert _training_stack(_imported("import mlflow")) == {"mlflow"}  # the question can be answered otherwise


def test_the_command_line_imports_no_room() -> None:
    assert _slow_to_start(_imported("import leadq.pipelines.cli.main")) == set()
    late = _slow_to_start(_imported("import leadq.crm.contract.history"))
    assert {"pyarrow", "leadq.crm", "leadq.crm.contract.history"} <= late


def test_the_face_imports_nothing_until_it_is_asked() -> None:
    assert {name for name in _imported("import leadq") if name.startswith("leadq.")} == set()
    asked = _imported("import leadq\nleadq.read_agreement")
    assert "leadq.agreement.read" in asked
    assert "leadq.crm" not in asked
    for name in leadq.__all__:
        assert getattr(leadq, name) is not None
    with pytest.raises(AttributeError, match="it has Scorer, __version__, explain, read_agreement"):
        _ = leadq.scorer


@pytest.mark.parametrize(
    "command",
    [["--help"], ["models", "--json"], ["score", "--lead", "x", "--since", "2026-01-01T00:00Z"]],
    ids=" ".join,
)
def test_a_command_started_in_the_checkout_has_no_room_twice(command: list[str]) -> None:
    """There the bare names of the rooms can be imported too, as second modules with second classes."""
    code = (
        "import sys, leadq.pipelines.cli.main as cli\n"
        f"sys.argv = ['leadq', *{command!r}]\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        f"print('twice:', *(set(sys.modules) & set({ROOMS!r})), file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stderr.splitlines()[-1] == "twice:"


def test_the_repository_and_new_projects_share_their_stages() -> None:
    ours = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    theirs_text = (ROOT / "pipelines" / "getting_started" / "templates" / "dvc.yaml").read_text(encoding="utf-8")
    theirs = yaml.safe_load(theirs_text)["stages"]
    assert list(ours) == ["simulate", *theirs]
    del ours["simulate"]
    same = yaml.safe_dump(ours).replace("agreement/templates/agreement.yaml", "agreement.yaml")
    assert same == yaml.safe_dump(theirs)


def test_the_repository_is_a_project_itself() -> None:
    read_at = datetime(2026, 10, 1, tzinfo=UTC)
    project = open_project(ROOT, environment={}, now=read_at)
    assert project.read_at == read_at
    assert project.agreement.outcome.horizon_days == 90


def test_make_help_documents_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (\S+)", text, re.MULTILINE))
    documented = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert {"help", "demo", "test", "lint", "acceptance", "bench"} <= targets == documented
