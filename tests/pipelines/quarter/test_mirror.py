"""MLflow is told who is live wherever the environment says, and a server that is down changes nothing in the store."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from leadq.models.live.live_models import read_live
from leadq.models.registry.tracking import Tracking
from leadq.pipelines.console.progress import silent
from leadq.pipelines.project.project import open_project
from leadq.pipelines.quarter.promote import mirror, promote
from tests.shared_company import CompanyCopy, live_bundle, opened

DOWN = "http://127.0.0.1:1"


@pytest.mark.acceptance
def test_a_copied_project_is_mirrored_in_itself(company_copy: CompanyCopy, tmp_path: Path) -> None:
    project = company_copy(tmp_path / "project")
    version = live_bundle(project).version
    assert mirror(project, silent).facts["registered"] == [version]
    told = mirror(project, silent)
    assert told.facts["registered"] == []
    before = (project.store.folder / "mlflow.db").read_bytes()
    shutil.copytree(project.folder, tmp_path / "copy")
    copy = opened(tmp_path / "copy")
    told = mirror(copy, silent)
    assert told.facts["mlflow"] == str(copy.store.folder / "mlflow.db")
    assert (project.store.folder / "mlflow.db").read_bytes() == before


def test_a_promotion_stands_where_the_server_is_down(company_copy: CompanyCopy, tmp_path: Path) -> None:
    project = replace(company_copy(tmp_path / "project"), tracking=Tracking(tracking_uri=DOWN))
    version = live_bundle(project).version
    told = promote(project, version=version, because="a test", by="head of sales")
    assert "MLflow does not show it yet" in told.words
    assert "leadq mirror" in told.words
    champion = read_live(project.store.folder).champion
    assert champion is not None
    assert champion.version == version


def test_the_environment_says_where(company_copy: CompanyCopy, tmp_path: Path) -> None:
    project = company_copy(tmp_path / "project")
    assert project.tracking == Tracking()
    named = open_project(project.folder, environment={"MLFLOW_TRACKING_URI": DOWN}, now=project.now)
    assert named.tracking.runs(project.store.folder) == DOWN
