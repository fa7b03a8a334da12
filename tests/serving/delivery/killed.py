"""A delivery in a process of its own, which stops for good (waits to be killed) at the instant that it is told.

Arguments: kind, where (folder, or address of a database), store, score table, instant.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from leadq.crm.connectors.files.target import FileTarget
from leadq.crm.connectors.protocol import Target
from tests.serving.delivery.company import Place, tonight


def target_at(kind: str, where: str) -> Target:
    if kind == "files":
        return FileTarget(name="there", folder=Path(where), chunk_rows=40)
    from pydantic import SecretStr  # noqa: PLC0415 - files need none of these

    from leadq.crm.connectors.postgres.target import PostgresTarget  # noqa: PLC0415
    from leadq.crm.storage.source_locations import Database  # noqa: PLC0415

    database = Database.model_construct(url=SecretStr(where))
    return PostgresTarget(name="there", database=database, table="delivered.Scores", chunk_rows=40)


def hold(kind: type, instant: str) -> None:
    """Stop at the third chunk: before its effect, after its effect, or between its outcomes and their record."""
    import leadq.serving.delivery.sending.send as send  # noqa: PLC0415

    def here() -> None:
        sys.stdout.write("now\n")
        sys.stdout.flush()
        time.sleep(60)

    step = kind.step

    def held(self, chunk, remote):  # type: ignore[no-untyped-def]
        if instant == "before" and chunk.number == 2:
            here()
        done = step(self, chunk, remote)
        if instant == "after" and chunk.number == 2:
            here()
        return done

    kind.step = held  # type: ignore[method-assign]
    conclude = send.conclude

    def recorded(ledger, run, number, rows, outcomes, **other):  # type: ignore[no-untyped-def]
        if instant == "recording" and number == 2:
            note = ledger.note
            ledger.note = lambda *given, **facts: (here(), note(*given, **facts))
        return conclude(ledger, run, number, rows, outcomes, **other)

    send.conclude = recorded


if __name__ == "__main__":
    kind, where, store, scores, instant = sys.argv[1:]
    target = target_at(kind, where)
    hold(type(target), instant)
    Place(folder=Path(store), target=target).deliver(tonight(Path(scores)))
