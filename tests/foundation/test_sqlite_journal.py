"""A file of the store that another process is just writing for the first time is waited for, whichever file it is."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.crm.answers.answer_log import Answer, AnswerBook
from leadq.foundation.problems import LeadqError
from leadq.serving.delivery.ledger.ledger_schema import open_ledger

ROOT = Path(__file__).parents[2]
_ANSWER = Answer(lead_id="L1", decided_at=datetime(2026, 11, 22, tzinfo=UTC), rep="Ann", decision="accepted")


def _record(path: Path) -> None:
    AnswerBook(path).record(_ANSWER)


def _open(path: Path) -> None:
    open_ledger(path).close()


_FIRST_USE = {"answers": _record, "ledger": _open}


@contextmanager
def _first_writer(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that is in the middle of its first write, in the journal that SQLite begins with."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE other (x)")
        yield writer


@pytest.mark.parametrize("file", _FIRST_USE)
def test_a_file_that_another_is_writing_for_the_first_time_is_waited_for(tmp_path: Path, file: str) -> None:
    path = tmp_path / "file.sqlite"
    with _first_writer(path) as writer:
        done = threading.Timer(0.3, writer.execute, ("COMMIT",))
        done.start()
        _FIRST_USE[file](path)
        done.join()
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_stays_held_is_told_and_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadq.crm.answers.answers_database._WAIT_SECONDS", 0.1)
    path = tmp_path / "file.sqlite"
    shorter: dict[str, Callable[[], object]] = {
        "answers": lambda: _record(path),
        "ledger": lambda: open_ledger(path, wait_seconds=0.1),
    }
    with _first_writer(path) as writer:
        for file in _FIRST_USE:
            with pytest.raises(LeadqError, match=r"another process.*nothing") as refused:
                shorter[file]()
            assert str(path) in str(refused.value)
        writer.execute("ROLLBACK")
    for first_use in _FIRST_USE.values():
        fresh = tmp_path / first_use.__name__
        first_use(fresh)
        assert fresh.exists()


def test_nobody_switches_the_journal_by_himself() -> None:
    switching = {
        path.relative_to(ROOT).as_posix()
        for room in ("foundation", "agreement", "crm", "features", "models", "serving", "pipelines")
        for path in (ROOT / room).rglob("*.py")
        if "journal_mode" in path.read_text("utf-8").casefold()
    }
    assert switching == {"foundation/sqlite/journal.py"}
