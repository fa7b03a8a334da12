"""Scores a project's night in a process of its own, in many small parts, so that it can be killed between them."""

import sys
from datetime import datetime
from pathlib import Path

from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import open_project
from leadq.serving.scoring.table import night_parts as parts

if __name__ == "__main__":
    folder, now, rows = sys.argv[1:]
    parts.PART_ROWS = int(rows)
    score(open_project(Path(folder), environment={}, now=datetime.fromisoformat(now)), silent)
