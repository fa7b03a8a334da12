"""Histories made by hand for the rooms' tests: contract tables from plain rows, written as ingest would write them."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

from leadq.agreement.schema import Agreement, Check, Outcome, Promise, Rule, Tier
from leadq.crm.connectors.retries import Patience
from leadq.crm.contract.crm_tables import OUTCOMES, REJECTED, TABLES
from leadq.crm.contract.history import History, write_manifest
from tests.layout.house import ROOMS
from tests.postgres_server import Postgres, running
from tests.shared_company import CompanyCopy, MadeOnce, copy_of_the_company, made_once

SCHEMAS = {**TABLES, "outcomes": OUTCOMES, "rejected": REJECTED}
settings.register_profile("ci", max_examples=8, derandomize=True, deadline=None)  # the first example may compile
settings.register_profile("acceptance", max_examples=200)
settings.load_profile("acceptance" if os.environ.get("LEADQ_ACCEPTANCE") else "ci")
gc.set_threshold(300_000, 10, 10)  # by default a tenth of a run is looking through millions of objects that stay
Rows = dict[str, list[dict[str, Any]]]


LONGEST = (
    "tests/packaging/test_fresh_environments.py",
    "tests/spark/test_spark.py",
    "tests/pipelines/test_end_to_end.py",
    "tests/docs/test_commands.py",
    "tests/pipelines/night/test_two_readings.py",
    "tests/compatibility/test_store_of_the_former_commit.py",
    "tests/crm/reading/test_shared_cases.py",
)
"""Files that take minutes. They begin first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files begin first; else the order stays."""
    place = {Path(__file__).parents[1] / name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests measured (``record_property("figure", words)``), from every worker."""
    for report in terminalreporter.stats.get("passed", []):
        for words in (value for name, value in report.user_properties if name == "figure"):
            terminalreporter.write_line(str(words))


@pytest.fixture(scope="session", autouse=True)
def _no_room_twice() -> Iterator[None]:
    """Hold at the end of a run that no room was imported under a bare name as well: its classes would stand twice."""
    yield
    twice = sorted({name.partition(".")[0] for name in sys.modules} & set(ROOMS))
    assert not twice, f"imported as {', '.join(twice)} as well as leadq.{twice[0]}: say leadq.<room>"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder that all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return (own if worker_id == "master" else own.parent) / "shared"


@pytest.fixture(scope="session")
def company_copy(shared_folder: Path) -> CompanyCopy:
    """Return a function that copies the company all tests share (it has learnt, its model is live) and opens it."""
    return partial(copy_of_the_company, shared_folder)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connectors that a command opens wait no time between calls and tries."""
    monkeypatch.setitem(Patience.__init__.__kwdefaults__, "sleep", lambda seconds: None)


@pytest.fixture(scope="session")
def once_a_run(shared_folder: Path) -> MadeOnce:
    """Return a function that makes a folder for all workers, or finds it made."""
    return partial(made_once, shared_folder)


@pytest.fixture(scope="session")
def write_history() -> Callable[..., History]:
    """Return a function that writes rows per table into a folder as a :class:`History`."""

    def write(
        folder: Path, rows: Rows, *, own_types: dict[str, dict[str, pa.DataType]] | None = None, **manifest: Any
    ) -> History:
        folder.mkdir(parents=True, exist_ok=True)
        for table, schema in SCHEMAS.items():
            for name, kind in (own_types or {}).get(table, {}).items():
                schema = schema.append(pa.field(name, kind))  # noqa: PLW2901
            pq.write_table(pa.Table.from_pylist(rows.get(table, []), schema=schema), folder / f"{table}.parquet")
        manifest.setdefault("read_at", datetime(2026, 1, 1, tzinfo=UTC))
        manifest.setdefault("tracked_since", {})
        manifest.setdefault("has_touches", bool(rows.get("touches")))
        history = History(folder=folder, counts={}, **manifest)
        write_manifest(history)
        return history

    return write


@pytest.fixture(scope="session")
def agreement() -> Agreement:
    """Return a small agreement with every kind of rule."""
    return Agreement(
        version=1,
        effective_from=datetime(2025, 1, 1, tzinfo=UTC).date(),
        outcome=Outcome(event="opportunity won", horizon_days=30),
        tiers=(
            Tier(id="T1", label="Sales-ready", owner="sales", promise=Promise(win_rate_at_least=0.3)),
            Tier(id="T2", label="Interest", owner="sales", promise=Promise(win_rate_at_least=0.1)),
            Tier(id="T3", label="Nurture", owner="marketing"),
        ),
        stages={},
        duties={},
        ideal_customer=(
            Check(subject="field", name="account.industry", operator="in", values=("software",)),
            Check(subject="field", name="account.employees", operator="between", values=(80, 900)),
        ),
        rules=(
            Rule(
                id="competitor",
                when=(Check(subject="field", name="account.domain", operator="in", values=("rival.example",)),),
                disqualify=True,
            ),
            Rule(
                id="student",
                when=(Check(subject="field", name="email_domain", operator="ends_with", values=(".edu",)),),
                disqualify=True,
            ),
            Rule(
                id="hand_raiser",
                when=(Check(subject="event", name="demo_request", operator="occurred", within_days=14),),
                at_least="T1",
            ),
            Rule(
                id="accepted", when=(Check(subject="disposition", name="accepted", operator="occurred"),), at_least="T2"
            ),
        ),
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Yield a real PostgreSQL server, started for the tests that ask for it."""
    with running() as server:
        yield server
