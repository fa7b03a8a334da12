"""Connectors of other packages: one that is broken is named with its package and stops nobody else; only named kinds are imported."""

from __future__ import annotations

import json
import os
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


USED = """class Broken:
    name, chunk_rows = "crm", 10
    def check(self, fields): 1 / 0
    skipped = step = read_back = check
class Acme("""
SET_UP = """    class setup_options(__import__("leadq.crm.connectors.connector", fromlist=["x"]).SetupOptions):
        {option}
    setup_help = "Help."
    def set_up(self, *given): ...
    def identity"""


def _code(*, more: str = "", opening: str = "...", **changed: str) -> str:
    """Return a module with a connector; ``changed`` replaces one text by another, given in pairs."""
    text = GOOD.format(more=more, opening=opening)
    for before, after in changed.values():  # type: ignore[misc]
        assert before in text
        text = text.replace(before, after)
    return text


TARGET = "from tests.serving.delivery.company import ScriptedTarget; return ScriptedTarget()"
IDENTITY = 'return "acme " + to.region'
BROKEN: dict[str, tuple[str, str]] = {
    "import": ("raise RuntimeError('no licence\\nfound')", "cannot be loaded (RuntimeError: no licence found)"),
    "import ends the process": ("import sys; sys.exit(0)", "cannot be loaded (SystemExit: 0)"),
    "import is cancelled": ("import asyncio; raise asyncio.CancelledError", "cannot be loaded (CancelledError"),
    "no such name": ("other = 1", "cannot be loaded (AttributeError"),
    "library": ("import acme_sdk", "cannot be loaded (ModuleNotFoundError: No module named 'acme_sdk')"),
    "no connector": ("CONNECTOR = 5", "must be a Connector of leadq, and is int"),
    "no settings": (_code(a=("settings = ", "other = ")), "must have settings"),
    "settings raise": (
        _code(
            a=("title, settings", "title, other"),
            b=("    def open", "    settings = property(lambda s: 1 / 0)\n    def open"),
        ),
        "cannot be loaded (ZeroDivisionError",
    ),
    "another kind": (_code(a=('Literal["acme"]', 'Literal["acme-crm"]')), 'kind: Literal["acme"]'),
    "any kind": (_code(a=('Literal["acme"]', "str")), 'kind: Literal["acme"]'),
    "no title": (_code(a=('"Acme", ToAcme', "5, ToAcme")), "must have a title"),
    "abstract": (_code(a=("def identity", "def who")), "cannot be loaded (TypeError"),
    "reading fails": (
        _code(more="def model_post_init(self, c): raise KeyError('x')"),
        "settings in leadq.yaml (KeyError)",
    ),
    "reading ends the process": (
        _code(more="def model_post_init(self, c): raise SystemExit(0)"),
        "settings in leadq.yaml (SystemExit)",
    ),
    "databases": (_code(more="databases_used = property(lambda s: None)"), "databases_used must return a tuple"),
    "databases raise": (_code(more="databases_used = property(lambda s: 1 / 0)"), "leadq.yaml (ZeroDivisionError)"),
    "opening fails": (_code(opening="raise RuntimeError('s3cret')"), "failed when the place was opened (RuntimeError;"),
    "opening ends the process": (_code(opening="raise SystemExit(0)"), "failed when the place was opened (SystemExit;"),
    "opening gives nothing": (_code(opening="return None"), "open_target must return what has check, skipped, step"),
    "no rows": (
        _code(opening=TARGET.replace("Target()", "Target(chunk_rows=0)").replace("import Scripted", "import Scripted")),
        "chunk_rows, at least 1",
    ),
    "identity": (
        _code(opening=TARGET, a=(IDENTITY, "return None")),
        "identity must say which place it is, and returned None",
    ),
    "identity fails": (
        _code(opening=TARGET, a=(IDENTITY, "return to.nobody")),
        "failed when it was asked which place it is",
    ),
    "names": (
        _code(opening=TARGET, a=("    def identity", "    def field_name(self, n): return 'x'\n    def identity")),
        "field_name must return a name of its own",
    ),
    "names fail": (
        _code(opening=TARGET, a=("    def identity", "    def field_name(self, n): return n[99]\n    def identity")),
        "failed when it named its fields (IndexError",
    ),
    "use fails": (
        _code(opening="return Broken()", a=("class Acme(", USED)),
        "failed while it was used (ZeroDivisionError",
    ),
    "use ends the process": (
        _code(opening="return Broken()", a=("class Acme(", USED.replace("1 / 0", "exit(0)"))),
        "failed while it was used (SystemExit",
    ),
    "set-up": (
        _code(a=("    def identity", "    setup_help, setup_options, set_up = 5, None, print\n    def identity")),
        "must have setup_help",
    ),
    "set-up options": (
        _code(a=("    def identity", SET_UP.format(option="project: str = ''"))),
        "setup option project must have a name of its own",
    ),
    "required option": (
        _code(a=("    def identity", SET_UP.format(option="n: str"))),
        "setup option n must be a bool, str",
    ),
    "option type": (
        _code(a=("    def identity", SET_UP.format(option="n: int = 1"))),
        "setup option n must be a bool, str",
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
    assert "acme_one 1.0" in problem
    assert "s3cret" not in json.dumps(told)
    assert "acme" not in CliRunner().invoke(app, ["crm", "setup", "--help"]).output


@pytest.mark.parametrize("fault", ["import", "reading fails", "opening fails", "use fails"])
def test_other_places_are_delivered_to_and_the_remedy_works(fault: str, install: Install, project: Path) -> None:
    """Whenever it breaks: when it is loaded, read, opened or used."""
    install("acme_one", BROKEN[fault][0])
    assert _deliver(project)[0] == 1
    assert _deliver(project, "--to", "out")[0] == 0
    with (project / "leadq.yaml").open("r+", encoding="utf-8") as handle:  # the remedy: its places are taken out
        text = handle.read().replace("crm: {kind: acme}, ", "")
        handle.seek(0)
        handle.write(text)
        handle.truncate()
    assert _deliver(project)[0] == 0


def test_a_kind_that_two_packages_bring_is_used_from_neither(install: Install, project: Path) -> None:
    for package in ("acme_one", "acme_two"):
        install(package, _code())
    exit_code, told = _deliver(project)
    assert (exit_code, told["targets"]["out"]["rows_by_state"]) == (1, {"ok": 3})
    assert "acme_one 1.0 and acme_two 1.0 both bring it" in told["problems"][0]


def test_a_kind_that_is_not_installed_is_refused_with_its_line(tmp_path: Path) -> None:
    init(tmp_path, source=None)
    path = tmp_path / "leadq.yaml"
    before = path.read_text(encoding="utf-8")
    line = before.count("\n") + 1
    for written, said in (
        (
            "{kind: hubsport}",
            f"line {line}: .*must be a kind that is installed, not 'hubsport'.*Did you mean hubspot.*pip install it",
        ),
        ("{folder: out}", f"line {line}: .*must have a kind.*Installed are files, hubspot"),
        ("{kind: [files]}", f"line {line}: .*must have a kind"),
        ("files", f"line {line}: .*must say what kind of target it is"),
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


def test_a_place_that_cannot_say_which_it_is_leaves_the_ledger_as_it_is(install: Install, project: Path) -> None:
    """Else a night in between would set aside all that was confirmed, and the next one deliver it anew."""
    target = (
        "from leadq.crm.connectors.files.target import FileTarget; from pathlib import Path; "
        f"return FileTarget(name=name, folder=Path({str(project / 'acme')!r}))"
    )
    answers = f"return (Path({str(project / 'said')!r}).read_text() or None)"
    install("acme_one", "from pathlib import Path\n" + _code(opening=target, a=(IDENTITY, answers)))
    planned = []
    for said in ("acme", "", "acme", "", "acme"):
        (project / "said").write_text(said, encoding="utf-8")
        _, told = _deliver(project, "--to", "crm") if said else (1, {})
        if not said:
            with pytest.raises(ConfigError, match="identity must say which place it is"):
                CliRunner().invoke(app, ["deliver", "--to", "crm", "-p", str(project)], catch_exceptions=False)
            continue
        planned.append(told["targets"]["crm"].get("repeated", False))
    assert planned == [False, True, True]


def test_what_a_connector_prints_is_not_in_the_answer(install: Install, project: Path) -> None:
    made = (
        "from leadq.crm.connectors.connector import SetupReport; "
        "return SetupReport(facts={'n': given[1].n}, words='')\n    def identity"
    )
    set_up = SET_UP.format(option="n: str = ''").replace("...\n    def identity", made)
    install("acme_one", "print('HELLO')\n" + _code(a=("    def identity", set_up)))
    command = [sys.executable, "-m", "leadq", "crm", "setup", "acme", "--n", "x", "-p", str(project), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(project.parent / "site-acme_one")}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=project.parent)
    assert json.loads(ran.stdout)["n"] == "x", ran.stdout + ran.stderr
