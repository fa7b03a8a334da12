"""What a reading leaves when it is killed: nothing that others can read, and nothing after the next command."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leadq.foundation.atomic_files import new_folder
from leadq.foundation.private_scratch import private_scratch, remove_abandoned
from leadq.foundation.problems import StoreError
from tests.crm.reading.conftest import SIMPLE, SourceFolder, lead_rows

_READ = """
import sys, time
from pathlib import Path
from datetime import UTC, datetime
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.reading import ingest

def wait(words):
    if words.startswith("distilling"):
        Path(sys.argv[1], "reached").touch()
        time.sleep(60)

ingest.read_history(read_config(Path(sys.argv[1], "leadq.yaml"), environment={}), folder=Path(sys.argv[1], "work", "history"),
                    read_at=datetime(2024, 7, 1, tzinfo=UTC), progress=wait)
"""
_SCRATCH = """
import sys, time
from pathlib import Path
from leadq.foundation.private_scratch import private_scratch

with private_scratch() as folder:
    (folder / "names.csv").write_text("Anna Smith")
    Path(sys.argv[1], "reached").write_text(str(folder))
    time.sleep(60)
"""


def _killed(code: str, folder: Path, *, kill: bool = True) -> subprocess.Popen[bytes]:
    """Start ``code``, and kill it in the middle unless it is to go on."""
    started = subprocess.Popen([sys.executable, "-c", code, str(folder)])
    until = time.monotonic() + 60
    while not (folder / "reached").exists() and started.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert (folder / "reached").exists()
    if kill:
        started.send_signal(signal.SIGKILL)
        started.wait()
    return started


def _open_to_others(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [str(path) for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_a_killed_reading_leaves_nothing_to_others_and_the_next_removes_it(sources: SourceFolder) -> None:
    sources.write(
        "leads.csv",
        lead_rows(400).replace("status\n", "status,Kontakt\n", 1).replace("Z,,open\n", "Z,,open,Anna Smith\n"),
    )
    sources.write("leadq.yaml", SIMPLE)
    text = (sources.path / "leads.csv").read_text().splitlines()
    sources.write("leads.csv", "\n".join(line if line.count(",") == 4 else f"{line},Ben Jones" for line in text) + "\n")
    _killed(_READ, sources.path)
    left = sources.path / "work" / "history.partial"
    assert any(path.suffix == ".duckdb" for path in left.rglob("*"))
    assert _open_to_others(left) == []
    assert stat.S_IMODE((sources.path / "work").stat().st_mode) == 0o777 & ~_mask()
    other = sources.read(SIMPLE)  # reads elsewhere
    assert other.folder.parent == sources.path
    remove_abandoned(sources.path / "work")
    assert not left.exists()


def test_a_complete_history_has_the_modes_of_any_file(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(30))
    history = sources.read(SIMPLE)
    assert stat.S_IMODE(history.folder.stat().st_mode) == 0o777 & ~_mask()
    assert {stat.S_IMODE(path.stat().st_mode) for path in history.folder.iterdir()} == {0o666 & ~_mask()}


def test_what_a_living_command_writes_is_left_alone(tmp_path: Path) -> None:
    living = _killed(_SCRATCH, tmp_path, kill=False)
    scratch = Path((tmp_path / "reached").read_text())
    try:
        with new_folder(tmp_path / "history") as partial:
            remove_abandoned(tmp_path)
            assert partial.is_dir()
            with pytest.raises(StoreError, match="one command at a time"), new_folder(tmp_path / "history"):
                pass
            assert partial.is_dir()
        assert scratch.is_dir()
        assert _open_to_others(scratch) == []
    finally:
        living.kill()
        living.wait()
    with private_scratch() as own:
        assert own.is_dir()
        assert not scratch.exists()
    assert not own.exists()


def test_folders_of_others_and_links_are_not_removed(tmp_path: Path) -> None:
    kept = tmp_path / "theirs"
    kept.mkdir()
    (tmp_path / "a.partial").symlink_to(kept)
    (tmp_path / "b.partial").write_text("a file")
    remove_abandoned(tmp_path, tmp_path / "absent")
    assert kept.is_dir()
    assert (tmp_path / "b.partial").exists()


def _mask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
