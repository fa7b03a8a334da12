"""Rows of the score table as CSV that no spreadsheet takes for formulas and that steers no terminal.

An id is written as it is or not at all, as ``crm/connectors/files/target.py`` does: one that a spreadsheet would run, or that holds
control signs, is told by name. All other texts are cleaned.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa

from leadq.crm.storage.spreadsheet_cells import may_run
from leadq.foundation.problems import MAX_EXAMPLES, Problem
from leadq.pipelines.scores.best_rows import ROWS
from leadq.serving.words.text import cell, clean, id_cell

_AT_ONCE = 2_000
_SENTENCES = 400
_REMEMBERED = 50_000
"""Texts that were cleaned: most stand in many rows."""


def csv_parts(rows: pa.Table) -> Iterator[str]:
    """Yield the heading and then the rows, some thousand at a time; rows whose id cannot be written are left out.

    Parameters
    ----------
    rows : Table
        As :func:`leadq.pipelines.scores.best_rows.best_rows` returns them.
    """
    yield _text([ROWS.names])
    for batch in rows.to_batches(max_chunksize=_AT_ONCE):
        yield _text(
            [
                [_cell(name, value) for name, value in row.items()]
                for row in batch.to_pylist()
                if can_be_written(row["lead_id"])
            ]
        )


def can_be_written(lead_id: str) -> bool:
    r"""Return whether an id may stand in a CSV file as it is.

    Examples
    --------
    >>> [can_be_written(one) for one in ("L-1", "-MxYz_1", "=HYPERLINK(A1)", "a\x1b[2J", "a\nb")]
    [True, True, False, False, False]
    """
    return not may_run(lead_id) and not any(unicodedata.category(sign) == "Cc" for sign in lead_id)


def left_out(rows: pa.Table) -> Problem | None:
    """Say which rows :func:`csv_parts` leaves out; None where it leaves out none."""
    ids: Sequence[str] = [one for one in rows["lead_id"].to_pylist() if not can_be_written(one)]
    if not ids:
        return None
    return Problem(
        where="CSV",
        rule="an id that a spreadsheet would run as a formula, or that holds control signs, is left out and never changed",
        value=_spelt(ids[0]) if len(ids) == 1 else "",
        remedy="Give the lead another id in the CRM, or read the score table itself (Parquet).",
        count=len(ids),
        examples=tuple(_spelt(one) for one in ids[:MAX_EXAMPLES]) if len(ids) > 1 else (),
    )


def _spelt(lead_id: str) -> str:
    r"""Return an id with signs that are not seen spelt out: ``a\x1b[2J``."""
    return clean(repr(lead_id)[1:-1], 80)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "lead_id":
        return str(value)
    if isinstance(value, str):
        return _of_account(value) if name == "account_id" else _of_text(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@lru_cache(maxsize=_REMEMBERED)
def _of_account(value: str) -> str:
    return id_cell(value)


@lru_cache(maxsize=_REMEMBERED)
def _of_text(value: str) -> str:
    return cell(value, _SENTENCES)


def _text(lines: list[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(lines)
    return written.getvalue()
