"""A night killed at any instant and started again ends as if nothing had happened, byte for byte."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import numpy as np
import pytest

from tests.pipelines.night.score_a_night import score_a_night
from tests.shared_company import CompanyCopy

KILLS = 20 if os.environ.get("LEADQ_ACCEPTANCE") == "1" else 1
PART_ROWS = 25


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, company_copy: CompanyCopy) -> Iterator[tuple[Path, datetime]]:
    """A trained project and the clock."""
    folder = tmp_path_factory.mktemp("killed") / "company"
    project = company_copy(folder)
    yield folder, project.now
    shutil.rmtree(folder)


def start(folder: Path, now: datetime) -> ForkServerProcess:
    """Start a night in a process of its own; what leadq imports has been imported in the process that it is forked from."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["tests.pipelines.night.score_a_night"])
    process = server.Process(target=score_a_night, args=(folder, now, PART_ROWS))
    process.start()
    return process


def finish(process: ForkServerProcess) -> None:
    process.join(60)
    assert process.exitcode == 0


def results(folder: Path) -> dict[str, bytes]:
    """All that a night leaves in the store."""
    store = folder / "store"
    rooms = ("scores", "moves", "snapshots", "runs")
    return {
        str(path.relative_to(store)): path.read_bytes()
        for room in rooms
        for path in sorted((store / room).rglob("*"))
        if path.is_file()
    }


def scoring_began(folder: Path, process: ForkServerProcess) -> None:
    while not list((folder / "store" / "work").glob("parts/*/*")) and process.is_alive():
        time.sleep(0.005)


@pytest.mark.integration
def test_killed_and_started_again_the_table_is_the_undisturbed_one(
    company: tuple[Path, datetime], tmp_path: Path
) -> None:
    made, now = company
    shutil.copytree(made, tmp_path / "undisturbed")
    process = start(tmp_path / "undisturbed", now)
    scoring_began(tmp_path / "undisturbed", process)
    began = time.monotonic()
    finish(process)
    lasts = time.monotonic() - began
    expected = results(tmp_path / "undisturbed")
    assert len(expected) == 4  # scores, moves, snapshot, manifest
    shutil.copytree(made, tmp_path / "killed")
    draw = np.random.default_rng(KILLS)
    taken_up = 0
    for _ in range(KILLS):
        later = (
            timedelta(minutes=5) if (tmp_path / "killed" / "store" / "work" / "started.json").exists() else timedelta()
        )
        process = start(tmp_path / "killed", now + later)  # the run's own time stays the first one
        scoring_began(tmp_path / "killed", process)
        time.sleep(float(draw.uniform(0, lasts)))
        process.kill()
        process.join()
        if results(tmp_path / "killed") == expected:  # it was faster this time: begin another
            shutil.rmtree(tmp_path / "killed")
            shutil.copytree(made, tmp_path / "killed")
        taken_up += bool(list((tmp_path / "killed" / "store" / "work").glob("parts/*/*.arrow")))
        assert not list((tmp_path / "killed" / "store" / "runs").glob("*.json"))
    assert taken_up > 0, "no kill left a part; the test shows nothing"
    finish(start(tmp_path / "killed", now + timedelta(hours=2)))
    assert results(tmp_path / "killed") == expected
    assert not list((tmp_path / "killed" / "store" / "work").glob("parts*"))
