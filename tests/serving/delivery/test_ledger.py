"""The ledger under others that write in it, errors of its disk, and names that come to stand for another place."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from leadq.foundation.problems import StoreError, TargetPausedError
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.target_identity import emptied, place_of, stand_for
from tests.serving.delivery.company import NIGHT, Place, ScriptedTarget, row, tonight, write_scores


def test_two_that_make_it_at_once_come_to_the_same_one(tmp_path: Path) -> None:
    for time in range(5):
        together = threading.Barrier(6)
        path = tmp_path / str(time) / "ledger.sqlite"

        def begin(number: int, path: Path = path, together: threading.Barrier = together) -> str:
            together.wait()
            with Ledger(path) as ledger:
                return stand_for(ledger, f"t{number}", "somewhere", NIGHT)

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(begin, range(6))) == [""] * 6
        with Ledger(path) as ledger:
            assert ledger.connection.execute("SELECT count(*) FROM place").fetchone() == (6,)


@pytest.mark.parametrize("made", [False, True])
def test_who_waits_too_long_for_it_pauses(tmp_path: Path, *, made: bool) -> None:
    path = tmp_path / "ledger.sqlite"
    if made:
        Ledger(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(TargetPausedError, match="locked by another process"),
            Ledger(path, wait_seconds=0.05) as ledger,
        ):
            stand_for(ledger, "crm", "somewhere", NIGHT)


def test_what_went_wrong_is_told_and_not_that_it_cannot_be_undone(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        stand_for(ledger, "crm", "somewhere", NIGHT)
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"), ledger.transaction() as connection:
            connection.execute("INSERT OR ROLLBACK INTO place VALUES ('crm', '', '')")  # as SQLite does on a full disk
        ledger.connection.execute("PRAGMA foreign_keys = ON")
        ledger.connection.execute("CREATE TEMP TABLE one (id INTEGER PRIMARY KEY)")
        ledger.connection.execute("CREATE TEMP TABLE two (one REFERENCES one DEFERRABLE INITIALLY DEFERRED)")
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"), ledger.transaction() as connection:
            connection.execute("INSERT INTO two VALUES (1)")  # refused at COMMIT
        with ledger.transaction():
            assert ledger.connection.execute("SELECT count(*) FROM two").fetchone() == (0,)


def test_a_full_disk_and_a_damaged_file_are_told_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with pytest.raises(StoreError, match="must be writable, got database or disk is full"), Ledger(path) as ledger:
        _fill(ledger)
    path.write_bytes(b"SQLite format 3\0" + b"torn" * 2_000)
    with pytest.raises(StoreError, match="must be a complete ledger"):
        Ledger(path)


def _fill(ledger: Ledger) -> None:
    ledger.connection.execute("PRAGMA max_page_count = 1")
    ledger.note("r", "long " * 100_000, NIGHT)


def test_a_name_that_stands_for_another_place_begins_anew_and_comes_back(tmp_path: Path) -> None:
    target = ScriptedTarget()
    place = Place(folder=tmp_path, target=target)
    scores = tonight(write_scores(tmp_path / "scores.parquet", [row(f"L{lead}") for lead in range(25)]))

    def goes_to(where: str) -> str:
        with place.ledger() as ledger:
            return stand_for(ledger, "crm", where, NIGHT)

    assert goes_to("sandbox") == ""
    first = place.deliver(scores)
    assert (first.facts["rows_by_state"], goes_to("sandbox")) == ({"ok": 25}, "")
    assert goes_to("production") == "sandbox"
    target.held.clear()
    there = place.deliver(scores)
    assert (there.facts["rows_by_state"], len(target.held)) == ({"ok": 25}, 25)
    assert there.facts["run"] != first.facts["run"]
    assert goes_to("sandbox") == "production"
    again = place.deliver(scores)
    assert (again.facts["repeated"], again.facts["run"], len(target.sent)) == (True, first.facts["run"], 50)


def test_a_place_that_is_found_empty_begins_anew(tmp_path: Path) -> None:
    target = ScriptedTarget()
    place = Place(folder=tmp_path, target=target)
    scores = tonight(write_scores(tmp_path / "scores.parquet", [row(f"L{lead}") for lead in range(25)]))
    with place.ledger() as ledger:
        stand_for(ledger, "crm", "warehouse", NIGHT)
        assert not emptied(ledger, "crm", NIGHT)  # nothing was confirmed: what was begun goes on
    for times in (1, 2, 3):
        place.deliver(scores)
        assert len(target.sent) == 25 * times
        with place.ledger() as ledger:
            assert emptied(ledger, "crm", NIGHT + timedelta(hours=times))
            assert stand_for(ledger, "crm", "warehouse", NIGHT) == ""
            assert place_of(ledger, "crm") == f"warehouse {(NIGHT + timedelta(hours=times)).isoformat()}"
