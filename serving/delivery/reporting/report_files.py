"""What of a delivery lies beside the store: its report as text and JSON, and rows as CSV that no spreadsheet takes for formulas.

``delivery/<run>.txt``, ``.json`` and, where rows were not taken, ``<run>-not-delivered.csv``; each is written whole and again whenever
the run has gone on. They stay until somebody removes them: nothing reads them back.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from leadq.foundation.atomic_files import new_file, write_text
from leadq.foundation.problems import StoreError
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.ledger_records import DeliveryRun, PlannedRow
from leadq.serving.delivery.reporting.delivery_report import Report, report_of
from leadq.serving.words.text import cell, id_cell

KEY = "lead_id"
_LONGEST = 255
_NOT_DELIVERED = ("rejected", "dead")


def reported(folder: Path | None, ledger: Ledger, run: DeliveryRun) -> Report:
    """Return the report of a run, and write it down where there is a folder for it.

    A delivery is what it is, whether its report can be written or not: where it cannot, the report says so.

    Parameters
    ----------
    folder : Path or None
        Made where there is none.
    """
    report = report_of(ledger, run)
    if folder is None:
        return report
    try:
        return _written(folder, ledger, run, report)
    except (StoreError, OSError) as error:
        return replace(report, facts={**report.facts, "report_not_written": str(error)})


def _written(folder: Path, ledger: Ledger, run: DeliveryRun, report: Report) -> Report:
    path = folder / f"{run.run_id}-not-delivered.csv"
    if any(state in report.facts for state in _NOT_DELIVERED):
        header = (KEY, "state", "code", "text", "tries", *run.names)
        write_csv(path, header, ledger.rows_in(run.run_id, _NOT_DELIVERED))
        report = replace(report, facts={**report.facts, "not_delivered": str(path)})
    else:
        path.unlink(missing_ok=True)
    document = json.dumps({"target": run.target, **report.facts}, indent=1, sort_keys=True)
    write_text(folder / f"{run.run_id}.json", document + "\n")
    write_text(folder / f"{run.run_id}.txt", report.words + "\n")
    return report


def write_plan(path: Path, names: Sequence[str], rows: Iterable[PlannedRow]) -> None:
    """Write what would be sent.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    write_csv(path, (KEY, *names), ((row.lead_id, *json.loads(row.payload)) for row in rows))


def write_waiting(path: Path, ledger: Ledger, run: DeliveryRun) -> None:
    """Write what is left to be sent of a run that was begun."""
    waiting = ledger.rows_in(run.run_id, ("planned",))
    write_csv(path, (KEY, *run.names), ((lead_id, *values) for lead_id, _, _, _, _, *values in waiting))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, whole or not at all; texts are cleaned and never a formula. The first column is an id."""
    with new_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        for key, *values in rows:
            told = [cell(value, _LONGEST) if isinstance(value, str) else value for value in values]
            writer.writerow([id_cell(key, _LONGEST), *told])
