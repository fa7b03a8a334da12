"""How fast the desk answers over many leads, and how much memory it takes.

    python -m benchmarks.desk CACHE [--project demo] [--leads 100000] [--nights 14] [--write .bench/desk.md]

Nights are scored by the pipeline itself, over leads whose features are drawn one by one from a demo company's; a thousand of them are
answered. ``leadq desk`` then runs as its user starts it, in a process of its own, and is asked 20 times in turn for a list and for a
card, each a different one.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

import numpy as np
import pyarrow as pa

from benchmarks.nightly import AS_OF, champion_of, drawn, seen_tonight
from leadq.crm.answers.answer_log import ANSWERS, Answer, AnswerBook
from leadq.crm.contract.history import open_history
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.night_run import score_run
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.store.run_manifest import RunInputs
from leadq.serving.scoring.table.night_parts import PART_ROWS

ASKED = 20
LIST_MS, CARD_MS, MOST_MB = 300, 200, 500
HEADING = """## The desk

`leadq desk` over {leads:,} scored leads and {nights} past nights, asked in turn over HTTP for {asked} different lists (filters, searches,
orders, pages) and {asked} different cards. Leads are drawn feature by feature from a demo company's and scored by its champion.

Made by `{command}`.
"""
LISTS: tuple[dict[str, str], ...] = (
    {}, {"tier": "T1"}, {"tier": "T2", "page": "40"}, {"tier": "T3", "sort": "change"}, {"q": "lead00004"},
    {"owner": "rep-02"}, {"source": "webinar"}, {"changed": "up"}, {"changed": "down", "sort": "age"}, {"changed": "tier"},
    {"answered": "no"}, {"answered": "rejected"}, {"page": "1500"}, {"sort": "lead", "down": "1"}, {"sort": "owner"},
    {"sort": "source", "page": "7"}, {"q": "rep-1", "sort": "chance", "down": "1"}, {"q": "nobody"}, {"tier": "disqualified"},
    {"owner": "rep-05", "source": "referral", "answered": "no", "sort": "chance"},
)  # fmt: skip


def make_store(demo: Path, folder: Path, *, leads: int, nights: int) -> None:
    """Score nights of drawn leads in a copy of the demo project, once."""
    if (folder / "made").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    keep_out = shutil.ignore_patterns("source", "work", "reports", "runs", "scores", "moves", "snapshots", "mlflow*")
    shutil.copytree(demo, folder, ignore=keep_out)
    shutil.copytree(demo / "store" / "work" / "history", folder / "store" / "work" / "history")
    project = _project(folder)
    bundle = champion_of(project.store.folder)
    seen = seen_tonight(project.store.folder, bundle)
    for night in range(nights):
        _score(project, bundle, seen, leads=leads, night=night, nights=nights)
    book, rng = AnswerBook(project.store.folder / ANSWERS), random.Random(3)
    for number in rng.sample(range(leads), 1_000):
        decision: Any = rng.choice(["accepted", "rejected"])
        reason = "no_budget" if decision == "rejected" else None
        moment = AS_OF + timedelta(seconds=number)
        book.record(
            Answer(lead_id=f"lead{number:09d}", decided_at=moment, rep="bench", decision=decision, reason=reason)
        )
    (folder / "made").touch()


def _project(folder: Path) -> Project:
    return open_project(folder, environment=os.environ, now=AS_OF)


def _score(project: Project, bundle: Any, seen: pa.Table, *, leads: int, night: int, nights: int) -> None:
    as_of = AS_OF - timedelta(days=nights - 1 - night)
    inputs = RunInputs(
        kind="night",
        as_of=as_of,
        history_sha256=f"drawn, night {night}",
        bundle_version=bundle.version,
        agreement_version=project.agreement.version,
        agreement_sha256=project.agreement.sha256,
        previous_runs=tuple(run.run_id for run in project.store.before(as_of)),
    )

    def tonight(*_: object, **__: object) -> Iterator[pa.RecordBatch]:
        for start in range(0, leads, PART_ROWS):
            rows = drawn(seen, start, min(PART_ROWS, leads - start))
            yield from _aged(rows, start, nights - 1 - night).to_batches()

    history = open_history(project.store.work / "history")
    with patch("leadq.pipelines.night.night_run.tonight", tonight), project.store.writing("benchmark", as_of):
        score_run(replace(project, now=as_of), history, bundle, inputs, as_of, silent)


def _aged(rows: pa.Table, start: int, days_ago: int) -> pa.Table:
    """Return the leads as they were some nights ago: younger, and with one feature in twenty as another lead has it."""
    draw = np.random.default_rng([11, start, days_ago])
    columns = {name: rows[name] for name in rows.column_names}
    for name in rows.column_names:
        if name.startswith(("intent_", "engagement_")) and draw.random() < 0.05:
            columns[name] = rows[name].take(pa.array(draw.permutation(rows.num_rows)))
    columns["age_days"] = pa.array(np.maximum(np.round(rows["age_days"].to_numpy() - days_ago, 4), 0.0))
    return pa.table(columns).cast(rows.schema).combine_chunks()


def ask(address: str, paths: Sequence[str]) -> list[float]:
    """Ask for pages in turn; return milliseconds."""
    taken = []
    for path in paths:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        start = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        taken.append((time.perf_counter() - start) * 1000)
        if response.status != 200:
            raise SystemExit(f"{path}: {response.status}")
        connection.close()
    return taken


def megabytes(pid: int, name: str) -> float:
    """Memory of a process as the kernel counts it."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Make the store, ask, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--project", type=Path, default=Path("demo"))
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--nights", type=int, default=14)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    folder = given.cache / f"desk-{given.leads}-{given.nights}"
    given.cache.mkdir(parents=True, exist_ok=True)
    make_store(given.project, folder, leads=given.leads, nights=given.nights)
    command = [sys.executable, "-m", "leadq", "desk", "--project", str(folder), "--port", "0", "--json"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as desk:
        try:
            address = json.loads(desk.stdout.readline())["address"] if desk.stdout else ""
            ask(address, ["/lead?id=lead000000000"])  # tonight is read, a first card made
            ready = time.perf_counter() - started
            lists = ask(address, [f"/?{urlencode(query)}" for query in LISTS])
            numbers = random.Random(5).sample(range(given.leads), ASKED)
            cards = ask(address, [f"/lead?id=lead{number:09d}" for number in numbers])
            memory, peak = megabytes(desk.pid, "VmRSS"), megabytes(desk.pid, "VmHWM")
        finally:
            desk.terminate()
    text = _table(given, lists, cards, memory, peak, ready)
    sys.stdout.write(text)
    if given.write:
        given.write.write_text(text, encoding="utf-8")


def _table(
    given: argparse.Namespace, lists: list[float], cards: list[float], memory: float, peak: float, ready: float
) -> str:
    rows = [
        ("what", "median", "95th percentile", "asked for", "holds"),
        ("---",) * 5,
        _line("a list, ms", lists, LIST_MS),
        _line("a card, ms", cards, CARD_MS),
        ("memory, MB", f"{memory:,.0f}", f"{peak:,.0f} at most", f"under {MOST_MB}", _holds(peak < MOST_MB)),
        ("from start to the first card, s", f"{ready:.1f}", "", "", ""),
    ]
    heading = HEADING.format(
        leads=given.leads, nights=given.nights, asked=ASKED, command="python -m benchmarks.desk CACHE"
    )
    return heading + "\n" + "".join("| " + " | ".join(row) + " |\n" for row in rows)


def _line(name: str, taken: list[float], most: float) -> tuple[str, ...]:
    high = float(np.percentile(taken, 95))
    return name, f"{np.median(taken):.0f}", f"{high:.0f}", f"under {most}", _holds(high < most)


def _holds(it_does: bool) -> str:
    return "yes" if it_does else "no"


if __name__ == "__main__":
    main()
