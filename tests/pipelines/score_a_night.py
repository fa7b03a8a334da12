"""Scores a project's night in a process of its own, in many small parts, so that it can be killed between them."""

import sys
from datetime import datetime
from pathlib import Path

from pipelines.progress import silent
from pipelines.project import open_project
from pipelines.score import score
from serving.scoring import parts

if __name__ == "__main__":
    folder, now, rows = sys.argv[1:]
    parts.PART_ROWS = int(rows)
    score(open_project(Path(folder), environment={}, now=datetime.fromisoformat(now)), silent)
