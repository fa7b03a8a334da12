"""What a long run says while it works: a bar when a person watches, nothing otherwise.

Every room takes a plain callable, so nothing below this one knows of terminals.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from leadq.pipelines.console.output_streams import own_stderr


class Progress(Protocol):
    """Told what is being done, in words, and perhaps the share done in [0, 1] of this step."""

    def __call__(self, words: str, share: float | None = None, /) -> None:
        """Say it."""


def silent(_words: str, _share: float | None = None, /) -> None:
    """Say nothing."""


@contextmanager
def watched(what: str) -> Iterator[Progress]:
    """Yield a progress that a person sees on stderr, or a silent one where stderr is no terminal."""
    if not own_stderr().isatty():
        yield silent
        return
    from rich.console import Console  # noqa: PLC0415 - only where somebody watches
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    console = Console(file=own_stderr())
    # what libraries print must not come out above the bar: it is set aside with the rest
    with Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(what, total=None)

        def tell(words: str, share: float | None = None, /) -> None:
            total = None if share is None else 1.0
            bar.update(task, description=words, total=total, completed=share or 0.0)

        yield tell
