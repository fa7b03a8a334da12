"""A small company's project in CSV files, trained once, and the command line that its user runs on a copy of it."""

from __future__ import annotations

import csv
import json
import math
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.agreement.template import template_text
from leadq.crm.contract.history import open_history
from leadq.crm.reading.history_files import hash_tables
from leadq.models.bundle.bundle import keep_bundle, read_bundle
from leadq.models.live.live_models import models_folder, promote
from leadq.pipelines.cli import main as cli
from leadq.pipelines.console.progress import silent
from leadq.pipelines.project.project import open_project
from leadq.pipelines.training.build import build
from leadq.pipelines.training.ingest import ingest
from leadq.pipelines.training.train import train
from tests.shared_company import MadeOnce

READ_AT = datetime(2026, 1, 5, tzinfo=UTC)
LEADS, ACCOUNTS = 400, 200
CONFIG = """store: store
agreement: agreement.yaml
sources:
  leads: {path: leads.csv}
  accounts: {path: accounts.csv}
  events: {path: events.csv}
outcome: {from: lead_columns, won: [won], lost: [lost]}
"""
PARAMS = """read_at: 2026-01-05T00:00:00Z
features: {ages_days: [0, 7]}
fit: {grid_num_leaves: [4], learning_rate: 0.15, max_rounds: 80, min_data_in_leaf: 10, n_folds: 3, bootstrap_repeats: 50}
"""
UNFINISHED = (".partial", ".old", ".unranked", "scratch")
"""What only a write that was not finished leaves behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said: exit code and all of its output."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersProject:
    """A project folder and the command line in it."""

    folder: Path
    leadq_main: Callable[..., Answer]

    def leadq(self, *arguments: str) -> Answer:
        """Run ``leadq ... --project FOLDER`` in this process."""
        answer = self.leadq_main(*arguments, "--project", str(self.folder))
        assert "Traceback" not in answer.text
        assert "unexpected error" not in answer.text
        return answer

    def edit(self, name: str, old: str, new: str, count: int = -1) -> None:
        """Replace a text in a file; it must be there."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, count), encoding="utf-8")

    def lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text(encoding="utf-8").splitlines()

    def write(self, name: str, lines: Sequence[str]) -> None:
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def kept(self) -> dict[str, bytes]:
        """Every file of the store and of the histories with its bytes; locks hold no data."""
        rooms = ("store", "work/history", "work/check/history")
        files = (path for room in rooms for path in sorted((self.folder / room).rglob("*")))
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in files
            if path.is_file() and path.name != "lock"
        }

    def unfinished(self) -> list[str]:
        return [str(path) for path in self.folder.rglob("*") if any(part in path.name for part in UNFINISHED)]

    def histories_are_whole(self) -> bool:
        """Whether every history opens and its tables are those that its manifest was written for."""
        folders = [path.parent for path in self.folder.rglob("history.json")]
        return bool(folders) and all(open_history(folder).sha256 == hash_tables(folder) for folder in folders)

    @property
    def live_bundle(self) -> Path:
        live = json.loads((self.folder / "store/models/live.json").read_text())
        return self.folder / "store/models" / str(live["champion"]["version"])

    def scores(self, answer: Answer) -> dict[str, dict[str, Any]]:
        """Rows of the score table that ``leadq score`` named, by lead."""
        line = next(line for line in answer.out.splitlines() if line.startswith("Score table: "))
        rows = pq.read_table(line.removeprefix("Score table: ")).to_pylist()
        return {str(row["lead_id"]): row for row in rows}


def write_company(folder: Path) -> None:
    """Write 400 leads of 200 accounts over a year, with events, as a user would have exported them."""
    chance = random.Random(11)
    accounts = [
        {
            "account_id": f"A{place:03d}",
            "industry": chance.choice(["software", "logistics", "retail"]),
            "employees": chance.choice([20, 60, 150, 400, 900, 3000]),
        }
        for place in range(ACCOUNTS)
    ]
    leads, events = [], []
    for place in range(LEADS):
        account = accounts[place * 7 % ACCOUNTS]
        created = READ_AT - timedelta(minutes=(LEADS - place) * 363 * 1440 // LEADS)
        source, country = chance.choice(["web", "fair", "partner"]), chance.choice(["DE", "FR", "NL"])
        budget = chance.randrange(1, 60) * 500
        fit = 3 * (account["industry"] == "software") + 2 * (150 <= int(account["employees"]) <= 900)
        logit = fit + 3 * (source == "partner") + 3 * (country == "DE") + 2 * (budget > 15_000) - 5.5
        won = chance.random() < 1 / (1 + math.exp(-logit))
        closed = created + timedelta(days=chance.uniform(8, 28) if won else chance.uniform(4, 30))
        leads.append(
            {
                "lead_id": f"L{place:04d}",
                "created_at": _iso(created),
                "closed_at": _iso(closed) if closed < READ_AT else "",
                "status": ("won" if won else "lost") if closed < READ_AT else "open",
                "account_id": account["account_id"],
                "source": source,
                "country": country,
                "budget_eur": budget,
            }
        )
        for day in range(4):
            moment = created + timedelta(days=day, hours=chance.uniform(1, 9))
            if chance.random() < 0.4 and moment < READ_AT:
                events.append(
                    {
                        "lead_id": f"L{place:04d}",
                        "occurred_at": _iso(moment),
                        "kind": chance.choice(["visit", "pricing"]),
                    }
                )
    for name, rows in (("accounts", accounts), ("leads", leads), ("events", events)):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def make_trained_company(folder: Path) -> None:
    """Make a project with a live model by the stages themselves, without MLflow and reports, which need most of the time."""
    folder.mkdir()
    write_company(folder)
    (folder / "leadq.yaml").write_text(CONFIG)
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "agreement.yaml").write_text(template_text().replace("horizon_days: 90", "horizon_days: 30"))
    project = open_project(folder, environment={}, now=READ_AT)
    ingest(project, silent)
    build(project, silent)
    train(project, silent)
    bundle = read_bundle(project.work / "bundle")
    assert bundle.kind == "booster"  # else nothing below shows anything about a model
    store = project.store.folder
    version, _ = keep_bundle(bundle, models_folder(store))
    promote(version, store=store, now=READ_AT, because="a test")


@pytest.fixture(scope="session")
def trained_company(once_a_run: MadeOnce) -> Path:
    return once_a_run("bad-input-company", make_trained_company)


@pytest.fixture
def leadq_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run the command line in this process, with the clock at the morning after the data was read."""

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr("sys.argv", ["leadq", *arguments])
        monkeypatch.setenv("LEADQ_NOW", "2026-01-05T06:00:00Z")
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return Answer(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture
def project(trained_company: Path, tmp_path: Path, leadq_main: Callable[..., Answer]) -> UsersProject:
    """A copy of the trained project, to be broken."""
    folder = tmp_path / "project"
    shutil.copytree(trained_company, folder)
    return UsersProject(folder=folder, leadq_main=leadq_main)
