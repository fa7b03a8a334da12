"""A night killed at any instant and started again ends as if nothing had happened, byte for byte."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
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


def night(folder: Path, now: datetime, killed_at: int = 0) -> int:
    """Score a night in a process of its own, forked from one that has imported leadq; returns its exit code."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["tests.pipelines.night.score_a_night"])
    process = server.Process(target=score_a_night, args=(folder, now, PART_ROWS, killed_at))
    process.start()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


def at(folder: Path, now: datetime) -> datetime:
    """Return later where a night has begun: its own time stays the first one."""
    return now + timedelta(hours=2 * (folder / "store" / "work" / "started.json").exists())


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


@pytest.mark.integration
def test_killed_and_started_again_the_table_is_the_undisturbed_one(
    company: tuple[Path, datetime], tmp_path: Path
) -> None:
    made, now = company
    shutil.copytree(made, tmp_path / "undisturbed")
    assert night(tmp_path / "undisturbed", now) == 0
    instants = int((tmp_path / "undisturbed" / "instants").read_text())
    expected = results(tmp_path / "undisturbed")
    assert len(expected) == 4  # scores, moves, snapshot, manifest
    killed = tmp_path / "killed"
    shutil.copytree(made, killed)
    draw = np.random.default_rng(KILLS)
    taken_up = 0
    for kill in range(KILLS):
        dies = int(draw.integers(2, instants)) if kill else instants // 2
        code = night(killed, at(killed, now), dies)
        assert code == -signal.SIGKILL or results(killed) == expected
        if list((killed / "store" / "runs").glob("*.json")):  # it was over before that, or dying: begin another
            assert results(killed) == expected
            shutil.rmtree(killed)
            shutil.copytree(made, killed)
            continue
        taken_up += bool(list((killed / "store" / "work").glob("parts/*/*.arrow")))
    assert taken_up > 0, "no kill left a part; the test shows nothing"
    assert night(killed, at(killed, now)) == 0
    assert results(killed) == expected
    assert not list((killed / "store" / "work").glob("parts*"))
