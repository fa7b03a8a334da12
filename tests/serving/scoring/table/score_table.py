"""Batches written as a score table in one go, as tests have them: parts beside it, then the table."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from leadq.foundation.arrays import Floats
from leadq.serving.scoring.table.night_parts import keep_part, regrouped
from leadq.serving.scoring.table.score_table_file import finish_scores


def write_scores(batches: Iterable[pa.RecordBatch], path: Path, *, ranks_of: Floats | None = None) -> dict[str, Any]:
    """Write batches of any sizes; return what :func:`finish_scores` says."""
    folder = path.with_name(path.name + ".parts")
    parts: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, batch in enumerate(regrouped(batches)):
            parts.append(folder / f"{number:06d}.arrow")
            keep_part(batch, parts[-1])
        return finish_scores(parts, path, ranks_of=ranks_of)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
