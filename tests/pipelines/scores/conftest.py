"""A project with committed score tables made by hand: nothing is trained, and leads may be as hostile as a CRM allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.score_table import SCORES
from leadq.pipelines.cli import main as cli
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.store.run_manifest import Run, RunInputs, RunKind, sha256_of
from leadq.pipelines.store.store import Store

NIGHT = datetime(2026, 9, 30, tzinfo=UTC)
NOW = NIGHT + timedelta(days=1)
Leadq = Callable[..., tuple[int, str, str]]
ESCAPES = "\x1b[2J\x1b[31m"
HOSTILE = {
    "=HYPERLINK(A1)": "=cmd|'/c calc'!A1",
    f"L{ESCAPES}1": f"Acme{ESCAPES} Ltd",
    "L\n2": "Acme\nT1  99.9 %  forged",
    "L\r3\x9b0m": "=HYPERLINK(A1)",
    "-MxYz_1": "\u202edtL emcA",
}
"""Ids of leads and what their accounts are called, of which each would do harm somewhere."""


def lead(lead_id: str, tier: str | None = "T1", probability: float | None = 0.5, **given: Any) -> dict[str, Any]:
    """Return a row of the score table; a reason is given by its sentence."""
    reason = given.pop("reason", None)
    against = given.pop("against", None)
    scored = probability is not None
    row: dict[str, Any] = {
        **dict.fromkeys(SCORES.names),
        **{"lead_id": lead_id, "tier": tier, "probability": probability, "tier_by": "model" if tier else None},
        **{"status": "scored" if scored else "not_scored", "status_reason": None if scored else "too old"},
        "reasons_for": [{"sentence": reason}] if reason else [],
        "reasons_against": [{"sentence": against}] if against else [],
    }
    return {**row, **given}


def write_table(path: Path, rows: Sequence[dict[str, Any]], *, piece: int = 5_000) -> Path:
    """Write a score table in pieces of so many rows, in order of lead_id as scoring does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: row["lead_id"])
    pq.write_table(pa.Table.from_pylist(ordered, SCORES), path, row_group_size=piece, store_schema=False)
    return path


def commit_run(
    store: Store,
    rows: Sequence[dict[str, Any]],
    *,
    days: int = 0,
    kind: RunKind = "night",
    scope: str = "",
    version: str = "3f2a9c81d07b",
    committed: bool = True,
) -> Run:
    """Write a run's score table and commit it."""
    inputs = RunInputs(
        kind=kind,
        scope=scope,
        as_of=NIGHT + timedelta(days=days),
        history_sha256="h",
        bundle_version=version,
        agreement_version=1,
        agreement_sha256="a",
    )
    scores, snapshot = write_table(store.scores_path(inputs), rows), store.snapshot_path(inputs.run_id)
    snapshot.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"lead_id": pa.array([], pa.string())}), snapshot)
    counted = {
        name: dict(Counter(row[name] for row in rows if row[name])) for name in ("tier", "status", "status_reason")
    }
    run = Run(
        inputs=inputs,
        scored_at=inputs.as_of,
        scores=str(scores.relative_to(store.folder)),
        scores_sha256=sha256_of(scores),
        snapshot=str(snapshot.relative_to(store.folder)),
        snapshot_sha256=sha256_of(snapshot),
        counts={"rows": len(rows), "counts": counted},
    )
    if committed:
        store.commit(run)
    return run


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A project folder, and the command line on it in this process."""

    folder: Path
    run: Leadq
    runs: list[Run] = field(default_factory=list)

    @property
    def project(self) -> Project:
        return open_project(self.folder, environment={}, now=NOW)

    def night(self, *rows: dict[str, Any], **options: Any) -> None:
        """Commit a run over these leads."""
        self.runs.append(commit_run(self.project.store, rows, **options))

    def leadq(self, *arguments: str, code: int = 0) -> str:
        """Run a command that ends with ``code``; return what it said."""
        found, out, err = self.run(*arguments, "--project", str(self.folder))
        assert found == code, out + err
        return out + err


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scored:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["leadq", *arguments])
        monkeypatch.setenv("LEADQ_NOW", NOW.isoformat())
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    folder = tmp_path / "company"
    init(folder)
    return Scored(folder=folder, run=run)
