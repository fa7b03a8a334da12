"""A folder that is made is one's own, although others clean up at any moment."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from leadq.foundation import private_scratch as scratch
from leadq.foundation.atomic_files import new_folder


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_another_command_that_cleans_up_takes_no_folder_that_was_just_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commands start at once: one has made its folder and not locked it yet when the other removes what nobody holds."""
    real, made = tempfile.mkdtemp, list[str]()

    def made_and_removed(prefix: str) -> str:
        made.append(real(prefix=prefix))
        if len(made) <= 2:
            scratch.remove_abandoned()
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", made_and_removed)
    with scratch.private_scratch() as folder:
        assert len(made) == 3
        (folder / "rows").write_text("x")
        scratch.remove_abandoned()
        assert (folder / "rows").read_text() == "x"
    assert not folder.exists()


def test_a_folder_that_is_gone_while_it_is_locked_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    real, locked = scratch.hold, list[Path]()

    def removed_after(folder: Path) -> int | None:
        held = real(folder)
        locked.append(folder)
        if len(locked) == 1:
            shutil.rmtree(folder)
        return held

    monkeypatch.setattr(scratch, "hold", removed_after)
    with scratch.private_scratch() as folder:
        assert folder.is_dir()
        assert len(locked) == 2


def test_a_folder_written_whole_is_begun_anew_where_it_was_taken_for_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, locked = scratch.hold, list[Path]()

    def removed_before(folder: Path) -> int | None:
        locked.append(folder)
        if len(locked) == 1:
            folder.rmdir()
        return real(folder)

    monkeypatch.setattr(scratch, "hold", removed_before)
    with new_folder(tmp_path / "tables") as partial:
        (partial / "leads").write_text("x")
    assert (tmp_path / "tables" / "leads").read_text() == "x"
    assert len(locked) == 2
