"""Whole or not at all: files and folders that appear finished or not.

A temporary name in the same folder, fsync, rename. A killed writer leaves the last good state and a
``.partial`` name that the next writer removes; a partial folder is its owner's alone to read, and held while it is written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from leadq.foundation.private_scratch import PARTIAL, give_to_readers, hold, made_and_held, owner_only
from leadq.foundation.problems import Problem, StoreError


def _failed(path: Path, error: OSError) -> StoreError:
    return StoreError(
        Problem(
            where=str(path),
            rule="must be writable",
            value=error.strerror or str(error),
            remedy="Free up disk space or fix the permissions, then run the command again; no file was half-written.",
        )
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(partial: Path) -> None:
    with suppress(OSError):  # where even that fails, the first error is the one to tell
        partial.unlink(missing_ok=True)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path; when the block succeeds it becomes ``path``, else it is removed.

    Raises
    ------
    StoreError
        The disk is full or not writable; ``path`` is unchanged.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb+") as handle:
            os.fsync(handle.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        _remove(partial)
        raise _failed(path, error) from error
    except BaseException:
        _remove(partial)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file whole."""
    with new_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def new_folder(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield a temporary folder; when the block succeeds it replaces ``path``, else it is removed.

    Nobody else can look into the temporary folder. With ``private`` its files are of mode 600 as well until it is complete.

    Raises
    ------
    StoreError
        The disk is full or not writable, or another process is writing ``path``; ``path`` is unchanged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(path, error) from error
    with ExitStack() as stack:
        mask = stack.enter_context(owner_only()) if private else _mask()
        partial = path.with_name(path.name + PARTIAL)
        old = path.with_name(path.name + ".old")
        try:
            if old.exists() and not path.exists():  # a writer died between the two renames
                old.replace(path)
            stack.callback(os.close, _begun(partial))
        except OSError as error:
            raise _failed(path, error) from error
        try:
            yield partial
            for file in partial.rglob("*"):
                if file.is_file():
                    with file.open("rb+") as handle:
                        os.fsync(handle.fileno())
            if private:
                give_to_readers(partial, mask)
            else:
                partial.chmod(0o777 & ~mask)
            shutil.rmtree(old, ignore_errors=True)
            if path.exists():
                path.replace(old)
            partial.replace(path)
            _sync_folder(path.parent)
            shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise _failed(path, error) from error
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


def _mask() -> int:
    """Return the process's mask, which can only be asked by setting it."""
    with owner_only() as mask:
        return mask


def _begun(partial: Path) -> int:
    """Make an empty folder that is this process's, in place of what a killed one left, and return what holds it.

    Raises
    ------
    StoreError
        Another process is writing it.
    """
    if partial.is_dir():
        left = hold(partial)
        if left is None:
            raise StoreError(_busy(partial))
        shutil.rmtree(partial, ignore_errors=True)
        os.close(left)

    def made() -> Path:
        try:
            partial.mkdir(mode=0o700)
        except FileExistsError:
            raise StoreError(_busy(partial)) from None
        return partial

    return made_and_held(made)[1]


def _busy(partial: Path) -> Problem:
    return Problem(
        where=str(partial),
        rule="must be written by one command at a time",
        value="another command is writing it",
        remedy="Wait until that command is done, then run this one again; nothing was changed.",
    )
