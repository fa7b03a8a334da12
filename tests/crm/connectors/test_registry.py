"""Connectors of other packages: one that is broken is named with its package and stops nobody else; only named kinds are imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.connectors import registry
from leadq.foundation.problems import ConfigError
from leadq.pipelines.cli.main import app
from leadq.pipelines.getting_started.init import init
from tests.pipelines.delivery.test_deliver import _commit, champion
from tests.serving.delivery.company import row

Install = Callable[[str, str], None]
GOOD = """
from typing import Literal
from leadq.crm.connectors.connector import Connector, TargetSettings
class ToAcme(TargetSettings):
    kind: Literal["acme"]
    region: str = "eu"
    {more}
class Acme(Connector[ToAcme]):
    title, settings = "Acme", ToAcme
    def open_target(self, name, to, around):
        {opening}
    def identity(self, to, around, target):
        return "acme " + to.region
CONNECTOR = Acme()
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a package whose module is the kind ``acme``."""

    def forget() -> None:
        registry._offered.cache_clear()
        registry._loaded.cache_clear()

    def put(package: str, code: str) -> None:
        folder = tmp_path / f"site-{package}"
        told = folder / f"{package}-1.0.dist-info"
        told.mkdir(parents=True)
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        (told / "entry_points.txt").write_text(f"[leadq.connectors]\nacme = {package}:CONNECTOR\n", encoding="utf-8")
        (folder / f"{package}.py").write_text(code, encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        forget()

    yield put
    for name in ("acme_one", "acme_two"):
        sys.modules.pop(name, None)
    monkeypatch.undo()
    forget()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that delivers to a folder and to a place of the kind ``acme``, with a night to deliver."""
    folder = tmp_path / "project"
    init(folder, source=None)
    with (folder / "leadq.yaml").open("a", encoding="utf-8") as handle:
        handle.write("\ndeliver: {crm: {kind: acme}, out: {kind: files, folder: out}}\n")
    champion(folder)
    _commit(folder, [row(f"L{lead:04d}", 0.5) for lead in range(3)])
    return folder


def _deliver(project: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    ran = CliRunner().invoke(app, ["deliver", *arguments, "-p", str(project), "--json"])
    return ran.exit_code, json.loads(ran.stdout)


BROKEN = {
    "import": ("raise RuntimeError('no licence\\nfound')", "cannot be loaded (RuntimeError: no licence found)"),
    "exit": ("import sys; sys.exit('bye')", "cannot be loaded (SystemExit: bye)"),
    "no such name": ("other = 1", "cannot be loaded (AttributeError"),
    "library": ("import acme_sdk", "cannot be loaded (ModuleNotFoundError: No module named 'acme_sdk')"),
    "no connector": ("CONNECTOR = 5", "must be a Connector of leadq, and is int"),
    "no settings": (GOOD.replace("settings = ", "other = ").format(more="", opening="..."), "must have settings"),
    "abstract": (GOOD.replace("def identity", "def who").format(more="", opening="..."), "cannot be loaded (TypeError"),
    "settings fail": (
        GOOD.format(more="def model_post_init(self, c): raise KeyError('x')", opening="..."),
        "could not be read by its connector (KeyError)",
    ),
    "opening fails": (
        GOOD.format(more="", opening="return 1 / 0"),
        "failed when a place was opened (ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_connector_is_named_and_stops_nobody_else(fault: str, install: Install, project: Path) -> None:
    code, said = BROKEN[fault]
    install("acme_one", code)
    exit_code, told = _deliver(project)
    assert told["targets"]["out"]["rows_by_state"] == {"ok": 3}
    assert exit_code == 1
    (problem,) = told["problems"]
    assert said in problem
    assert "acme" in problem
    assert "acme_one 1.0" in problem or "settings" in fault
    assert _deliver(project, "--to", "out")[0] == 0
    with (project / "leadq.yaml").open("r+", encoding="utf-8") as handle:  # the remedy: its places are taken out
        text = handle.read().replace("crm: {kind: acme}, ", "")
        handle.seek(0)
        handle.write(text)
        handle.truncate()
    assert _deliver(project)[0] == 0


def test_a_kind_that_two_packages_bring_is_used_from_neither(install: Install, project: Path) -> None:
    for package in ("acme_one", "acme_two"):
        install(package, GOOD.format(more="", opening="..."))
    exit_code, told = _deliver(project)
    assert (exit_code, told["targets"]["out"]["rows_by_state"]) == (1, {"ok": 3})
    assert "acme_one 1.0 and acme_two 1.0 both bring it" in told["problems"][0]


def test_a_kind_that_is_not_installed_is_refused_with_its_line(tmp_path: Path) -> None:
    init(tmp_path, source=None)
    path = tmp_path / "leadq.yaml"
    before = path.read_text(encoding="utf-8")
    line = before.count("\n") + 1
    for written, said in (
        ("{kind: hubsport}", f"line {line}: .*must be a kind that is installed, not 'hubsport'.*Did you mean hubspot"),
        ("{folder: out}", f"line {line}: .*must say a kind .installed are files, hubspot"),
        ("{kind: [files]}", f"line {line}: .*must say a kind"),
        ("files", f"line {line}: .*must say what kind of place it is"),
        ("{kind: files, foldr: out}", f"line {line}: unknown key.*foldr.*Did you mean folder"),
        ("{kind: postgres, database: w, table: t}", f"line {line}: a database must be named under databases, got w"),
    ):
        path.write_text(f"{before}deliver: {{there: {written}}}\n", encoding="utf-8")
        with pytest.raises(ConfigError, match=said):
            read_config(path)


def test_only_the_kinds_that_are_named_are_imported(tmp_path: Path) -> None:
    init(tmp_path, source=None)
    path = tmp_path / "leadq.yaml"
    with path.open("a", encoding="utf-8") as handle:
        handle.write("deliver: {a: {kind: hubspot, access_token: '${T}'}, b: {kind: files, folder: o}}\n")
    code = (
        "import sys; from pathlib import Path; from leadq.crm.config.leadq_yaml import read_config; "
        f"read_config(Path({str(path)!r})); print([n for n in sorted(sys.modules) if n.startswith('leadq.crm.connectors.')"
        " or n in ('hubspot', 'simple_salesforce', 'psycopg')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "leadq.crm.connectors.hubspot.connector" in ran.stdout
    for other in ("salesforce", "tryton", "postgres", "'hubspot'", "psycopg", "hubspot.session"):
        assert other not in ran.stdout
