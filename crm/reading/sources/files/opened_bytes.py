"""The bytes of a file, plain or gzip, in blocks; and files of the reader's own, which only their owner can read."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

BLOCK = 1 << 18
"""Bytes in memory at a time."""


def is_gzip(path: Path) -> bool:
    """Whether the file is gzip by its first bytes, whatever it is called."""
    with path.open("rb") as handle:
        return handle.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> IO[bytes]:
    """Open a plain or gzip file; gzip is unpacked on the way."""
    return cast(IO[bytes], gzip.open(path, "rb")) if is_gzip(path) else path.open("rb")


def blocks(path: Path) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file, block by block."""
    with open_bytes(path) as handle:
        while block := handle.read(BLOCK):
            yield block


def first_bytes(path: Path, most: int) -> bytes:
    """Return at most ``most`` unpacked bytes from the beginning."""
    with open_bytes(path) as handle:
        return handle.read(most)


def private_file(path: Path) -> IO[bytes]:
    """Make a file that only its owner can read, and open it for writing: scratch holds people's names."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
