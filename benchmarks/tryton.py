"""Delivery to a real Tryton server against a plain loop of batched calls, side by side on the same server.

    python -m benchmarks.tryton [--leads 2000] [--rounds 3] [--write .bench/tryton.md]

Each round writes new values to every lead twice: once by the plain loop, which keeps nothing and looks at nothing, and once by a whole
delivery (plan, ledger, what was changed meanwhile, batches, reconciling). Both send batches of the same size with the same fields.
Judged by the clock; processor time of server and client, which other work on the machine hardly changes, is told beside.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.tryton.sending.target import ROWS_PER_CHUNK, TrytonTarget
from leadq.crm.connectors.tryton.sending.values import as_sent
from leadq.crm.connectors.tryton.session import Account, TrytonSession
from leadq.serving.delivery.deliver import Tonight, Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.guards import Scores
from leadq.serving.delivery.planning.payload import our_fields, payload, read_scores
from leadq.serving.delivery.sending.rate_limit import Effects
from tests.serving.delivery.company import row, write_scores
from tests.tryton_server import DATABASE, LEADQ, PASSWORDS, REP, TIERS, Rpc, Tryton, running

NIGHT = datetime(2026, 3, 1, 2, tzinfo=UTC)
PROMISED = 0.90
FIELDS = our_fields(column_name, TIERS)
MOMENTS = {field.name for field in FIELDS if field.kind == "moment"}


@dataclass(slots=True, kw_only=True)
class Told:
    """Seconds of all rounds: on the clock, and of processors (server and client together)."""

    bare: float = 0.0
    ours: float = 0.0
    bare_worked: float = 0.0
    ours_worked: float = 0.0
    written: int = 0

    @property
    def share(self) -> float:
        """Our throughput as a share of the plain loop's."""
        return self.bare / self.ours


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    with running() as server, tempfile.TemporaryDirectory() as folder:
        told = measure(server, Path(folder), chosen.leads, chosen.rounds)
    text = _page(told, chosen.leads)
    if chosen.write:
        chosen.write.parent.mkdir(parents=True, exist_ok=True)
        chosen.write.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    if told.share < PROMISED:
        raise SystemExit(f"delivery reaches {told.share:.0%} of the plain loop, not {PROMISED:.0%}")


def measure(server: Tryton, folder: Path, leads: int, rounds: int) -> Told:
    """Write to every lead by both ways in turn, the first of a round changing from round to round."""
    keys = [str(one) for one in server.rpc(REP).leads(leads)]
    ledger = Ledger(folder / "ledger.sqlite")
    told = Told(written=leads * rounds)
    night = 0
    for place in range(rounds):
        for way in ("bare", "ours") if place % 2 else ("ours", "bare"):
            night += 1
            scores = _scores(folder / f"night{night}.parquet", keys, night)
            begun = _worked(server)
            if way == "bare":
                told.bare += _bare(server, scores)
                told.bare_worked += _worked(server) - begun
            else:
                told.ours += _ours(ledger, server, scores, night, leads)
                told.ours_worked += _worked(server) - begun
    ledger.close()
    return told


def _worked(server: Tryton) -> float:
    """Return seconds of processor that the server and this process have taken so far."""
    if server.process is None:
        raise SystemExit("the server does not run")
    stat = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _bare(server: Tryton, scores: Path) -> float:
    names = [field.name for field in FIELDS]
    began = time.monotonic()
    rpc = Rpc(server.address, LEADQ)
    rows = [(int(str(one.lead_id)), _values(names, payload(one))) for one in read_scores(scores)]
    for first in range(0, len(rows), ROWS_PER_CHUNK):
        rpc(
            "sale.opportunity.write",
            *(part for lead, values in rows[first : first + ROWS_PER_CHUNK] for part in ([lead], values)),
        )
    return time.monotonic() - began


def _values(names: Sequence[str], written: str) -> dict[str, Any]:
    values = dict(zip(names, json.loads(written), strict=True))
    return {name: as_sent(value, "datetime" if name in MOMENTS else "") for name, value in values.items()}


def _ours(ledger: Ledger, server: Tryton, scores: Path, night: int, leads: int) -> float:
    account = Account(address=server.address, database=DATABASE, user=LEADQ, password=PASSWORDS[LEADQ])
    effects = Effects(
        clock=lambda: datetime.now(UTC), sleep=time.sleep, chance=random.random, stop_file=scores.parent / "STOP"
    )
    known = Scores(run_id=f"night{night}", model_version="m1", agreement_version=1, promoted=True, base_rate=False)
    began = time.monotonic()
    target = TrytonTarget("crm", TrytonSession(account))
    sha256 = hashlib.sha256(scores.read_bytes()).hexdigest()
    tonight = Tonight(path=scores, sha256=sha256, as_of=NIGHT + timedelta(days=night), scores=known)
    report = deliver(ledger, target, tonight, FIELDS, effects=effects, wish=Wish(force=True))
    lasted = time.monotonic() - began
    confirmed = report.facts["rows_by_state"].get("ok", 0)
    if confirmed != leads:
        raise SystemExit(f"{confirmed} of {leads} leads were confirmed: {report.facts}")
    return lasted


def _scores(path: Path, keys: Sequence[str], night: int) -> Path:
    """Write scores of which every lead's differ from the night before."""
    rows = []
    for place, key in enumerate(sorted(keys)):
        points = (place + 37 * night) % 101
        rows.append(
            row(
                key,
                points / 100,
                tier=TIERS[points % 3],
                code=f"c{points}",
                sentence=f"Asked for pricing {points} times in 14 days",
            )
        )
    return write_scores(path, rows)


def _page(told: Told, leads: int) -> str:
    lines = [
        "## Delivery to Tryton",
        "",
        f"{leads:,} leads of a real Tryton server (8.2, SQLite, on this machine), every value new, {ROWS_PER_CHUNK} leads a call;",
        f"the promise is {PROMISED:.0%} of what the plain loop reaches in the same run. Made by `python -m benchmarks.tryton`.",
        "",
        "| | seconds | leads a second | processor, ms a lead |",
        "|---|---|---|---|",
        _line("plain loop of batched calls", told.bare, told.bare_worked, told.written),
        _line("whole delivery", told.ours, told.ours_worked, told.written),
        f"| delivery as a share of the plain loop | | {told.share:.0%} | {told.bare_worked / told.ours_worked:.0%} |",
        "",
    ]
    return "\n".join(lines)


def _line(what: str, seconds: float, worked: float, written: int) -> str:
    return f"| {what} | {seconds:.1f} | {written / seconds:,.0f} | {1000 * worked / written:.2f} |"


if __name__ == "__main__":
    main()
