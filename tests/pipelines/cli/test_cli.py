"""The command line: exit codes, JSON, help, and no bare traceback for bad input."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
import typer

from leadq.agreement.read import read_agreement
from leadq.agreement.template import template_text
from leadq.foundation.problems import GateStopped, LeadqError, Problem, UsageError
from leadq.pipelines.cli import main as cli
from leadq.pipelines.console.failures import report

NOW = datetime(2026, 10, 1, tzinfo=UTC)
Leadq = Callable[..., tuple[int, str, str]]


@pytest.fixture
def leadq(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Leadq:
    """Run the command line in this process; return exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["leadq", *arguments])
        monkeypatch.setenv("LEADQ_NOW", "2026-10-01")
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run


GROUPS = typer.main.get_group(cli.app)
COMMANDS = tuple(name for name, one in GROUPS.commands.items() if not one.hidden and not hasattr(one, "commands"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(leadq: Leadq, command: str) -> None:
    code, out, _ = leadq(command, "--help")
    assert code == 0
    assert f"Example: leadq {command}" in out
    assert "--json" in out


def test_help_lists_the_commands_and_the_exit_codes(leadq: Leadq) -> None:
    code, out, _ = leadq("--help")
    assert code == 0
    assert all(f"  {command} " in out for command in COMMANDS)
    assert "3 stopped before anything was written" in " ".join(out.split())
    assert "stage" not in out.split("Commands:")[1].split("Exit codes")[0].split()


def test_wrong_usage_is_2(leadq: Leadq, tmp_path: Path) -> None:
    assert leadq("nonsense")[0] == 2
    assert leadq("score", "--unknown")[0] == 2
    code, _, err = leadq("score", "--as-of", "yesterday")
    assert code == 2
    assert "--as-of: must be a date or a time, got yesterday" in err


def test_a_folder_without_a_project_says_what_to_do(leadq: Leadq, tmp_path: Path) -> None:
    code, out, err = leadq("check", "--project", str(tmp_path))
    assert (code, out) == (1, "")
    assert "must contain a leadq.yaml" in err
    assert "leadq init" in err
    assert "Traceback" not in err


def test_json_failures_are_json_on_stdout(leadq: Leadq, tmp_path: Path) -> None:
    code, out, err = leadq("check", "--project", str(tmp_path), "--json")
    told = json.loads(out)
    assert (code, err) == (1, "")
    assert told["done"] is False
    assert told["exit_code"] == 1
    assert set(told["problems"][0]) == {"where", "rule", "value", "remedy", "count", "examples"}


def test_all_files_of_a_project_are_checked_at_once(leadq: Leadq, tmp_path: Path) -> None:
    (tmp_path / "leadq.yaml").write_text(
        "sources: {leads: {path: leads.csv}}\noutcome: {from: lead_columns, won: [x], lost: [y]}\n"
    )
    (tmp_path / "agreement.yaml").write_text(template_text().replace("version: 1", "version: zero"))
    (tmp_path / "params.yaml").write_text("sed: 1\n")
    code, _, err = leadq("train", "--project", str(tmp_path))
    assert code == 1
    assert "Did you mean seed?" in err
    assert "agreement.yaml line" in err


def test_init_writes_a_project_that_opens_and_keeps_what_is_there(leadq: Leadq, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    code, out, _ = leadq("init", str(folder), "--json")
    assert code == 0
    files = {"leadq.yaml", "agreement.yaml", "playbook.yaml", "params.yaml", "dvc.yaml", ".gitignore"}
    assert set(json.loads(out)["written"]) == files
    (folder / "params.yaml").write_text("seed: 3\n")
    code, out, _ = leadq("init", str(folder), "--json")
    assert json.loads(out)["written"] == []
    assert (folder / "params.yaml").read_text() == "seed: 3\n"
    code, _, err = leadq("check", "--project", str(folder))  # the template names files that are not there
    assert code == 1
    assert "leads.csv" in err


def test_words_of_the_company_are_checked_with_everything_else(leadq: Leadq, tmp_path: Path) -> None:
    assert leadq("init", str(tmp_path))[0] == 0
    config = (tmp_path / "leadq.yaml").read_text()
    (tmp_path / "leadq.yaml").write_text(config.replace("# sentences:", "sentences:"))
    sentences = resources.files("leadq.serving.words").joinpath("sentences.yaml").read_text(encoding="utf-8")
    (tmp_path / "sentences.yaml").write_text(
        sentences.replace("Active on {value} of", "Keen because active {value} of")
    )
    (tmp_path / "playbook.yaml").write_text(
        "version: 1\nowner: sales\nsteps:\n- {family: person, when: for, step: Grow.}\n"
    )
    (tmp_path / "params.yaml").write_text("sed: 1\n")
    code, _, err = leadq("check", "--project", str(tmp_path))
    assert code == 1
    assert "Did you mean seed?" in err
    assert "playbook.yaml line 4 steps, entry 1, family: must be a family that can change" in err
    assert re.search(
        r"sentences\.yaml line \d+ features, entry \d+ \(engagement_active_days_{days}d\), value: .*'because'", err
    )
    (tmp_path / "sentences.yaml").unlink()
    assert "sentences.yaml: must be a file that can be read" in leadq("check", "--project", str(tmp_path))[2]


def test_the_agreement_is_shown_in_words_and_as_data(leadq: Leadq, tmp_path: Path) -> None:
    assert leadq("init", str(tmp_path))[0] == 0
    code, words, _ = leadq("agreement", "--project", str(tmp_path))
    assert code == 0
    for line in (
        "- what counts as won: opportunity won",
        "- a win counts within: 90 days",
        "- promise: at least 30 % of the leads handed over are won",
        "- then: the lead is disqualified",
        "- rejects a lead for an agreed reason only: yes",
        "- unreachable",
    ):
        assert line in words.splitlines()
    code, out, err = leadq("agreement", "--project", str(tmp_path), "--json")
    told = json.loads(out)
    assert (code, err, told["done"]) == (0, "", True)
    agreed = read_agreement(tmp_path / "agreement.yaml")
    assert told["agreement"]["sha256"] == agreed.sha256
    assert [tier["id"] for tier in told["agreement"]["tiers"]] == [tier.id for tier in agreed.tiers]
    assert told["agreement"]["tiers"][0]["promise"]["win_rate_at_least"] == 0.3
    assert set(told["agreement"]["duties"]) == {"marketing", "sales"}
    assert told["agreement"]["rules"][0]["disqualify"] is True
    assert "no_budget" in told["agreement"]["rejection_reasons"]


def test_the_agreement_is_signed_at_the_terminal(leadq: Leadq, tmp_path: Path) -> None:
    assert leadq("init", str(tmp_path))[0] == 0
    there = ("--project", str(tmp_path))
    unsigned = (tmp_path / "agreement.yaml").read_text(encoding="utf-8")
    assert "Agreement version 1: not signed (sign it with leadq agreement sign)" in leadq("agreement", *there)[1]
    code, out, err = leadq("agreement", "sign", "--role", "head of sales", "--on", "2099-01-01", *there)
    assert (code, out) == (2, "")
    assert "--on: must not be later than today" in err
    assert leadq("agreement", "sign", *there)[0] == 2
    assert (tmp_path / "agreement.yaml").read_text(encoding="utf-8") == unsigned
    code, out, _ = leadq("agreement", "sign", "--role", "head of sales", *there)
    assert (code, "signed by head of sales only" in out) == (0, True)
    code, out, _ = leadq("agreement", "sign", "--role", "head of marketing", *there, "--json")
    told = json.loads(out)
    assert [one["role"] for one in told["signed"]] == ["head of sales", "head of marketing"]
    assert {one["sha256"] for one in told["signed"]} == {told["signed_sha256"]}
    words = leadq("agreement", *there)[1]
    assert "not signed" not in words
    assert told["signed_sha256"] in words
    changed = (tmp_path / "agreement.yaml").read_text(encoding="utf-8").replace("T1_per_month: 80", "T1_per_month: 60")
    (tmp_path / "agreement.yaml").write_text(changed, encoding="utf-8")
    assert "changed since it was signed by head of sales" in leadq("agreement", *there)[1]


def test_a_draft_is_shown_without_a_project_and_what_is_wrong_with_it_is_said(leadq: Leadq, tmp_path: Path) -> None:
    draft = tmp_path / "agreement-v5.yaml"
    draft.write_text(template_text().replace("version: 1", "version: 5"))
    code, out, _ = leadq("agreement", str(draft))
    assert (code, out.splitlines()[0]) == (0, "# What sales and marketing agreed: version 5")
    draft.write_text(template_text().replace("version: 1", "version: zero"))
    code, out, err = leadq("agreement", str(draft))
    assert (code, out) == (1, "")
    assert "agreement-v5.yaml line" in err
    code, out, err = leadq("agreement", str(tmp_path / "absent.yaml"), "--json")
    assert (code, err, json.loads(out)["problems"][0]["where"]) == (1, "", str(tmp_path / "absent.yaml"))
    assert leadq("agreement", "--project", str(tmp_path))[0] == 1  # no leadq.yaml


def test_a_draft_that_is_only_in_the_project_is_named_from_where_you_are(
    leadq: Leadq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    assert leadq("init", str(project))[0] == 0
    (project / "a.yaml").write_text(template_text().replace("version: 1", "version: 5"))
    monkeypatch.chdir(tmp_path)
    for command in (("agreement", "a.yaml"), ("preview", "--agreement", "a.yaml")):
        code, _, err = leadq(*command, "--project", "project")
        assert code == 1
        assert "a.yaml: must be a file that can be read" in err
        assert "Name a file that is there; a relative path counts from the folder you are in" in err
        assert "leadq init" not in err
    code, out, _ = leadq("agreement", "project/a.yaml", "--project", "project")
    assert (code, out.splitlines()[0]) == (0, "# What sales and marketing agreed: version 5")
    assert "a.yaml: must be a file" not in leadq("preview", "--agreement", "project/a.yaml", "--project", "project")[2]
    (project / "agreement.yaml").unlink()
    assert "Name the agreement's file in leadq.yaml, or run leadq init" in leadq("agreement", "--project", "project")[2]


def test_init_proposes_a_mapping(leadq: Leadq, tmp_path: Path) -> None:
    source = tmp_path / "export.csv"
    rows = [f"{row};2026-01-{row % 28 + 1:02d};2026-02-01;{('won', 'lost')[row % 2]};{row}" for row in range(1, 60)]
    source.write_text("\n".join(["id;created;closed;status;size", *rows]) + "\n")
    folder = tmp_path / "mine"
    assert leadq("init", str(folder), "--from", str(source))[0] == 0
    assert str(source) in (folder / "leadq.yaml").read_text()
    assert f"- {source} #" in (folder / "dvc.yaml").read_text()
    assert leadq("init", str(folder), "--from", str(tmp_path / "absent.csv"))[0] == 1


@pytest.mark.parametrize(
    ("error", "code", "heading"),
    [
        (
            GateStopped(Problem(where="leads", rule="must be many", remedy="Add some.")),
            3,
            "Stopped before anything was written",
        ),
        (UsageError(Problem(where="--as-of", rule="must be early", remedy="Be early.")), 2, "Wrong usage"),
        (LeadqError([Problem(where="a", rule="b", remedy="c")] * 2), 1, "Failed (2 problems)"),
        (
            OSError(28, "No space left on device", "/store/scores"),
            1,
            "/store/scores: must be readable and writable, got No space",
        ),
    ],
)
def test_each_kind_of_error_has_its_code(
    error: Exception, code: int, heading: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error, ["score"], now=NOW, debug=False) == code
    said = capsys.readouterr().err
    assert heading in said
    assert "Traceback" not in said


def test_the_unforeseen_gets_one_line_and_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    theirs = tmp_path / "theirs"
    theirs.write_text("mine\n")
    (tmp_path / f"leadq-{NOW:%Y%m%dT%H%M%S}.log").symlink_to(theirs)  # by somebody who guesses the name
    with pytest.raises(ZeroDivisionError) as raised:
        raise ZeroDivisionError("division by zero")
    assert report(raised.value, ["train"], now=NOW, debug=False) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero" in said
    assert "Traceback" not in said
    assert "what was finished before this is kept" in said
    (log,) = (path for path in tmp_path.glob("leadq-*.log") if not path.is_symlink())
    assert str(log) in said
    assert "Traceback" in log.read_text()
    assert (theirs.read_text(), log.stat().st_mode & 0o777) == ("mine\n", 0o600)


def test_debug_shows_the_traceback(leadq: Leadq, tmp_path: Path) -> None:
    code, _, err = leadq("check", "--project", str(tmp_path), "--debug")
    assert code == 1
    assert "Traceback" in err
