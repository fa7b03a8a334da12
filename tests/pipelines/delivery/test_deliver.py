"""``leadq deliver`` on a store: what is delivered, what it answers, its exit codes; and the section of ``leadq.yaml``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.connectors.files.target import FileTarget
from leadq.crm.connectors.protocol import TargetField
from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import ConfigError, GateStopped, TargetPausedError, UsageError
from leadq.pipelines.cli.main import app
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.store.run_manifest import Run, RunInputs, RunKind, sha256_of
from leadq.pipelines.store.store import Store
from tests.postgres_server import Postgres
from tests.serving.delivery.company import NIGHT, row, write_scores


@pytest.fixture
def project(tmp_path: Path) -> Path:
    init(tmp_path, source=None)
    text = (tmp_path / "leadq.yaml").read_text(encoding="utf-8")
    (tmp_path / "leadq.yaml").write_text(f"{text}\ndeliver: {{out: {{kind: files, folder: out}}}}\n", encoding="utf-8")
    champion(tmp_path)
    _commit(tmp_path, [row(f"L{lead:04d}", 0.5) for lead in range(30)])
    return tmp_path


def champion(folder: Path) -> None:
    standing = {"version": "m1", "when": NIGHT.isoformat(), "why": "", "by": ""}
    live = {"champion": standing, "challenger": None, "fallback": None, "previous": []}
    write_text(folder / "store" / "models" / "live.json", json.dumps(live))


def _commit(folder: Path, rows: list[dict[str, Any]], *, hours: int = 0, kind: RunKind = "night") -> Run:
    store = Store(folder=folder / "store")
    inputs = RunInputs(
        kind=kind,
        as_of=NIGHT + timedelta(hours=hours),
        history_sha256="h",
        bundle_version="m1",
        agreement_version=1,
        agreement_sha256="a",
    )
    scores = write_scores(store.scores_path(inputs), rows)
    name = str(scores.relative_to(store.folder))
    run = Run(inputs=inputs, scored_at=inputs.as_of, scores=name, scores_sha256=sha256_of(scores),
              snapshot=name, snapshot_sha256="")  # fmt: skip
    store.commit(run)
    return run


def _run(project: Path, *arguments: str) -> dict[str, Any]:
    ran = CliRunner().invoke(app, ["deliver", *arguments, "-p", str(project), "--json"])
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    facts: dict[str, Any] = json.loads(ran.stdout)
    return facts


def test_a_night_a_lead_and_the_way_back(project: Path) -> None:
    assert _run(project, "--dry-run")["targets"]["out"]["planned"] == 30
    assert not (project / "out").exists()
    first = _run(project)["targets"]["out"]
    assert (first["state"], first["rows_by_state"]) == ("done", {"ok": 30})
    assert _run(project)["targets"]["out"]["repeated"]
    _commit(project, [row("L0003", 0.9, tier="T1")], hours=6, kind="lead")
    lead = _run(project, "--lead", "L0003")["targets"]["out"]
    assert (lead["kind"], lead["rows_by_state"]) == ("lead", {"ok": 1})
    assert _run(project, "look")["differing"] == []
    assert _run(project, "restore", first["run"])["targets"]["out"]["rows_by_state"] == {"ok": 1}
    assert len(list((project / "out").glob("0*"))) == 3


def test_what_stops_it_leaves_nothing(project: Path) -> None:
    with pytest.raises(UsageError, match="must be a target"):
        _run(project, "--to", "nowhere")
    with pytest.raises(UsageError, match="must have a score of lead nobody"):
        _run(project, "--lead", "nobody")
    _run(project, "stop")
    with pytest.raises(TargetPausedError, match="switched off"):
        _run(project)
    _run(project, "start")
    _commit(project, [row("L0001"), row("L0001")], hours=24)
    with pytest.raises(GateStopped, match="must appear only once"):
        _run(project, "--force")
    live = project / "store" / "models" / "live.json"
    live.write_text(live.read_text(encoding="utf-8").replace("m1", "m2"), encoding="utf-8")
    with pytest.raises(GateStopped, match="live model"):
        _run(project)
    assert not list(project.glob("out/*"))


def test_a_refresh_a_clearing_and_a_plan_as_csv(project: Path) -> None:
    plan = project / "plan.csv"
    assert _run(project, "--dry-run", "--csv", str(plan))["targets"]["out"]["planned"] == 30
    assert len(plan.read_text().splitlines()) == 31
    first = _run(project)["targets"]["out"]
    assert first["read_back"]["looked_at"] == 30
    assert json.loads((project / "store" / "delivery" / f"{first['run']}.json").read_text())["state"] == "done"
    assert _run(project, "--full-refresh")["targets"]["out"]["rows_by_state"] == {"ok": 30}
    _commit(project, [row(f"L{lead:04d}", 0.5) for lead in range(28)], hours=24)
    assert _run(project, "--clear-unscored")["targets"]["out"]["rows_by_state"] == {"ok": 2}
    for options in (["--full-refresh", "--clear-unscored"], ["--lead", "L0001", "--full-refresh"], ["--csv", "x"]):
        with pytest.raises(UsageError):
            _run(project, *options)


def _targets(project: Path, section: str) -> None:
    path = project / "leadq.yaml"
    text = path.read_text(encoding="utf-8").partition("\ndeliver:")[0]
    path.write_text(f"{text}\ndeliver: {section}\n", encoding="utf-8")


def test_an_option_in_front_of_a_command_or_without_a_value_is_refused(project: Path) -> None:
    first = _run(project)["targets"]["out"]
    with pytest.raises(UsageError, match="--dry-run: must come after restore"):
        CliRunner().invoke(
            app,
            ["deliver", "--dry-run", "restore", first["run"], "--to", "out", "-p", str(project)],
            catch_exceptions=False,
        )
    for options in (["--to", ""], ["look", "--to", ""], ["restore", first["run"], "--to", ""]):
        with pytest.raises(UsageError, match=r"must be a target of leadq\.yaml, got nothing"):
            _run(project, *options)
    with pytest.raises(UsageError, match=r"must have a score of lead \(empty id\)"):
        _run(project, "--lead", "")
    with pytest.raises(UsageError, match="must not be given together"):
        _run(project, "--lead", "", "--full-refresh")
    assert len(list((project / "out").glob("0*"))) == 1


def test_what_nobody_foresaw_at_one_target_keeps_no_other_from_its_scores(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(project))
    check = FileTarget.check

    def torn(target: FileTarget, fields: Sequence[TargetField]) -> None:
        if target.name == "torn":
            raise ZeroDivisionError("nobody thought of it")
        check(target, fields)

    monkeypatch.setattr(FileTarget, "check", torn)
    _targets(project, "{torn: {kind: files, folder: torn}, out: {kind: files, folder: out}}")
    told = _run(project)
    assert (told["exit_code"], told["targets"]["out"]["rows_by_state"]) == (1, {"ok": 30})
    (log,) = project.glob("leadq-*.log")
    assert "nobody thought of it" in log.read_text()
    assert str(log) in told["problems"][0]


@pytest.mark.parametrize(("folder", "code"), [("out", 4), ("leadq.yaml", 1)])
def test_the_lowest_exit_code_counts(project: Path, folder: str, code: int) -> None:
    databases = "databases: {gone: {url: 'postgresql://u@127.0.0.1:9/leads'}}"
    away = "away: {kind: postgres, database: gone, table: t}"
    _targets(project, f"{{{away}, files: {{kind: files, folder: {folder}}}}}\n{databases}")
    assert _run(project)["exit_code"] == code


def test_another_folder_under_the_same_name_gets_every_score(project: Path) -> None:
    first = _run(project)["targets"]["out"]
    _targets(project, "{out: {kind: files, folder: elsewhere}}")
    told = _run(project)["targets"]["out"]
    assert (told["rows_by_state"], len(list((project / "elsewhere").glob("0*")))) == ({"ok": 30}, 1)
    assert str(project / "out") in told["anew"]
    with pytest.raises(UsageError, match="has no such delivery"):
        _run(project, "restore", first["run"])
    _targets(project, "{out: {kind: files, folder: out}}")
    assert _run(project)["targets"]["out"]["repeated"]


def test_a_table_that_was_dropped_gets_every_score(
    project: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE", postgres.url())
    section = "{warehouse: {kind: postgres, database: w, table: dropped_scores}}"
    _targets(project, f"{section}\ndatabases: {{w: {{url: '${{WAREHOUSE}}'}}}}")
    for change in ("DROP TABLE", "TRUNCATE", "DROP TABLE"):
        told = _run(project)["targets"]["warehouse"]
        assert told["rows_by_state"] == {"ok": 30}
        assert _run(project)["targets"]["warehouse"]["repeated"]
        assert postgres.run("SELECT count(*) FROM dropped_scores") == [(30,)]
        postgres.run(f"{change} dropped_scores")
    assert told["anew"] == "nothing that was delivered is there any more"


@pytest.mark.parametrize(
    ("section", "match"),
    [
        ("{out: {kind: files}}", "folder"),
        ("{out: {kind: fax, number: 1}}", "kind"),
        ("{out: {kind: files, folder: x, mode: w}}", "unknown key"),
        ("{../out: {kind: files, folder: x}}", "must be a name"),
        ("{out: {kind: postgres, database: nowhere, table: t}}", "must be named under databases"),
        ("{out: {kind: salesforce, domain: acme.my, consumer_key: k3y-itself, consumer_secret: s}}", "environment"),
    ],
)
def test_a_wrong_section_is_told_without_secrets(project: Path, section: str, match: str) -> None:
    path = project / "leadq.yaml"
    text = path.read_text(encoding="utf-8").replace("deliver: {out: {kind: files, folder: out}}", f"deliver: {section}")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=match) as stopped:
        read_config(path)
    assert "k3y" not in str(stopped.value)
