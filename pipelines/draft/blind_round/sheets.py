"""The two sheets of a blind round and its key, as files: equal sheets that any spreadsheet opens, and which lead each key is.

A sheet that somebody has filled in is never written over.
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from leadq.foundation.atomic_files import new_file, write_text
from leadq.foundation.problems import InputError, Problem, UsageError
from leadq.foundation.yaml_tree import shortened
from leadq.pipelines.draft.blind_round.drawn_leads import BECAUSE, KEY, QUALIFIED, BlindRound, DrawnLead

ROUNDS = "blind-rounds"
SIDES = ("marketing", "sales")
_KEY_FILE = "round.json"
_NAME = re.compile("R[A-Z2-7]{6}")


def write_round(one: BlindRound, project_folder: Path) -> tuple[Path, ...]:
    """Write the sheets and the key; return the paths of the sheets.

    Raises
    ------
    UsageError
        A sheet of this round is there and was filled in; nothing was written.
    """
    folder = project_folder / ROUNDS / one.name
    text = sheet_text(one).encode("utf-8-sig")  # with the mark by which spreadsheets know UTF-8
    paths = tuple(folder / f"{side}.csv" for side in SIDES)
    for path in paths:
        if path.exists() and path.read_bytes() != text:
            remedy = "Hand in what is filled in with --compare, or draw other leads with another --seed."
            raise UsageError(Problem(where=str(path), rule="is there already and was filled in", remedy=remedy))
    for path in paths:
        with new_file(path) as partial:
            partial.write_bytes(text)
    write_text(folder / _KEY_FILE, json.dumps(_document(one), indent=1, sort_keys=True) + "\n")
    return paths


def sheet_text(one: BlindRound) -> str:
    """Return a sheet: a row a lead, what is shown of it, and two empty columns to fill in."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow([KEY, *one.headings, QUALIFIED, BECAUSE])
    rows.writerows([lead.key, *(lead.shown[heading] for heading in one.headings), "", ""] for lead in one.leads)
    return written.getvalue()


def read_round(name: str, project_folder: Path) -> BlindRound | None:
    """Return a round that was drawn in this project; None where there is none of this name.

    Raises
    ------
    InputError
        Its key is damaged.
    """
    path = project_folder / ROUNDS / name / _KEY_FILE
    if not _NAME.fullmatch(name) or not path.is_file():
        return None
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        headings = tuple(kept["headings"])
        return BlindRound(
            name=kept["name"],
            seed=kept["seed"],
            horizon_days=kept["horizon_days"],
            headings=headings,
            leads=tuple(
                DrawnLead(**{**lead, "shown": {heading: lead["shown"][heading] for heading in headings}})
                for lead in kept["leads"]
            ),
            left_out=tuple(kept["left_out"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        remedy = "Draw the round again with the same --seed and --leads, or restore the file from a backup."
        raise InputError(
            Problem(where=str(path), rule="must be the key of a round", value=shortened(str(error)), remedy=remedy)
        ) from error


def _document(one: BlindRound) -> dict[str, Any]:
    leads = [
        {"key": lead.key, "lead_id": lead.lead_id, "handed_over_us": lead.handed_over_us, "shown": lead.shown}
        for lead in one.leads
    ]
    return {
        "name": one.name,
        "seed": one.seed,
        "horizon_days": one.horizon_days,
        "headings": list(one.headings),
        "leads": leads,
        "left_out": list(one.left_out),
    }
