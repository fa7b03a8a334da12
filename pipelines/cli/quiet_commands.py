"""How a function becomes a command of ``leadq``: whatever it calls, only leadq is heard on standard output and error.

Every command is registered through :class:`Commands`, so that none can forget.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

import typer
from typer.core import TyperGroup

from leadq.pipelines.console.failures import InterruptedCommandError
from leadq.pipelines.console.output_streams import begin, libraries_aside

Work = Callable[..., Any]


class Commands(typer.Typer):
    """Commands during which libraries are set aside; with ``--debug`` they are shown on standard error."""

    def command(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """Register a function as a command, as ``typer.Typer.command`` does."""
        return _heard_alone(super().command(*args, **kwargs))

    def callback(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """Register a function as what stands before commands, as ``typer.Typer.callback`` does."""
        return _heard_alone(super().callback(*args, **kwargs))


class ShownByDefault(TyperGroup):
    """A group without a command, or with what is none of its commands, is its command ``show``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``show`` in front of what names no command."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


def _heard_alone(register: Callable[[Work], Work]) -> Callable[[Work], Work]:
    def decorate(work: Work) -> Work:
        @wraps(work)
        def run(*args: Any, **kwargs: Any) -> Any:
            begin()
            with libraries_aside(shown="--debug" in sys.argv):
                with suppress(KeyboardInterrupt):
                    return work(*args, **kwargs)
                gc.collect()  # half-made things (an event loop) complain when they go: while nobody listens
                raise typer.Exit(InterruptedCommandError.exit_code)

        register(run)
        return work

    return decorate
