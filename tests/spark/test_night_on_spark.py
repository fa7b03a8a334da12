"""A whole night by ``leadq score``: with ``engine: spark`` the store holds the same files as with DuckDB."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.foundation.problems import UsageError
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.quarter.promote import promote
from leadq.pipelines.training.simulate import write_simulated
from leadq.pipelines.training.stages import train_all

pytestmark = pytest.mark.integration

pytest.importorskip("pyspark", reason="needs the extra spark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17", allow_module_level=True)

PARAMS = """\
fit: {grid_num_leaves: [3], learning_rate: 0.2, max_rounds: 40, early_stopping_rounds: 10, n_folds: 2, bootstrap_repeats: 20}
features: {ages_days: [0, 30]}
engine: {threads: 1}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("night") / "company"
    made = write_simulated(folder, CompanySettings(n_leads=2_000, base_rate=0.25, noise_fields=1, drift="none"), silent)
    (folder / "leadq.yaml").write_text(made.config_text)
    (folder / "params.yaml").write_text(f"read_at: {made.read_at.isoformat()}\n{PARAMS}")
    init(folder)
    opened = open_project(folder, environment={}, now=made.read_at)
    train_all(opened, silent)
    promote(opened, because="a test", by="head of sales")
    score(opened, silent, as_of=made.read_at - timedelta(days=1))
    yield opened
    shutil.rmtree(folder)


def on_spark(project: Project, folder: Path) -> Project:
    shutil.copytree(project.folder, folder)
    with (folder / "leadq.yaml").open("a") as config:
        config.write("\nengine: spark\nspark: {master: 'local[1]'}\n")
    return open_project(folder, environment={}, now=project.now)


@pytest.mark.acceptance  # a second Java; the parts of it are held together in test_spark.py
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # py4j leaves its sockets to the garbage collector
def test_the_store_holds_the_same_files(project: Project, tmp_path: Path) -> None:
    other = on_spark(project, tmp_path / "company")
    with pytest.raises(UsageError, match="duckdb"):
        score(other, silent, changed_only=True)
    nights = [score(one, silent) for one in (other, project)]
    assert nights[0].facts["run_id"] == nights[1].facts["run_id"]
    run = project.store.committed(nights[1].facts["run_id"])
    assert run is not None
    assert (other.store.folder / run.scores).read_bytes() == (project.store.folder / run.scores).read_bytes()
    assert (other.store.folder / run.snapshot).read_bytes() == (project.store.folder / run.snapshot).read_bytes()
    assert not list((other.store.work / "parts").glob("*"))
