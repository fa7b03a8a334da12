"""A project like the one the pages speak of: made once out of the company all tests share, copied for each page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from leadq.models.bundle.bundle import keep_bundle
from leadq.models.fit.calibration import Calibrator
from leadq.models.live.live_models import models_folder, put_challenger
from leadq.models.live.live_models import promote as put_live
from leadq.pipelines.cli import main as cli
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import open_project
from tests.shared_company import CompanyCopy, live_bundle

DELIVER = """
deliver:
  crm: {kind: files, folder: delivered}
  warehouse: {kind: files, folder: in_the_warehouse}
"""
Leadq = Callable[[list[str]], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Template:
    """A project with two models that were live, a challenger, two nights, one of them delivered, and a changed agreement."""

    folder: Path
    names: dict[str, str]
    """What the pages call a thing, and what it is called here."""
    now: str

    def copied(self, folder: Path) -> Path:
        shutil.copytree(self.folder, folder)
        return folder


@pytest.fixture
def leadq(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Leadq:
    """Run the command line in this process; return its exit code and what it answered."""

    def run(arguments: list[str]) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["leadq", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), capsys.readouterr().out

    return run


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, company_copy: CompanyCopy) -> Iterator[Template]:
    folder = tmp_path_factory.mktemp("docs") / "company"
    project = company_copy(folder)
    with (folder / "leadq.yaml").open("a", encoding="utf-8") as config:
        config.write(DELIVER)
    project = open_project(folder, environment={}, now=project.now)
    store, bundle = project.store.folder, live_bundle(project)
    later, _ = keep_bundle(replace(bundle, trained={**bundle.trained, "weekly_flow": 40.0}), models_folder(store))
    put_live(later, store=store, now=project.now, because="a test", by="head of sales")
    score(project, silent, as_of=project.read_at - timedelta(days=1))
    run = score(project, silent).facts["run_id"]
    flatter = Calibrator(**{name: 0.4 * value for name, value in asdict(bundle.calibrator).items()})
    challenger, _ = keep_bundle(replace(bundle, calibrator=flatter), models_folder(store))
    put_challenger(challenger, store=store, now=project.now, why="trained")
    agreement = (folder / "agreement.yaml").read_text(encoding="utf-8")
    (folder / "agreement-v5.yaml").write_text(agreement.replace("version: 1", "version: 5", 1), encoding="utf-8")
    committed = project.store.committed(run)
    assert committed is not None
    scored = pq.read_table(project.store.table(committed.scores), columns=["lead_id", "status"]).to_pylist()
    names = {
        "L-0004711": next(row["lead_id"] for row in scored if row["status"] == "scored"),
        "3f2a9c81d07b": challenger,
        "VERSION": challenger,
        "2026-09-01T06:00:00Z": project.read_at.isoformat(),
        "2026-09-01": project.read_at.isoformat(),
        "2026-09-30T18:00Z": (project.read_at - timedelta(hours=6)).isoformat(),
        "2026-10-01T06:00:00Z": (project.read_at - timedelta(hours=6)).isoformat(),
        "my-leads": ".",
    }
    yield Template(folder, names, project.now.isoformat())
    shutil.rmtree(folder)
