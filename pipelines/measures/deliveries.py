"""What the store knows of hand-overs: tiers that a CRM confirmed, and the committed score tables."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from leadq.crm.config.delivery_settings import connector_for
from leadq.crm.connectors.connector import ReadsHistory
from leadq.features.engine.duckdb_engine import microseconds
from leadq.features.handover.sources import DELIVERED, Deliveries
from leadq.foundation.problems import ConfigError
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.store import LEDGER
from leadq.serving.delivery.ledger.confirmed_tiers import confirmed_tiers, known_since
from leadq.serving.delivery.ledger.ledger import Ledger


def deliveries_of(project: Project) -> Deliveries | None:
    """Return what the CRMs of leadq.yaml confirmed, or all targets where none is a CRM; None where nothing was delivered by ``read_at``.

    Raises
    ------
    StoreError
        The ledger is damaged.
    """
    path = project.store.folder / LEDGER
    if not path.exists():
        return None
    rows: list[tuple[str, int, int | None, int, str]] = []
    since: list[int] = []
    with Ledger(path) as ledger:
        for target in _where_sales_works(project):
            known = known_since(ledger, target)
            if known is None or known > project.read_at:
                continue
            since.append(microseconds(known))
            rows += [
                (
                    one.lead_id,
                    microseconds(one.at),
                    None if one.until is None else microseconds(one.until),
                    one.as_of_us,
                    one.tier,
                )
                for one in confirmed_tiers(ledger, target)
            ]
    if not since:
        return None
    columns = list(zip(*rows, strict=True)) or [()] * len(DELIVERED)
    return Deliveries(rows=pa.table([list(one) for one in columns], schema=DELIVERED), since_us=min(since))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFiles:
    """Score tables of committed runs, and how many of them are gone."""

    files: tuple[Path, ...]
    gone: int


NO_SCORES = ScoreFiles(files=(), gone=0)


def score_files(project: Project) -> ScoreFiles:
    """Return the score tables of every committed run up to ``read_at``.

    Raises
    ------
    StoreError
        One is damaged. One that is gone takes tiers with it and stops nothing.
    """
    store = project.store
    names = [run.scores for run in store.runs() if run.inputs.as_of <= project.read_at]
    there = [name for name in names if (store.folder / name).is_file()]
    return ScoreFiles(files=tuple(store.table(name) for name in there), gone=len(names) - len(there))


def _where_sales_works(project: Project) -> tuple[str, ...]:
    crms = []
    for name, to in project.config.deliver.items():
        with suppress(ConfigError):  # one that cannot be loaded is told when it is delivered to
            if isinstance(connector_for(to), ReadsHistory):
                crms.append(name)
    return tuple(crms or project.config.deliver)
