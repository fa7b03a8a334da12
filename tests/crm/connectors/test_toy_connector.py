"""A CRM of another package, installed beside leadq, passes the whole suite with no line of leadq changed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.feature_groups.plug_in_packages import install

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "tests" / "toy_connector"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package as pip does, into a folder of its own."""
    folder = tmp_path_factory.mktemp("beside-leadq")
    install(PACKAGE, folder)
    return folder


def _suite(installed: Path, folder: Path, marks: str) -> int:
    """Run the suite over the toy alone and return how many tests passed; nothing else may come of them."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    suite = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", marks]
    ran = subprocess.run(
        [*suite, "-k", "toycrm", "--basetemp", str(folder / "suite"), "tests/conformance/connectors"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert "skipped" not in ran.stdout
    return int(re.findall(r"(\d+) passed", ran.stdout)[0])


def test_it_passes_the_conformance_suite(installed: Path, tmp_path: Path) -> None:
    assert _suite(installed, tmp_path, "not acceptance and not integration") == 7


@pytest.mark.acceptance
def test_it_passes_under_random_kills(installed: Path, tmp_path: Path) -> None:
    assert _suite(installed, tmp_path, "integration and not acceptance") == 2
