"""Scores a project's night in many small parts, for a process that is killed between them."""

from datetime import datetime
from pathlib import Path

from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import open_project
from leadq.serving.scoring.table import night_parts as parts


def score_a_night(folder: Path, now: datetime, part_rows: int) -> None:
    parts.PART_ROWS = part_rows
    score(open_project(folder, environment={}, now=now), silent)
