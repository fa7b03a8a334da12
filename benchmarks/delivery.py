"""What delivering a night costs us: planning a million scores, and our share of the time that Salesforce's documented limits take.

    python -m benchmarks.delivery [--project demo] [--cache .bench/delivery] [--leads 1000000] [--sent 1500 50000 1000000]
        [--write .bench/delivery.md]

The scores are a demo company's champion's, of drawn leads, with reasons and sentences (``make demo`` first). Every delivery has a
process of its own; the fake Salesforce has another, whose time is not counted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.delivery_scores import make_scores
from benchmarks.delivery_tables import page

SENT = (1_500, 50_000, 1_000_000)
"""Leads of a night by Collections, and of two by bulk jobs."""
PLANS = (("first", "nowhere"), ("first", "memory"), ("same", "nowhere"), ("tenth", "nowhere"))
"""Nights in the order in which they are planned; the second one is the first one sent, so that the others find it confirmed."""


def main() -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, default=Path("demo"))
    parser.add_argument("--cache", type=Path, default=Path(".bench/delivery"))
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--sent", type=int, nargs="*", default=SENT, help="nights that go to the fake Salesforce")
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    nights = make_scores(chosen.project, chosen.cache, chosen.leads)
    plans = list(_plans(chosen.cache / "planning", nights))
    sent = [_sent(chosen.cache, nights["first"], leads) for leads in chosen.sent]
    text = page(plans, sent, leads=chosen.leads)
    if chosen.write:
        chosen.write.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def _plans(store: Path, nights: dict[str, Path]) -> Iterator[dict[str, Any]]:
    """Plan night after night in one store, each in a process of its own."""
    shutil.rmtree(store, ignore_errors=True)
    days = {name: number for number, name in enumerate(nights)} | {"same": 1, "tenth": 2}
    for name, where in PLANS:
        yield {"night": name, "where": where, **_night(nights[name], store, days[name], where)}
    shutil.rmtree(store)


def _sent(cache: Path, scores: Path, leads: int) -> dict[str, Any]:
    """Send the first so many leads, all new, to the fake Salesforce."""
    table, store = cache / f"sent_{leads}.parquet", cache / f"store_{leads}"
    pq.write_table(pq.read_table(scores).slice(0, leads), table, row_group_size=100_000)
    shutil.rmtree(store, ignore_errors=True)
    with _fake(leads) as address:
        told = _night(table, store, 0, address)
    if told["confirmed"] != leads:
        raise SystemExit(f"{told['confirmed']:,} of {leads:,} leads were confirmed")
    shutil.rmtree(store)
    return {"leads": leads, **told}


def _night(scores: Path, store: Path, night: int, where: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.delivery_night", str(scores), str(store), str(night), where]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    print(scores.name, where, json.dumps(told), file=sys.stderr, flush=True)
    return told


@contextmanager
def _fake(leads: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.delivery_server", str(leads)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdin is None or server.stdout is None:
            raise SystemExit("the fake Salesforce did not start")
        yield server.stdout.readline().strip()
        server.stdin.close()


if __name__ == "__main__":
    main()
