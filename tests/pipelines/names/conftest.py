"""A small company whose export bears any headings, in any folder, and every command that its user runs on it, in this process."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from leadq.crm.reading.sources.column_headings import name_columns
from leadq.pipelines.cli import main as cli
from leadq.pipelines.desk import make_desk
from leadq.pipelines.project.project import open_project
from leadq.serving.desk.app import make_app
from tests.pipelines.names.hostile_names import READ_AT, STANDARD, Column, Export, write_export

PARAMS = """\
read_at: "2026-01-05T00:00:00Z"
features: {ages_days: [0, 7]}
fit: {grid_num_leaves: [4], learning_rate: 0.15, max_rounds: 60, min_data_in_leaf: 10, n_folds: 2, bootstrap_repeats: 30}
engine: {threads: 1}
"""
DONE, STOPPED, WITH_REJECTED_ROWS = 0, 3, 5


@dataclass(frozen=True, kw_only=True)
class NamedCompany:
    """A project in ``folder``, made from the export beside it."""

    folder: Path
    export: Export
    run: Callable[..., tuple[int, str]]

    @property
    def project(self) -> Path:
        return self.folder / "p"

    def leadq(self, *arguments: str, codes: Sequence[int] = (DONE,)) -> str:
        """Run a command; return what it said."""
        code, said = self.run(*arguments, "--project", str(self.project))
        assert code in codes, f"leadq {arguments[0]}: exit code {code}\n{said}"
        assert "Traceback" not in said
        return said

    def learn(self) -> None:
        """Everything from init to a live model."""
        self.run("init", str(self.project), "--from", str(self.export.path))
        (self.project / "params.yaml").write_text(PARAMS, encoding="utf-8")
        with (self.project / "leadq.yaml").open("a", encoding="utf-8") as file:
            file.write("deliver: {crm: {kind: files, folder: delivered}}\n")
        agreed = (
            (self.project / "agreement.yaml")
            .read_text(encoding="utf-8")
            .replace("horizon_days: 90", "horizon_days: 30")
        )
        (self.project / "agreement.yaml").write_text(agreed, encoding="utf-8")
        draft = re.sub(r"(?m)^version: 1\b", "version: 2", agreed)
        (self.project / "draft.yaml").write_text(draft, encoding="utf-8")
        self.leadq("check", codes=(WITH_REJECTED_ROWS,))
        self.leadq("train", codes=(WITH_REJECTED_ROWS,))
        self.leadq("promote", "--because", "a test")

    def score(self) -> dict[str, dict[str, Any]]:
        """Score tonight's leads; return the rows by lead."""
        said = self.leadq("score", codes=(WITH_REJECTED_ROWS,))
        line = next(line for line in said.splitlines() if line.startswith("Score table: "))
        return {row["lead_id"]: row for row in pq.read_table(line.removeprefix("Score table: ")).to_pylist()}

    def a_day_later(self) -> None:
        """Export again on the next morning."""
        write_export(self.export.path, [column.heading for column in self.export.columns], days_later=1)
        (self.project / "params.yaml").write_text(PARAMS.replace("2026-01-05", "2026-01-06"), encoding="utf-8")

    @property
    def columns(self) -> dict[str, Column]:
        """Own columns of the export by the names that reading gives them: one line, nothing invisible."""
        names = name_columns([*STANDARD, *(column.heading for column in self.export.columns)]).names[len(STANDARD) :]
        return dict(zip(names, self.export.columns, strict=True))

    def own_fields(self) -> dict[str, str]:
        """Fields of the history that the model may use, and their types."""
        document = json.loads((self.project / "work/history/history.json").read_text(encoding="utf-8"))
        return {one["name"]: one["type"] for one in document["own_fields"] if one["status"] == "used"}

    def desk_pages(self, lead_id: str) -> dict[str, str]:
        """What the desk answers: the list, a lead's card as page, file and text, and the list as CSV."""
        project = open_project(self.project, environment={}, now=READ_AT + timedelta(hours=6))
        app = make_app(
            make_desk(project, environment={}, local_name="a test", clock=lambda: project.now), secret="s" * 40
        )
        paths = ("/", f"/lead?id={quote(lead_id)}", f"/lead.html?id={quote(lead_id)}", "/leads.csv")
        return {path: asyncio.run(_get(app, path)) for path in paths}


async def _get(app: Any, path: str) -> str:
    address, _, query = path.partition("?")
    scope = {
        "type": "http", "method": "GET", "path": address, "raw_path": address.encode(), "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1")], "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 9),
        "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    status = next(message["status"] for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent).decode("utf-8")
    assert status == 200, f"{path}: {status}\n{body[:2000]}"
    return body


@pytest.fixture
def named_company(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., NamedCompany]:
    """Return a function that makes a company in a folder, whose export has own columns of these headings."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["leadq", *arguments])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    def make(folder: Path, headings: Sequence[str]) -> NamedCompany:
        monkeypatch.setenv("LEADQ_NOW", "2026-01-05T06:00:00Z")
        folder.mkdir(parents=True)
        return NamedCompany(folder=folder, export=write_export(folder / "export.csv", list(headings)), run=run)

    return make
