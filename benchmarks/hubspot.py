"""Our own share of the time that HubSpot's documented limits take, for nights of changed leads.

    python -m benchmarks.hubspot [--leads 20000] [--write .bench/hubspot.md]

Every delivery has a process of its own (``night``); the fake HubSpot has another (``serve``), whose time is not counted. Nobody waits:
what HubSpot's limits would take is reckoned from the calls. Beside it the same updates by a plain loop over hubspot-api-client.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hubspot import HubSpot
from hubspot.crm.objects import BatchInputSimplePublicObjectBatchInput

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.hubspot.sending.target import HubspotTarget
from leadq.crm.connectors.hubspot.session import Session
from leadq.crm.connectors.retries import Patience
from leadq.crm.contract.score_table import SCORES
from leadq.serving.delivery.deliver import Tonight, Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.guards import Scores
from leadq.serving.delivery.planning.payload import our_fields, payload, read_scores
from leadq.serving.delivery.sending.rate_limit import Effects
from tests.crm.connectors.hubspot.delivering import ready
from tests.fake_hubspot.server import TOKEN, running
from tests.fake_salesforce.leads import TIERS

CALLS_A_SECOND, ROWS_A_CALL, PROMISED_SHARE = 19.0, 100, 0.20
NIGHT = datetime(2026, 3, 1, 2, tzinfo=UTC)
SENTENCES = (
    "Asked for pricing {0} times in the last 14 days", "{0} people of the company came to webinars this quarter",
    "Head of department with a budget of {0} thousand", "No answer to {0} e-mails", "Free e-mail domain, {0} others like it were lost",
    "Company of {0} employees is smaller than those that buy",
)  # fmt: skip
HEADING = """## Delivery to HubSpot

Nights of changed leads, all new, delivered whole (plan, ledger, calls, reconciling) to a fake HubSpot in a process of its own. HubSpot's
documented limit is {limit:g} calls a second and {rows} records a call; a lead takes part in two calls, one that looks whether it was
merged or archived and one that updates it. The last column is our processor time as a share of what the limit makes these calls take at
the least; the promise is under {promised:.0%}. We ourselves ask for half of the limit.

Made by `{command}`.
"""


def main() -> None:
    """Measure, and print or write the table; ``serve`` and ``night`` are the processes that it starts."""
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]))
    elif sys.argv[1:2] in (["night"], ["bare"]):
        sys.stdout.write(json.dumps((night if sys.argv[1] == "night" else bare)(Path(sys.argv[2]), sys.argv[3])))
    else:
        measure()


def measure() -> None:
    """Measure small and large nights, and the plain loop beside the large one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    told = []
    for what, leads in (("night", chosen.leads // 10), ("night", chosen.leads), ("bare", chosen.leads)):
        with tempfile.TemporaryDirectory() as folder, _served(leads) as (address, keys):
            scores = _scores(Path(folder) / "scores.parquet", keys)
            told.append({"what": what, "leads": leads, **_told(what, str(scores), address)})
    text = _page(told, chosen.leads)
    if chosen.write:
        chosen.write.parent.mkdir(parents=True, exist_ok=True)
        chosen.write.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    if _share(told[1]) >= PROMISED_SHARE:
        raise SystemExit(f"our own share is {_share(told[1]):.0%}, not under {PROMISED_SHARE:.0%}")


def serve(leads: int) -> None:
    """Serve a fake with so many contacts until the input ends; say its address and their ids in a line."""
    with running() as fake:
        keys = ready(fake, leads)
        nothing: Any = deque(maxlen=0)
        fake.account.writes = nothing
        print(json.dumps([fake.address, keys]), flush=True)
        sys.stdin.read()


def night(scores: Path, address: str) -> dict[str, Any]:
    """Deliver a night and return its processor seconds and calls."""
    patience = Patience(sleep=lambda _: None)
    target = HubspotTarget("crm", Session(TOKEN, host=address, patience=patience))
    effects = Effects(
        clock=lambda: datetime.now(UTC), sleep=lambda _: None, chance=random.random, stop_file=scores.parent / "STOP"
    )
    known = Scores(run_id="night0", model_version="m1", agreement_version=1, promoted=True, base_rate=False)
    sha256 = hashlib.sha256(scores.read_bytes()).hexdigest()
    tonight = Tonight(path=scores, sha256=sha256, as_of=NIGHT, scores=known)
    ledger = Ledger(scores.parent / "ledger.sqlite")
    began, started = time.process_time(), time.monotonic()
    facts = deliver(ledger, target, tonight, our_fields(column_name, TIERS), effects=effects, wish=Wish()).facts
    spent, lasted = time.process_time() - began, time.monotonic() - started
    ledger.close()
    confirmed = facts["rows_by_state"]["ok"]
    return {"processor": spent, "seconds": lasted, "confirmed": confirmed, "calls": 2 * -(-confirmed // ROWS_A_CALL)}


def bare(scores: Path, address: str) -> dict[str, Any]:
    """Send the same updates by a plain loop over the client, which looks at nothing and keeps nothing."""
    names = [field.name for field in our_fields(column_name, TIERS)]
    rows = [(one.lead_id, dict(zip(names, json.loads(payload(one)), strict=True))) for one in read_scores(scores)]
    batch = HubSpot(access_token=TOKEN, host=address).crm.objects.batch_api
    began, started = time.process_time(), time.monotonic()
    for first in range(0, len(rows), ROWS_A_CALL):
        inputs = [
            {"id": key, "properties": {name: "" if value is None else str(value) for name, value in values.items()}}
            for key, values in rows[first : first + ROWS_A_CALL]
        ]
        batch.update("contacts", BatchInputSimplePublicObjectBatchInput(inputs=inputs), _request_timeout=(5, 60))
    spent, lasted = time.process_time() - began, time.monotonic() - started
    return {"processor": spent, "seconds": lasted, "confirmed": len(rows), "calls": -(-len(rows) // ROWS_A_CALL)}


def _scores(path: Path, keys: Sequence[str]) -> Path:
    """Write a score of each lead, with six reasons."""
    chance = random.Random(5)
    rows = []
    for key in sorted(keys):
        reasons = [
            {"code": f"c{place}", "sentence": text.format(chance.randint(2, 900))}
            for place, text in enumerate(SENTENCES)
        ]
        points = chance.random()
        rows.append(
            {"lead_id": key, "status": "scored", "probability": points / 3, "percentile": points, "tier": "T2", "scored_at": NIGHT,
             "reasons_for": reasons[:3], "reasons_against": reasons[3:], "model_version": "m1"}
        )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema=SCORES), path)
    return path


@contextmanager
def _served(leads: int) -> Iterator[tuple[str, list[str]]]:
    command = [sys.executable, "-m", "benchmarks.hubspot", "serve", str(leads)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address, keys = json.loads(process.stdout.readline())
        try:
            yield address, keys
        finally:
            process.stdin.close()


def _told(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.hubspot", *arguments]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    told: dict[str, Any] = json.loads(said)
    return told


def _share(told: dict[str, Any]) -> float:
    return float(told["processor"] / (told["calls"] / CALLS_A_SECOND))


def _page(told: Sequence[dict[str, Any]], leads: int) -> str:
    heads = {"night": "leadq", "bare": "plain loop, updates only"}
    command = f"python -m benchmarks.hubspot --leads {leads}"
    heading = HEADING.format(limit=CALLS_A_SECOND, rows=ROWS_A_CALL, promised=PROMISED_SHARE, command=command)
    head = "| delivered by | leads | calls | HubSpot's limit takes | our processor | a call | share |"
    rows = [
        f"| {heads[one['what']]} | {one['leads']:,} | {one['calls']:,} | {one['calls'] / CALLS_A_SECOND:.1f} s | "
        f"{one['processor']:.2f} s | {1000 * one['processor'] / one['calls']:.1f} ms | {_share(one):.1%} |"
        for one in told
    ]
    return "\n".join([heading, head, "|---|---:|---:|---:|---:|---:|---:|", *rows, ""])


if __name__ == "__main__":
    main()
