"""Every command that README and docs show is one of ours as it is written, and runs, here or where ``elsewhere.py`` says."""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from docs_site.commands_reference import commands_below
from leadq.pipelines.cli.main import app
from tests.docs.blocks import ROOT, SHELL, Block, CommandLine, blocks, blocks_of, command_lines, pages
from tests.docs.conftest import Leadq, Template
from tests.docs.elsewhere import ELSEWHERE, Elsewhere

MAY_STOP = ("anchor", "promote")
"""Commands that a page shows to say that they can refuse (exit code 3): whether they do is a matter of the company."""
REFERENCE = "docs/commands.md"
ONCE = ("agreement", "explain", "models", "score", "scores")
"""Commands that leave the project as it was, and the night, which is there already: once is enough."""
SLOW = ("anchor", "check", "mirror", "preview")
"""Run by ``make acceptance``, once."""
HARMLESS = re.compile(r"(cd|export) ")
"""The folder and the environment are those of the test."""


def asked() -> list[Block]:
    return [block for block in blocks(*SHELL) if not is_output(block)]


def lines() -> list[CommandLine]:
    return [line for block in asked() for line in command_lines(block)]


def is_output(block: Block) -> bool:
    """What a program answered, not what was asked of it: no line of it begins with a program's name."""
    return block.language == "" and re.match(r"[\w.]+ line \d+", block.text) is not None


def run_elsewhere(line: CommandLine) -> Elsewhere | None:
    return next((one for one in ELSEWHERE if one.fits(line.page, line.text)), None)


def run_here(line: CommandLine) -> bool:
    return run_elsewhere(line) is None and line.words[0] == "leadq"


Story = tuple[CommandLine, ...]
"""Commands that run one after the other on one copy of the project."""


def stories() -> dict[str, Story]:
    """Return what runs here: each page in its order, and of the reference each block that no page has told."""
    found: dict[str, list[CommandLine]] = defaultdict(list)
    told: set[str] = set()
    for block in sorted(asked(), key=lambda one: one.page == REFERENCE):
        some = [line for line in command_lines(block) if run_here(line) and line.words[1] not in SLOW]
        if block.page == REFERENCE:
            found[str(block)] += some if not {meant(line) for line in some} <= told else []
        else:
            found[block.page] += [line for line in some if meant(line) not in told or line.words[1] not in ONCE]
        told |= {meant(line) for line in some}
    return {name: tuple(some) for name, some in found.items() if some}


def meant(line: CommandLine) -> str:
    """Return the command without what differs between pages only by the example's moment, version, reason or folder."""
    text = re.sub(r"\d{4}-\d{2}-\d{2}T[\d:]+Z", "MOMENT", line.text).replace("3f2a9c81d07b ", "VERSION ")
    return re.sub(r'--because "[^"]*"', "--because REASON", text).replace(" --project my-leads", "")


def slow() -> dict[str, CommandLine]:
    """Return the commands that take long, each once."""
    return {line.words[1]: line for line in lines() if run_here(line) and line.words[1] in SLOW}


@cache
def root() -> Any:
    """The command line as a whole, put together once."""
    return typer.main.get_command(app)


def parse(words: list[str]) -> None:
    """Read the words of a command as the command line does, without running it."""
    command = root()
    name = "leadq"
    while words and isinstance(command, TyperGroup) and words[0] in (below := dict(commands_below(command))):
        name, command, words = f"{name} {words[0]}", below[words[0]], words[1:]
    if "--help" in words:
        return
    assert name != "leadq" or words[0] == "--version", f"{words[0]} is no command"
    command.make_context(name, list(words))


def unclaimed(found: list[CommandLine]) -> list[str]:
    """Return the command lines that nobody runs: neither leadq's own nor said to be run elsewhere, nor a target of make."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    unknown = []
    for line in found:
        if HARMLESS.match(line.text) or run_elsewhere(line) or run_here(line):
            continue
        words = line.words
        if words[0] == "make" and len(words) > 1 and set(words[1:]) <= targets:
            continue
        unknown.append(str(line))
    return unknown


def test_every_command_line_is_run_here_or_said_to_be_run_elsewhere() -> None:
    assert unclaimed(lines()) == []
    text = "```\nleadq check\nfrobnicate --all\nmake nothing\n```\n"
    (block,) = blocks_of("docs/new.md", text)
    assert unclaimed(command_lines(block)) == ["docs/new.md:3 frobnicate --all", "docs/new.md:4 make nothing"]


@pytest.mark.parametrize("line", [line for line in lines() if line.words[0] == "leadq"], ids=str)
def test_every_command_of_leadq_is_one_as_it_is_written(line: CommandLine) -> None:
    parse(line.words[1:])


INCOMPLETE = ("Exit", "MissingParameter", "NoArgsIsHelpError", "BadOptionUsage")
"""What a sentence may leave out: ``leadq explain`` without its lead."""


def not_ours(text: str) -> list[str]:
    """Return the commands of leadq within sentences that the command line does not know."""
    found = []
    for inline in re.findall(r"`(leadq [^`]+)`", text):
        try:
            parse(shlex.split(inline)[1:])
        except Exception as refused:
            if type(refused).__name__ not in INCOMPLETE:
                found.append(inline)
    return found


def test_commands_within_sentences_are_ours() -> None:
    for page in pages():
        if page.name != "CHANGELOG.md" and page.parent.name != "decisions":  # these tell of their own time
            assert not_ours(page.read_text(encoding="utf-8")) == [], page
    assert not_ours("Run `leadq crm setup salesforce --fold x`.") == ["leadq crm setup salesforce --fold x"]
    assert not_ours("Run `leadq nightly`, then `leadq score --all` and `leadq explain`.") == [
        "leadq nightly",
        "leadq score --all",
    ]


@pytest.mark.parametrize(
    "wrong", ["nightly", "score --leads x", "shadow maybe", "crm history --from crm", "deliver --to"]
)
def test_a_command_that_is_none_is_found(wrong: str) -> None:
    with pytest.raises(Exception, match=r".+"):
        parse(wrong.split())


def test_what_is_run_elsewhere_is_there_and_needed() -> None:
    found = lines()
    for one in ELSEWHERE:
        path, _, function = one.where.partition("::")
        assert (ROOT / path).is_file(), one.where
        assert not function or f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), one.where
        assert any(run_elsewhere(line) is one for line in found), f"no page shows {one.pattern} any more"


LEAD = "lead_id,created_at,status\n1,2026-01-01,won\n2,2026-01-02,lost\n"
CONVERTED = {
    "Lead.csv": (
        "Id,CreatedDate,Status,ConvertedAccountId,ConvertedOpportunityId\n"
        "00Q1,2026-01-01T08:00:00Z,Converted,0011,0061\n00Q2,2026-01-02T08:00:00Z,Unqualified,,\n"
    ),
    "Account.csv": "Id,Industry,NumberOfEmployees\n0011,Software,120\n",
    "Opportunity.csv": "Id,AccountId,StageName,CloseDate,IsClosed,IsWon\n0061,0011,Closed Won,2026-02-01,true,true\n",
    "Task.csv": "Id,WhoId,ActivityDate,Type\n00T1,00Q1,2026-01-03,Call\n",
}


def exports(folder: Path) -> Path:
    """Make the exports that pages name: one file of leads, four of Salesforce, and both as folders."""
    for name, text in {
        "export.csv": LEAD,
        "export-folder/leads.csv": LEAD,
        **CONVERTED,
        **{f"salesforce-export/{name}": text for name, text in CONVERTED.items()},
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.integration
@pytest.mark.parametrize("story", stories().values(), ids=stories())
def test_the_commands_of_a_page_run(
    story: Story, template: Template, leadq: Leadq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = template.copied(tmp_path / "project")
    monkeypatch.setenv("LEADQ_NOW", template.now)
    for line in story:
        words, folder = [template.names.get(word, word) for word in line.words[1:]], project
        if words[0] == "init":
            words, folder = line.words[1:], exports(tmp_path / f"beside line {line.line}")
        monkeypatch.chdir(folder)
        if words[:2] == ["deliver", "restore"]:
            _, answer = leadq(["deliver", "--to", "warehouse", "--json"])
            words[2] = json.loads(answer)["targets"]["warehouse"]["run"]
        code, _ = leadq(words)
        assert code in ((0, 3) if words[0] in MAY_STOP else (0,)), f"{line}: exit code {code}"


@pytest.mark.acceptance
@pytest.mark.parametrize("line", slow().values(), ids=str)
def test_the_slow_commands_run(
    line: CommandLine, template: Template, leadq: Leadq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_the_commands_of_a_page_run((line,), template, leadq, tmp_path, monkeypatch)
