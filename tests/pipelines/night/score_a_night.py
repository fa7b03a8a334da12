"""Scores a project's night in many small parts, for a process that is killed between them."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import open_project
from leadq.serving.scoring.table import night_parts as parts

TOUCHES = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link")
"""What Python says of files before it happens (``sys.audit``): an instant to be killed at each."""


def score_a_night(folder: Path, now: datetime, part_rows: int, killed_at: int = 0) -> None:
    """Score the night, and leave the number of instants in ``folder/instants``; or die at instant ``killed_at`` of them.

    Instants count from the first time that the folder of parts is touched.
    """
    parts.PART_ROWS = part_rows
    store, seen = str(folder / "store"), 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event not in TOUCHES or not str(arguments[0]).startswith(store):
            return
        if seen or "/work/parts/" in str(arguments[0]):
            seen += 1
        if killed_at and seen == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    score(open_project(folder, environment={}, now=now), silent)
    (folder / "instants").write_text(str(seen))
