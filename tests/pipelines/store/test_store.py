"""The store: one writer, nothing half-written, the manifest as commit point, snapshots that give rows back."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from leadq.foundation.problems import StoreError
from leadq.pipelines.store.run_manifest import Run, read_run
from leadq.pipelines.store.snapshots import new_snapshot, snapshot_of
from leadq.pipelines.store.store import Store

NOW = datetime(2026, 10, 1, 2, tzinfo=UTC)

HOLDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from leadq.pipelines.store.store import Store
with Store(folder=Path(sys.argv[1])).writing("score", datetime.now(UTC)):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_writer_is_told_who_holds_the_store(store: Store) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(store.folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        with pytest.raises(StoreError) as told, store.writing("train", NOW):
            pass
        assert f"process {holder.pid} on" in str(told.value)
        assert "(score, since" in str(told.value)
    finally:
        holder.kill()
        holder.communicate()
    with store.writing("train", NOW):  # the lock died with its process
        pass


def test_writing_starts_from_committed_runs_alone(store: Store, commit_night: Callable[..., Run]) -> None:
    run = commit_night(1, ["a"], [1.0])
    leftovers = [
        store.folder / "scores/2026-10-02/deadbeef.parquet",
        store.folder / "scores/2026-10-02/deadbeef.parquet.partial",
        store.folder / "snapshots/deadbeef.parquet",
        store.folder / "records/deadbeef.parquet",
        store.folder / "deadlines/2026-10-02/deadbeef.parquet",
        store.folder / "runs/deadbeef.json.partial",
    ]
    for path in leftovers:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    with store.writing("score", NOW):
        assert not [path for path in leftovers if path.exists()]
        assert store.runs() == (run,)
        assert (store.folder / run.scores).exists()
        assert (store.folder / run.snapshot).exists()


def test_a_run_without_its_files_is_not_committed(store: Store, commit_night: Callable[..., Run]) -> None:
    run = commit_night(1, ["a"], [1.0])
    (store.folder / run.scores).unlink()
    later = replace(run, inputs=replace(run.inputs, as_of=NOW))
    with pytest.raises(StoreError, match="must be in the store"):
        store.commit(later)
    assert store.committed(later.run_id) is None


def test_manifest_round_trips_and_its_name_is_the_hash_of_its_inputs(
    store: Store, commit_night: Callable[..., Run]
) -> None:
    run = commit_night(1, ["a"], [1.0])
    path = store.manifest_path(run.run_id)
    assert read_run(path) == run
    path.write_text(path.read_text().replace('"bundle_version": "b"', '"bundle_version": "c"'))
    with pytest.raises(StoreError, match="inputs hash to"):
        store.runs()


def test_a_night_of_before_read_at_was_said_is_not_the_latest(store: Store, commit_night: Callable[..., Run]) -> None:
    of_the_extract = commit_night(1, ["a"], [1.0])
    first_look = commit_night(2, ["a"], [2.0])
    assert store.latest_night() == first_look
    assert store.latest_night(read_at=of_the_extract.inputs.as_of) == of_the_extract
    assert store.latest_night(read_at=of_the_extract.inputs.as_of.replace(year=2000)) == first_look


def test_a_run_compares_with_the_night_before_and_the_partial_runs_since(
    store: Store, commit_night: Callable[..., Run]
) -> None:
    assert store.latest_night() is None
    first = commit_night(1, ["a"], [1.0])
    second = commit_night(2, ["a"], [2.0], previous=(first.run_id,))
    partial = commit_night(3, ["a"], [3.0], previous=(second.run_id,), kind="lead")
    assert store.latest_night() == second
    assert store.before(partial.inputs.as_of.replace(day=4)) == (partial, second)
    assert store.before(second.inputs.as_of) == (first,)
    assert store.before(first.inputs.as_of) == ()


def test_rows_stored_by_a_partial_run_are_not_stored_again(store: Store, commit_night: Callable[..., Run]) -> None:
    first = commit_night(1, ["a", "b"], [1.0, 2.0])
    partial = commit_night(2, ["b"], [9.0], previous=(first.run_id,), kind="lead")
    night = commit_night(3, ["a", "b"], [1.0, 9.0], previous=(partial.run_id, first.run_id))
    assert [run.counts["stored"] for run in (first, partial, night)] == [2, 1, 0]
    later = commit_night(4, ["a", "b"], [1.0, 9.0], previous=(night.run_id,))
    assert later.counts["stored"] == 0
    assert snapshot_of(store, "b", later.run_id).column("age_days").to_pylist() == [9.0]
    assert snapshot_of(store, "a", partial.run_id).column("age_days").to_pylist() == [1.0]


def test_a_snapshot_stores_changes_and_gives_every_row_back_exactly(
    store: Store, commit_night: Callable[..., Run], tonight_batch: Callable[..., pa.RecordBatch]
) -> None:
    first = commit_night(1, ["a", "b", "c"], [1.0, None, 0.1 + 0.2])
    second = commit_night(2, ["a", "b", "c"], [1.0, None, 5.0], previous=(first.run_id,))
    third = commit_night(3, ["a", "b", "c"], [2.0, None, 5.0], previous=(second.run_id,))
    assert [run.counts["stored"] for run in (first, second, third)] == [3, 1, 1]
    for run, numbers in ((first, [1.0, None, 0.1 + 0.2]), (second, [1.0, None, 5.0]), (third, [2.0, None, 5.0])):
        expected = tonight_batch(["a", "b", "c"], numbers)
        for row, lead_id in enumerate(["a", "b", "c"]):
            assert snapshot_of(store, lead_id, run.run_id).equals(expected.slice(row, 1))
    with pytest.raises(StoreError, match="must know the lead"):
        snapshot_of(store, "z", third.run_id)


def test_a_new_column_stores_every_row_again(
    store: Store, commit_night: Callable[..., Run], tonight_batch: Callable[..., pa.RecordBatch]
) -> None:
    first = commit_night(1, ["a", "b"], [1.0, 2.0])
    batch = tonight_batch(["a", "b"], [1.0, 2.0]).append_column("new", pa.array([None, None], pa.float64()))
    with new_snapshot(store, "later", as_of=NOW, previous_runs=(first.run_id,)) as writer:
        list(writer.keep(iter([batch])))
    assert writer.stored == 2


def test_a_night_without_open_leads_is_a_night(store: Store, commit_night: Callable[..., Run]) -> None:
    with new_snapshot(store, "empty", as_of=NOW, previous_runs=()) as writer:
        assert list(writer.keep(iter([]))) == []
    first = commit_night(1, [], [])
    second = commit_night(2, ["a"], [1.0], previous=(first.run_id,))
    assert snapshot_of(store, "a", second.run_id).num_rows == 1


def test_a_failed_block_leaves_no_snapshot(store: Store, tonight_batch: Callable[..., pa.RecordBatch]) -> None:
    def breaks() -> None:
        with new_snapshot(store, "broken", as_of=NOW, previous_runs=()) as writer:
            list(writer.keep(iter([tonight_batch(["a"], [1.0])])))
            raise RuntimeError("the scorer failed")

    with pytest.raises(RuntimeError):
        breaks()
    assert list((store.folder / "snapshots").iterdir()) == []


def test_a_full_disk_is_told_and_nothing_is_committed(
    store: Store, commit_night: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = commit_night(1, ["a"], [1.0])
    later = replace(run, inputs=replace(run.inputs, as_of=NOW))

    def full(self: Path, *args: object, **kwargs: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StoreError, match="No space left on device") as told:
        store.commit(later)
    assert "Free up disk space" in told.value.problems[0].remedy
    assert store.runs() == (run,)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import pyarrow as pa
from leadq.pipelines.store.snapshots import new_snapshot
from leadq.pipelines.store.store import Store
store = Store(folder=Path(sys.argv[1]))
now = datetime.now(UTC)
with store.writing("score", now), new_snapshot(store, "killed", as_of=now, previous_runs=()) as writer:
    list(writer.keep(iter([pa.record_batch({"lead_id": ["a"]})])))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_leaves_the_last_good_state(store: Store, commit_night: Callable[..., Run]) -> None:
    run = commit_night(1, ["a"], [1.0])
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", KILLED, str(store.folder)], check=False, timeout=30)
    assert time.monotonic() - began < 30
    assert list(store.folder.rglob("*.partial"))
    with store.writing("score", NOW):
        assert not list(store.folder.rglob("*.partial"))
        assert store.runs() == (run,)
