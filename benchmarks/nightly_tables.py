"""The figures of nights as Markdown: a whole one, and scoring by number of leads, with what was asked of both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MANY, FEW = 10_000_000, 1_000_000
LEADS_PER_SECOND, WITH_SENTENCES = 70_000, 40_000
LINEAR, MEMORY_GROWTH, MOST_MB = 1.25, 1.2, 2_048
NIGHT_SECONDS = 240
WHOLE_NIGHT = """## A whole night

From a company's tables to a committed run: features as of tonight, scores, reasons, snapshot of what was known, score table; in one
process. A later night is compared with the one before it.

Made by `{command}`; medians of {rounds} rounds.
"""
HEADING = """## Scoring, by number of leads

Leads as Parquet in, the whole score table as Parquet out: score, tier, reasons with their values and their sentences, percentile; two
threads, each run in a process of its own. Leads are drawn feature by feature from a demo company's; the models are its champion, and
one of 300 trees with 31 leaves and depth 6 that learns the champion's probabilities.

Made by `{command}`; medians of {rounds} rounds.
"""
COLUMNS = {
    "rows_per_second": "leads per second",
    "wall_seconds": "seconds",
    "scoring_seconds": "of it scoring",
    "cpu_seconds": "of processor",
    "peak_mb": "peak MB",
    "bytes_per_row": "bytes a lead",
}


def read_nights(figures: Path) -> list[dict[str, Any]]:
    """Read what ``benchmarks.nightly`` wrote, in order of model and leads."""
    rows: list[dict[str, Any]] = json.loads(figures.read_text(encoding="utf-8"))
    return sorted(rows, key=lambda row: (row["model"] != "champion", row["model"], row["leads"]))


def nightly_part(figures: Path, *, command: str, picture: str) -> str:
    """Return the section.

    Parameters
    ----------
    figures : Path
        What ``benchmarks.nightly`` wrote.
    command : str
        By which it was made.
    picture : str
        Markdown of the picture.
    """
    rows = read_nights(figures)
    table = [("model", "leads", *COLUMNS.values())]
    table += [(row["model"], f"{row['leads']:,.0f}", *(f"{row[name]:,.0f}" for name in COLUMNS)) for row in rows]
    heading = HEADING.format(command=command, rounds=min(row["rounds"] for row in rows))
    claims = list(_claims({(row["model"], row["leads"]): row for row in rows}))
    parts = [heading, _table([("claim", "figure", "holds"), *claims])] if claims else [heading]
    return "\n".join([*parts, _table(table), picture])


def whole_night_part(figures: Path, *, command: str) -> str:
    """Return the section on a whole night, as ``benchmarks.whole_night`` wrote it."""
    nights: list[dict[str, Any]] = json.loads(figures.read_text(encoding="utf-8"))
    table = [("night", "leads", "scored", "events", "seconds", "of processor", "peak MB", "under 4 minutes")]
    for night in nights:
        names = ("night", "leads", "scored", "events", "wall_seconds", "cpu_seconds", "peak_mb")
        table.append((*(f"{night[name]:,.0f}" for name in names), _holds(night["wall_seconds"] < NIGHT_SECONDS)))
    return WHOLE_NIGHT.format(command=command, rounds=min(night["rounds"] for night in nights)) + "\n" + _table(table)


def _table(rows: list[tuple[str, ...]]) -> str:
    lines = [rows[0], ("---",) * len(rows[0]), *rows[1:]]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _claims(nights: dict[tuple[str, float], dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for (model, leads), many in nights.items():
        if leads != MANY:
            continue
        speed, memory = many["rows_per_second"], many["peak_mb"]
        for asked, what in ((LEADS_PER_SECOND, "codes and values"), (WITH_SENTENCES, "sentences too")):
            yield f"{model}: {asked:,} leads a second, {what}", f"{speed:,.0f}", _holds(speed >= asked)
        yield f"{model}: peak memory under 2 GB", f"{memory:,.0f} MB", _holds(memory < MOST_MB)
        few = nights.get((model, FEW))
        if few is not None:
            grown = memory / few["peak_mb"]
            yield (
                f"{model}: memory within 20 % of that at {FEW:,}",
                f"{grown:.2f} times",
                _holds(grown <= MEMORY_GROWTH),
            )
            slower = few["rows_per_second"] / speed
            yield (
                f"{model}: a lead's cost within 25 % of that at {FEW:,}",
                f"{slower:.2f} times",
                _holds(slower <= LINEAR),
            )


def _holds(it_does: bool) -> str:
    return "yes" if it_does else "**no**"
