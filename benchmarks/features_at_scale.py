"""Features as of tonight at 100,000 and 1,000,000 open leads with 50 events each: CPU, wall, memory, and whether cost is linear.

    python -m benchmarks.features_at_scale [--open-leads 100000 1000000] [--rounds 3] [--write PATH]

Through the product's own stream (:func:`leadq.features.tonight.tonight`), every feature of a catalogue that a training on a smaller company
of the same kind has frozen, with the template's agreement; batches are dropped as they come. Each run has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.feature_rivals import peak_gigabytes
from benchmarks.large_company import write_large_company
from benchmarks.large_company_world import Size
from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.template import template_text
from leadq.crm.contract.history import open_history
from leadq.features.build_training_data import build_training_data
from leadq.features.catalogue import Catalogue
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.tonight import OpenLeads, tonight

OPEN_SHARE = 0.851
"""Of the leads of a large company."""
EVENTS_PER_OPEN_LEAD = 50
CATALOGUE_LEADS = 20_000
MEMORY_LIMIT = "1GB"
"""Of the engine; the process needs a little more."""
CATALOGUE = "catalogue.json"


def agreement() -> Agreement:
    """Return the template's agreement: two rules on fields and one on events."""
    return parse_agreement(template_text(), where="agreement.yaml")


def make_company(folder: Path, open_leads: int) -> None:
    """Write a company with about so many open leads."""
    size = Size(leads=round(open_leads / OPEN_SHARE), events=open_leads * EVENTS_PER_OPEN_LEAD)
    write_large_company(folder, size)


def freeze_catalogue(folder: Path) -> None:
    """Look at a smaller company at its landmarks, as a training does, and keep its catalogue."""
    small = folder / "small"
    make_company(small, round(CATALOGUE_LEADS * OPEN_SHARE))
    with open_engine(memory_limit=MEMORY_LIMIT, spill=folder / "spill") as backend:
        data = build_training_data(backend, open_history(small), agreement(), FeatureSettings())
    (folder / CATALOGUE).write_text(data.catalogue.to_json(), encoding="utf-8")


def run(folder: Path, company: str) -> dict[str, float]:
    """Stream tonight's leads to the end in this process; rows, seconds and peak gigabytes."""
    catalogue = Catalogue.from_json((folder / CATALOGUE).read_text(encoding="utf-8"))
    history = open_history(folder / company)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with open_engine(memory_limit=MEMORY_LIMIT, spill=folder / "spill") as backend:
        batches = tonight(
            backend, OpenLeads(history=history, agreement=agreement(), catalogue=catalogue, as_of=history.read_at)
        )
        rows = sum(batch.num_rows for batch in batches)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": rows,
        "features": len(catalogue.features),
        "events": history.counts["events"].used,
        "wall": time.perf_counter() - started,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak": peak_gigabytes(),
    }


def run_apart(folder: Path, company: str) -> dict[str, float]:
    """Run in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.features_at_scale", "--run", str(folder), company]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    measured: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured


def table(sizes: list[int], rounds: int) -> str:
    """Markdown section: a row a size, medians of the rounds."""
    with tempfile.TemporaryDirectory(prefix="features_at_scale_") as scratch:
        folder = Path(scratch)
        freeze_catalogue(folder)
        for size in sizes:
            make_company(folder / str(size), size)
        taken = [[run_apart(folder, str(size)) for size in sizes] for _ in range(rounds)]
    medians = [
        {what: statistics.median(one[place][what] for one in taken) for what in taken[0][place]}
        for place in range(len(sizes))
    ]
    lines = []
    for one in medians:
        per_lead = one["cpu"] / one["rows"] / (medians[0]["cpu"] / medians[0]["rows"])
        lines.append(
            f"| {one['rows']:,.0f} | {one['events']:,.0f} | {one['cpu']:.1f} | {one['wall']:.1f} | {one['peak']:.2f} | "
            f"{one['rows'] / one['cpu']:,.0f} | {per_lead:.2f} |\n"
        )
    return HEADING.format(features=int(medians[0]["features"]), rounds=rounds, limit=MEMORY_LIMIT) + "".join(lines)


HEADING = """## Features as of tonight, at scale

All {features} features, raw and encoded, rule hits and what is shown, streamed to the end. Medians of {rounds} runs, each in its own
process; engine limited to {limit}, two threads; peak memory of the whole process.

| open leads | events | CPU s | wall s | peak GB | leads per CPU s | CPU per lead, times the first row |
| --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    """Print the section; with ``--write`` write it to a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--open-leads", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--run", nargs=2, metavar=("FOLDER", "COMPANY"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        print(json.dumps(run(Path(chosen.run[0]), chosen.run[1])))
        return
    text = table(chosen.open_leads, chosen.rounds)
    print(text)
    if chosen.write:
        chosen.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
