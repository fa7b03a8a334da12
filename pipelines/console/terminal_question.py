"""A question to the person at the terminal, where there is one."""

from __future__ import annotations

import sys
from collections.abc import Callable

from leadq.pipelines.console.output_streams import own_stdout


def at_the_terminal() -> Callable[[str], str | None] | None:
    """Return what shows a text and reads a line; None where input or output is no terminal, so that a script never waits."""
    if sys.stdin is None or not sys.stdin.isatty() or not own_stdout().isatty():
        return None
    return _ask


def _ask(text: str) -> str | None:
    own_stdout().write(text)
    own_stdout().flush()
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
