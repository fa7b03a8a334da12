"""``leadq init``: files and folders, questions at a terminal and without one, evidence that shows nobody, a first look at an old export."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import select
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from leadq.crm.config.leadq_yaml import read_config
from leadq.foundation.problems import InputError
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.params import read_settings

NOW = datetime(2026, 12, 1, tzinfo=UTC)
STAGES = ("Won", "Lost", "New")


def _export(path: Path, **more: object) -> Path:
    """Write 300 leads; ``more`` are columns of one value, or of several that take turns."""
    headings = ["Lead ID", "Created", "Closed", "Stage", *more]
    turns = [value if isinstance(value, tuple) else (value,) for value in more.values()]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(headings)
        for n in range(300):
            made, closed = (f"2026-0{1 + n // 60}-{1 + n % 28:02d}T0{hour}:00:00Z" for hour in (8, 9))
            own = [values[n % len(values)] for values in turns]
            writer.writerow([f"L{n}", made, "" if n % 3 == 2 else closed, STAGES[n % 3], *own])
    return path


def test_the_reference_stands_beside_the_proposal_and_old_files_are_kept(tmp_path: Path) -> None:
    told = init(tmp_path / "p", source=_export(tmp_path / "leads.csv"))
    assert {"leadq.yaml", "leadq.reference.yaml"} <= set(told.facts["written"])
    assert "Every key is shown" in (tmp_path / "p/leadq.reference.yaml").read_text(encoding="utf-8")
    (tmp_path / "p/leadq.yaml").write_text("mine", encoding="utf-8")
    again = init(tmp_path / "p", source=tmp_path / "leads.csv", ask=lambda _: pytest.fail("asked for nothing"))
    assert "leadq.yaml" in again.facts["kept"]
    assert (tmp_path / "p/leadq.yaml").read_text(encoding="utf-8") == "mine"
    assert "leadq.reference.yaml" not in init(tmp_path / "q").facts["written"]


def test_a_folder_is_its_tables_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    _export(export / "leads.csv", Company=tuple(f"Firm {n}" for n in range(30)))
    rows = "\n".join(f"Firm {n},Retail,{n}" for n in range(30))
    (export / "accounts.csv").write_text(f"Company Name,Industry,Employees\n{rows}\n", encoding="utf-8")
    (export / "colours.csv").write_text("a,b\nred,1\nblue,2\n", encoding="utf-8")
    (export / ".hidden.csv").write_text("a\n1\n", encoding="utf-8")
    told = init(tmp_path / "p", source=export)
    assert told.facts["files"] == {"accounts.csv": "accounts", "colours.csv": "none", "leads.csv": "leads"}
    assert "colours.csv: not taken" in told.words
    config = read_config(tmp_path / "p/leadq.yaml")
    assert config.sources is not None
    assert config.sources.accounts is not None
    read = (tmp_path / "p/dvc.yaml").read_text(encoding="utf-8")
    assert str(export / "accounts.csv") in read
    assert "colours" not in read
    assert yaml.safe_load(read)["stages"]["ingest"]["deps"][1:] == [
        str(export / one) for one in ("accounts.csv", "leads.csv")
    ]


def test_an_empty_folder_and_a_missing_file_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError) as stopped:
        init(tmp_path / "p", source=[tmp_path / "none", tmp_path / "gone.csv"])
    assert [problem.where for problem in stopped.value.problems] == [str(tmp_path / "none"), str(tmp_path / "gone.csv")]


def test_questions_are_told_with_every_line_where_nobody_is_there(tmp_path: Path) -> None:
    words = ("A", "B", "C")
    told = init(tmp_path / "p", source=_without_outcome(tmp_path, Topic=words, Newsletter=("yes", "no")))
    assert 'column: "Topic"  # Topic: A (100), B (100), C (100)' in told.words
    assert 'column: "Newsletter"' not in told.words
    assert told.facts["questions"][0]["answers"] == ['column: "Topic"']


def _without_outcome(folder: Path, **more: object) -> Path:
    path = _export(folder / "leads.csv", **more)
    with path.open(encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([[*row[:3], *row[4:]] for row in rows])
    return path


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        (["1", "1", "2"], {"won": ["A"], "lost": ["B"], "open": ["C"]}),
        (["9", "x", "1", "1", "2,3"], {"won": ["A"], "lost": ["B", "C"]}),  # what is no answer is asked again
        (["", ""], None),
        ([], None),  # the terminal is gone
    ],
)
def test_a_person_answers_or_leaves_it(tmp_path: Path, typed: list[str], outcome: dict[str, list[str]] | None) -> None:
    lines = iter(typed)
    shown: list[str] = []

    def ask(text: str) -> str | None:
        shown.append(text)
        return next(lines, None)

    init(tmp_path / "p", source=_without_outcome(tmp_path, Topic=("A", "B", "C")), ask=ask)
    document = yaml.safe_load((tmp_path / "p/leadq.yaml").read_text(encoding="utf-8"))["outcome"]
    assert "Which column says who was won" in shown[0]
    if outcome is None:
        assert document["column"].startswith("(name the column")
    else:
        assert {key: document[key] for key in outcome} == outcome


def test_hostile_words_steer_neither_terminal_nor_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    source = _without_outcome(tmp_path, **{"Topic": ("A\x1b[2J", evil, "C"), f"{evil} name": "x"})
    shown: list[str] = []
    told = init(tmp_path / "p", source=source, ask=shown.append)
    assert "\x1b" not in "".join(shown)
    page = (tmp_path / "p/reports/init.html").read_text(encoding="utf-8")
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert "http" not in re.sub(r"http-equiv", "", page)
    assert "Topic" in told.words


def test_the_page_has_every_column_and_the_terminal_the_first(tmp_path: Path) -> None:
    wide = {f"Column {n:03d}": ("a", "b") for n in range(60)}
    told = init(tmp_path / "p", source=_export(tmp_path / "leads.csv", **wide))
    page = (tmp_path / "p/reports/init.html").read_text(encoding="utf-8")
    assert all(column in page for column in wide)
    assert "34 columns more" in told.words
    assert max(len(line) for line in told.words.splitlines() if line.startswith("  Column")) <= 130


def test_names_of_people_are_on_neither(tmp_path: Path) -> None:
    people = ("Anna Smith", "Peter Jones", "Maria Rossi")
    source = _export(
        tmp_path / "leads.csv", Owner=people, Contact=people, Notes=tuple(f"call {one} at once" for one in people)
    )
    told = init(tmp_path / "p", source=source)
    text = told.words + (tmp_path / "p/reports/init.html").read_text(encoding="utf-8") + json.dumps(told.facts)
    assert not [one for one in people if one in text]


def test_an_old_export_offers_its_own_moment_for_a_first_look(tmp_path: Path) -> None:
    told = init(tmp_path / "p", source=_export(tmp_path / "leads.csv"), now=NOW)
    assert "take the line of read_at in params.yaml" in told.words
    text = (tmp_path / "p/params.yaml").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("# read_at:"))
    pasted = re.sub(r"(?m)^read_at: null.*$", line.removeprefix("# "), text)
    (tmp_path / "p/params.yaml").write_text(pasted, encoding="utf-8")
    assert read_settings(tmp_path / "p/params.yaml").read_at == datetime(2026, 5, 29, tzinfo=UTC)


def test_a_fresh_export_needs_none(tmp_path: Path) -> None:
    told = init(tmp_path / "p", source=_export(tmp_path / "leads.csv"), now=datetime(2026, 5, 28, 12, tzinfo=UTC))
    assert "read_at" not in told.words
    assert "# read_at" not in (tmp_path / "p/params.yaml").read_text(encoding="utf-8")


def _at_a_terminal(*arguments: str, typed: str) -> str:
    """Run leadq where a person is, who types one line at the first question."""
    here, there = pty.openpty()
    command = [sys.executable, "-c", "from leadq.pipelines.cli.main import main; main()", *arguments]
    process = subprocess.Popen(command, stdin=there, stdout=there, stderr=there, close_fds=True)
    os.close(there)
    shown = b""
    while select.select([here], [], [], 60)[0]:
        try:
            part = os.read(here, 65_536)
        except OSError:
            break
        shown += part
        if not part:
            break
        if typed and shown.rstrip().endswith(b"leave it open:"):
            os.write(here, typed.encode())
            typed = ""
    process.wait(60)
    os.close(here)
    return shown.decode()


@pytest.mark.integration
def test_leadq_asks_at_a_terminal_and_yes_takes_the_proposal(tmp_path: Path) -> None:
    source = str(_without_outcome(tmp_path, Sold=("yes", "no", "no"), Created2=STAGES[2]))
    asked = _at_a_terminal("init", str(tmp_path / "p"), "--from", str(_doubtful(tmp_path)), typed="2\n")
    assert "day or month?" in asked
    read = yaml.safe_load((tmp_path / "p/leadq.yaml").read_text(encoding="utf-8"))["sources"]["leads"]["read"]
    assert read["Last Call"] == "%m/%d/%Y"
    quiet = _at_a_terminal("init", str(tmp_path / "q"), "--from", source, "--yes", typed="")
    assert "leave it open" not in quiet


def _doubtful(folder: Path) -> Path:
    return _export(
        folder / "doubtful.csv", **{"Last Call": tuple(f"0{1 + n % 9}/0{1 + n * 5 % 9}/2026" for n in range(9))}
    )
