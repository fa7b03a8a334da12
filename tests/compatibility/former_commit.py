"""The code as it was before all of it moved under one import name, taken out of git's history into a folder.

Nothing of it is committed a second time. Where the history is not there (a source archive, a shallow clone), :func:`former_tree`
skips the test that asks for it and says why.
"""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORMER_COMMIT = "e6642f0126bc288a13b382850c3ac04cab578b69"
"""The last commit whose packages are called agreement, crm, ... at top level.

By its hash: history is not rewritten, there is no tag, and "the parent of the move" would be another commit after a merge.
"""
FORMER_ROOMS = ("agreement", "crm", "features", "models", "serving", "pipelines")
"""Its packages, each started or imported by this name alone."""
BEFORE_THE_READINGS = "d0a87e5d959e2f6e6959152382eb3745bca19c9b"
"""The last commit that knew one reading of the sources: what it scored, its models score today (docs/decisions/0023)."""
ITS_ROOMS = ("leadq", "agreement", "crm", "features", "foundation", "models", "serving", "pipelines")
"""Its folders; ``leadq`` holds the links by which they are imported."""


def former_tree(commit: str = "", folders: tuple[str, ...] = FORMER_ROOMS) -> Path:
    """Return a temporary folder with a former commit's packages; skip where git does not have them.

    Without a commit it is :data:`FORMER_COMMIT`. It stays between runs of the tests, for what Numba compiles in it takes a quarter of a
    minute. What is missing is written again.
    """
    commit = commit or FORMER_COMMIT
    found = _git("cat-file", "-e", f"{commit}^{{commit}}")
    if found is None or found.returncode:
        said = (
            "git cannot be run" if found is None else found.stderr.decode(errors="replace").strip() or "no such commit"
        )
        pytest.skip(f"needs the history down to commit {commit[:12]}, and git says: {said}")
    taken = _git("archive", "--format=tar", commit, *folders)
    assert taken is not None
    if taken.returncode:  # a partial clone has the commit and fetches what is in it only when asked
        said = taken.stderr.decode(errors="replace").strip()
        pytest.skip(f"needs the files of commit {commit[:12]}, and git says: {said}")
    folder = Path(tempfile.gettempdir()) / f"leadq-{commit[:12]}-of-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    assert folder.stat().st_uid == os.getuid(), f"{folder} is somebody else's"
    with (folder / "lock").open("w") as lock, tarfile.open(fileobj=io.BytesIO(taken.stdout)) as archive:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [member for member in archive.getmembers() if not _is_there(folder, member)]
        archive.extractall(folder, members=missing, filter="data")
    return folder


def _is_there(folder: Path, member: tarfile.TarInfo) -> bool:
    path = folder / member.name
    if member.issym():
        return path.is_symlink() and str(path.readlink()) == member.linkname
    return path.is_dir() if member.isdir() else path.is_file() and path.stat().st_size == member.size


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except OSError:
        return None
