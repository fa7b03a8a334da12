"""Pictures of the desk for the documentation, taken in a real browser on the demo company.

    python -m benchmarks.desk_pictures demo docs/pictures

Needs Debian's chromium. The demo's own answers are left alone: nothing is answered.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from playwright.sync_api import sync_playwright

from leadq.pipelines.store.store import Store

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-quic"]


def lead_to_show(store: Store) -> tuple[str, datetime]:
    """Return the likeliest lead that rose into its tier last night by itself, else the likeliest; and the night."""
    night = store.latest_night()
    if night is None:
        raise SystemExit("The demo has no night: run make demo first.")
    table = pq.read_table(store.folder / night.scores, columns=["lead_id", "probability", "tier_by"])
    table = table.filter(pc.equal(table["tier_by"], "model")).sort_by([("probability", "descending")])
    moved = pq.read_table(store.folder / night.moves, columns=["lead_id", "sentence"]) if night.moves else None
    if moved is not None:
        ids = moved.filter(pc.match_substring(moved["sentence"], "To T1: visited"))["lead_id"].combine_chunks()
        among = table.filter(pc.is_in(table["lead_id"], value_set=ids))
        table = among if among.num_rows else table
    return str(table["lead_id"][0]), night.inputs.as_of


def take(browser: Any, address: str, path: Path, *, width: int, height: int, scheme: str = "light") -> None:
    """Take one picture; ``height`` 0 is the whole page."""
    page = browser.new_page(viewport={"width": width, "height": height or 800}, color_scheme=scheme)
    page.goto(address)
    page.screenshot(path=path, full_page=not height)
    page.close()


def main() -> None:
    """Start the desk, take the pictures, stop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("pictures", type=Path)
    given = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Needs chromium: apt-get install chromium")
    lead_id, as_of = lead_to_show(Store(folder=given.project / "store"))
    command = [sys.executable, "-m", "leadq", "desk", "--project", str(given.project), "--port", "0", "--json"]
    morning = {**os.environ, "LEADQ_NOW": as_of.replace(hour=8).isoformat()}  # of the demo's night
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=morning) as desk, sync_playwright() as driver:
        try:
            address = json.loads(desk.stdout.readline())["address"] if desk.stdout else ""
            browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            card = f"{address}lead?id={lead_id}"
            take(browser, address, given.pictures / "desk-list.png", width=1200, height=720)
            take(browser, card, given.pictures / "desk-card.png", width=1000, height=0)
            take(browser, card, given.pictures / "desk-phone.png", width=400, height=800, scheme="dark")
            browser.close()
        finally:
            desk.terminate()


if __name__ == "__main__":
    main()
