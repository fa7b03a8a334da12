"""Twenty-one kinds of bad input, as the user of the command line meets them.

Each says the object, the rule, the value and the remedy in one message, leaves with the exit code that README gives, and
leaves nothing half-written. Eighteen stand in one table; interrupted write, full disk and unseen categories have a
test of their own below, as do the few bad rows that are rejected and counted instead of stopping everything.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.bad_input.conftest import UsersProject

FAILED, STOPPED_BY_GATE, WITH_REJECTED_ROWS = 1, 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """One kind of bad input: how to make it, what the user runs, and what the message must name.

    ``reads``: the sources can be read, what is wrong shows afterwards; so the reading of that run stays, whole.
    """

    kind: str
    spoil: Callable[[UsersProject], object]
    command: str = "score"
    code: int = FAILED
    where: str
    rule: str
    value: str
    remedy: str
    reads: bool = False


def _first_leads(project: UsersProject, count: int) -> None:
    project.write("leads.csv", project.lines("leads.csv")[: count + 1])
    ids = {line[:5] for line in project.lines("leads.csv")}
    header, *events = project.lines("events.csv")
    project.write("events.csv", [header, *(line for line in events if line[:5] in ids)])


def _without_last_column(project: UsersProject, name: str) -> None:
    project.write(name, [line.rpartition(",")[0] for line in project.lines(name)])


def _words_for_numbers(project: UsersProject) -> None:
    header, *rows = project.lines("accounts.csv")
    project.write("accounts.csv", [header, *(f"{row.rpartition(',')[0]},many" for row in rows)])


def _bundle_of_next_version(project: UsersProject) -> None:
    manifest = project.live_bundle / "bundle.json"
    document = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**document, "bundle_version": document["bundle_version"] + 1}))


TABLE = (
    Bad(
        kind="missing file",
        spoil=lambda project: (project.folder / "events.csv").unlink(),
        where="events.csv",
        rule="must exist",
        value="",
        remedy="Fix the path in leadq.yaml",
    ),
    Bad(
        kind="empty file",
        spoil=lambda project: (project.folder / "accounts.csv").write_text(""),
        where="accounts.csv",
        rule="must not be empty",
        value="",
        remedy="Export it again with a header and rows",
    ),
    Bad(
        kind="missing column",
        spoil=lambda project: project.edit("leads.csv", "created_at", "created", 1),
        command="check",
        where="leads.csv",
        rule="the source of created_at must be a column of the file",
        value="got created_at",
        remedy="Did you mean created?",
    ),
    Bad(
        kind="wrong type",
        spoil=_words_for_numbers,
        where="accounts.csv column employees",
        rule="must be a number, but 100.0% of the values are not",
        value="row 2: 'many'",
        remedy="map words to numbers with values",
    ),
    Bad(
        kind="unparsable date",
        spoil=lambda project: project.edit("leads.csv", ",2025-03-", ",31.03.25 "),
        command="train",
        where="leads.csv column created_at",
        rule="created_at cannot be read as a time",
        value="'31.03.25 ",
        remedy="correct these where they come from",
    ),
    Bad(
        kind="naive time zone",
        spoil=lambda project: project.edit("events.csv", "Z,", ","),
        where="events.csv column occurred_at",
        rule="times must have a time zone",
        value="row 2: '2025-",
        remedy="Set time_zone in leadq.yaml",
    ),
    Bad(
        kind="duplicate id",
        spoil=lambda project: project.write(
            "leads.csv", [*project.lines("leads.csv"), project.lines("leads.csv")[5] + "0"]
        ),
        where="leads.csv column lead_id",
        rule="an id must be unique",
        value="'L0004' in rows 6, 402",
        remedy='own_fields: {refuse: {"budget_eur": ',
    ),
    Bad(
        kind="orphan rows",
        spoil=lambda project: project.write(
            "events.csv", [*project.lines("events.csv"), *["GONE,2025-02-01T00:00:00Z,visit"] * 30]
        ),
        where="events.csv column lead_id",
        rule="names no lead that is in leads",
        value="'GONE'",
        remedy="declare merged leads in lead_aliases",
    ),
    Bad(
        kind="unknown outcome value",
        spoil=lambda project: project.edit("leads.csv", ",lost,", ",losst,"),
        command="train",
        where="leads.csv",
        rule="an outcome must be named in leadq.yaml as won, lost or open",
        value="got 'losst'",
        remedy="Did you mean lost?",
    ),
    Bad(
        kind="all one class",
        spoil=lambda project: project.edit("leads.csv", ",won,", ",lost,"),
        command="train",
        code=STOPPED_BY_GATE,
        where="table outcomes column outcome",
        rule="must have at least 1 lead that is won",
        value="got 0",
        remedy="Check outcome: in leadq.yaml",
        reads=True,
    ),
    Bad(
        kind="too few wins",
        spoil=lambda project: project.edit("leads.csv", ",won,", ",lost,", 130),
        command="train",
        code=STOPPED_BY_GATE,
        where="history",
        rule="must have at least 60 won and 60 other leads whose horizon is over",
        value=" won and ",
        remedy="more wins are needed (in about",
        reads=True,
    ),
    Bad(
        kind="ten leads",
        spoil=lambda project: _first_leads(project, 10),
        command="check",
        code=STOPPED_BY_GATE,
        where="table leads",
        rule="must have at least 120 rows",
        value="got 10",
        remedy="Give a longer history",
        reads=True,
    ),
    Bad(
        kind="future dates",
        spoil=lambda project: project.edit("leads.csv", ",2025-03-", ",2031-03-"),
        where="leads.csv column created_at",
        rule="created_at lies after the data was read",
        value="'2031-03-",
        remedy="The data was read at 2026-01-05",
    ),
    Bad(
        kind="agreement with gaps",
        spoil=lambda project: project.edit(
            "agreement.yaml", "  - id: T3\n    label: Nurture\n    owner: marketing\n", ""
        ),
        where="agreement.yaml line 56",
        rule="the last tier takes all other leads, so it can promise nothing",
        value="T2",
        remedy="add a last tier without a promise",
    ),
    Bad(
        kind="overlapping or unordered tiers",
        spoil=lambda project: project.edit("agreement.yaml", "win_rate_at_least: 0.10", "win_rate_at_least: 0.40"),
        command="train",
        where="agreement.yaml line 56",
        rule="tier T2 must promise less than tier T1",
        value="got 0.4",
        remedy="Order the tiers best first",
    ),
    Bad(
        kind="unknown field in a rule",
        spoil=lambda project: project.edit("agreement.yaml", "field: email_domain", "field: email_domian"),
        code=STOPPED_BY_GATE,
        where="agreement.yaml line 71",
        rule="rule student: the field must be in the data",
        value="got email_domian",
        remedy="Did you mean email_domain?",
        reads=True,
    ),
    Bad(
        kind="bundle of another version",
        spoil=_bundle_of_next_version,
        where="bundle.json",
        rule="bundle version must be 1, 2 or 3",
        value="got 4",
        remedy="Train again with this version of leadq",
    ),
    Bad(
        kind="changed schema at scoring: a column is gone",
        spoil=lambda project: _without_last_column(project, "leads.csv"),
        code=STOPPED_BY_GATE,
        where="leads.csv column budget_eur",
        rule="must be a column of the file, as when the model was trained",
        value="no such column",
        remedy="train and promote a model on the sources as they are now",
        reads=True,
    ),
    Bad(
        kind="changed schema at scoring: a contract column is gone",
        spoil=lambda project: _without_last_column(project, "accounts.csv"),
        code=STOPPED_BY_GATE,
        where="accounts.csv column employees",
        rule="must be a column with values, as when the model was trained",
        value="no values",
        remedy="Change it back",
        reads=True,
    ),
    Bad(
        kind="changed schema at scoring: another type",
        spoil=lambda project: project.edit("leads.csv", "00\n", " hundred\n"),
        code=STOPPED_BY_GATE,
        where="leads.csv column budget_eur",
        rule="must be a number, as when the model was trained",
        value="got a category",
        remedy="fix the type: own_fields: {types: {budget_eur: number}}",
        reads=True,
    ),
    Bad(
        kind="changed schema at scoring: a table is gone",
        spoil=lambda project: project.edit("leadq.yaml", "  events: {path: events.csv}\n", ""),
        code=STOPPED_BY_GATE,
        where="events (no source in leadq.yaml)",
        rule="must have rows, as when the model was trained",
        value="got none",
        remedy="train and promote a model",
        reads=True,
    ),
)


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.kind)
def test_bad_input_is_told_and_leaves_nothing_behind(project: UsersProject, bad: Bad) -> None:
    bad.spoil(project)
    before = project.kept()
    answer = project.leadq(bad.command)
    assert answer.code == bad.code, answer.text
    messages = answer.text.replace("\n  - ", "\n- ").split("\n- ")
    told = [one for one in messages if all(part in one for part in (bad.where, bad.rule, bad.value, bad.remedy))]
    assert len(told) == 1, answer.text
    assert project.unfinished() == []
    if bad.reads:
        assert project.histories_are_whole()
        histories = ("store/work/history/", "work/history/", "work/check/history/")
        assert _without(project.kept(), histories) == _without(before, histories)
    else:
        assert project.kept() == before


def test_what_follows_from_a_fault_is_not_told_as_another(project: UsersProject) -> None:
    """Events of leads that were rejected for their dates are lost too, but nobody has to look at the events."""
    project.edit("leads.csv", ",2025-03-", ",2031-03-")
    answer = project.leadq("score")
    assert "leads.csv column created_at" in answer.err
    assert "events" not in answer.err


def _without(files: dict[str, bytes], folders: tuple[str, ...]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.startswith(folders)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Few:
    """A stray bad row: it is rejected and counted with its reason, and the rest is scored."""

    kind: str
    spoil: Callable[[UsersProject], object]
    table: str
    row: int
    reason: str


@pytest.mark.parametrize(
    "few",
    [
        Few(
            kind="unparsable date",
            spoil=lambda project: project.write(
                "leads.csv",
                [line.replace("Z,", "?,", 1) if line[:5] == "L0007" else line for line in project.lines("leads.csv")],
            ),
            table="leads",
            row=9,
            reason="created_at cannot be read as a time",
        ),
        Few(
            kind="orphan row",
            spoil=lambda project: project.write(
                "events.csv",
                [project.lines("events.csv")[0], "GONE,2025-02-01,visit", *project.lines("events.csv")[1:]],
            ),
            table="events",
            row=2,
            reason="lead_id names no lead that is in leads",
        ),
    ],
    ids=lambda few: few.kind,
)
def test_a_stray_bad_row_is_rejected_and_counted(project: UsersProject, few: Few) -> None:
    few.spoil(project)
    answer = project.leadq("score")
    assert answer.code == WITH_REJECTED_ROWS
    assert f"- {few.table}: {few.reason} (1)" in answer.out
    rejected = pq.read_table(project.folder / "store/work/history/rejected.parquet").to_pylist()
    assert (few.table, few.row, few.reason) in {(row["table"], row["row"], row["reason"]) for row in rejected}
    assert f"{len(rejected):,} source row" in answer.out
    assert {row["status"] for row in project.scores(answer).values()} == {"scored", "not_scored"}
    assert project.unfinished() == []


KILLED = """
import os, signal, sys
from pathlib import Path
from leadq.pipelines.cli.main import main
from leadq.pipelines.store import store
from leadq.serving.scoring.table import score_table_file as write

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv.pop(1) == "in the table":
    write.percentiles = die  # the unranked table is on the disk, the ranked one begun
else:
    store.Store.commit = die  # score table and snapshot are on the disk, the manifest is not
main()
"""


@pytest.mark.parametrize("moment", ["before the commit", pytest.param("in the table", marks=pytest.mark.acceptance)])
def test_interrupted_write(project: UsersProject, moment: str) -> None:
    """Killed at two moments of writing: nothing happened, and the next run does it whole and leaves no trace of the first."""
    before = project.kept()
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, moment, "score", "--project", str(project.folder)],
        env={**os.environ, "LEADQ_NOW": "2026-01-05T06:00:00Z"},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    left = project.kept()
    assert {name: left[name] for name in before} == before
    assert [name for name in left if name.startswith("store/runs/")] == []
    answer = project.leadq("score")
    assert answer.code == 0
    assert project.unfinished() == []
    runs, scores, snapshots = (
        {path.stem for path in (project.folder / "store" / room).rglob("*.*") if path.is_file()}
        for room in ("runs", "scores", "snapshots")
    )
    assert len(runs) == 1
    assert runs == scores == snapshots


@contextmanager
def _disk_with_room_for(size: int) -> Iterator[None]:
    """Make every write fail beyond ``size`` bytes of a file, by the system itself and whoever writes: a full disk's stand-in."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("size", "place"), [(1_000, "work/history"), (10_000, "work/history"), (16_000, "snapshots")])
def test_full_disk(project: UsersProject, size: int, place: str) -> None:
    """Full while the sources are read, while their tables are written, and while tonight's rows are kept."""
    before = project.kept()
    with _disk_with_room_for(size):
        answer = project.leadq("score")
    assert answer.code == FAILED, answer.text
    assert f"{project.folder / 'store' / place}" in answer.err
    assert "must be writable" in answer.err
    assert "File too large" in answer.err
    assert (
        "Free up disk space or fix the permissions, then run the command again; no file was half-written" in answer.err
    )
    assert project.unfinished() == []
    assert _without(project.kept(), ("store/work/",)) == _without(before, ("store/work/",))


def test_unseen_categories(project: UsersProject) -> None:
    """New words in the columns that the model uses are scored as "other"; nobody else's score moves."""
    night = project.scores(project.leadq("score"))
    scored = [lead for lead, row in night.items() if row["status"] == "scored"]
    changed = min(scored, key=lambda lead: abs(night[lead]["probability"] - 0.5))
    rows = project.lines("leads.csv")
    new = [",".join([*row.split(",")[:5], "a new portal", "BR", row.split(",")[7]]) for row in rows]
    project.write("leads.csv", [new[i] if row.startswith(changed) else row for i, row in enumerate(rows)])
    answer = project.leadq("score")
    assert answer.code == 0, answer.text
    again = project.scores(answer)
    known = [night[lead]["probability"] for lead in scored]
    row = again[changed]
    assert row["status"] == "scored"
    assert row["source"] == "a new portal"
    assert min(known) / 2 < row["probability"] < (1 + max(known)) / 2
    total = row["base"] + sum(part["contribution"] for part in row["contributions"])
    assert abs(total - np.log(row["probability"] / (1 - row["probability"]))) < 1e-6
    assert {again[lead]["probability"] == night[lead]["probability"] for lead in scored if lead != changed} == {True}
