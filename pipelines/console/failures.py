"""The one place that turns an exception into a message, a log and an exit code.

Bad input gets its problems and never a traceback; what nobody foresaw gets one line and the place of the log.
"""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from leadq.foundation.installed.extras import missing_extra
from leadq.foundation.plurals import counted
from leadq.foundation.problems import LeadqError, Problem, StoreError, UsageError
from leadq.pipelines.console.command_result import for_a_terminal
from leadq.pipelines.console.output_streams import answer, answered

_HEADINGS = {
    2: "Wrong usage",
    3: "Stopped before anything was written",
    4: "Paused; run the same command again later",
}
"""How a failure begins, by exit code."""


class InterruptedCommandError(LeadqError):
    """Somebody pressed Ctrl+C; the exit code is the shell's for it."""

    exit_code = 130

    def __init__(self) -> None:
        remedy = "Run it again: what was finished is kept, and no file was half-written."
        super().__init__(Problem(where="leadq", rule="was interrupted", remedy=remedy))


def report(error: Exception, arguments: Sequence[str], *, now: datetime, debug: bool) -> int:
    """Say what went wrong, on stderr for a person and on stdout where ``--json`` was asked for.

    A machine that has its answer already (the desk's address) is told on stderr too: its stdout is one document.

    Returns
    -------
    int
        The exit code.
    """
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    known = as_known(error, arguments, now=now)
    code, problems = known.exit_code, known.problems
    if "--json" in arguments and not answered():
        answer(json.dumps(_facts(code, problems), indent=1, sort_keys=True))
    else:
        heading = _HEADINGS.get(code, "Failed")
        many = "" if len(problems) == 1 else f" ({counted(len(problems), 'problem')})"
        listed = "".join(f"- {for_a_terminal(str(problem))}\n" for problem in problems)
        sys.stderr.write(f"{heading}{many}:\n{listed}")
    return code


def as_known(error: Exception, arguments: Sequence[str], *, now: datetime) -> LeadqError:
    """Return an error as one of ours: of the disk, which happens to everybody, or unforeseen, with its log written."""
    if isinstance(error, LeadqError):
        return error
    if (usage := _as_usage(error)) is not None:
        return usage
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        remedy = "Free up disk space or fix the permissions, then run the command again; no file was half-written."
        rule = "must be readable and writable"
        return StoreError(Problem(where=str(error.filename), rule=rule, value=str(error.strerror), remedy=remedy))
    if (
        isinstance(error, ModuleNotFoundError)
        and (missing := missing_extra(error, where=_command(arguments))) is not None
    ):
        return LeadqError(missing)
    log = _write_log(error, arguments, now)
    remedy = (
        f"This is a fault in leadq; the log is {log}, and --debug shows it here. No file was half-written, and what was "
        "finished before this is kept."
    )
    value = f"{type(error).__name__}: {_first_line(error)}"
    return LeadqError(Problem(where="leadq", rule="stopped at an unexpected error", value=value, remedy=remedy))


def _as_usage(error: Exception) -> LeadqError | None:
    """Return what the parser of the command line refuses as ours; known by its looks, as typer keeps the class to itself."""
    message, context = getattr(error, "format_message", None), getattr(error, "ctx", None)
    if message is None or context is None:
        return None
    command = str(context.command_path)
    return UsageError(Problem(where=command, rule=str(message()), remedy=f"See {command} --help."))


def _command(arguments: Sequence[str]) -> str:
    return " ".join(["leadq", *arguments[:1]])


def _facts(code: int, problems: Sequence[Problem]) -> dict[str, Any]:
    rows = [
        {
            "where": problem.where,
            "rule": problem.rule,
            "value": problem.value,
            "remedy": problem.remedy,
            "count": problem.count,
            "examples": list(problem.examples),
        }
        for problem in problems
    ]
    return {"done": False, "exit_code": code, "problems": rows}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def _write_log(error: Exception, arguments: Sequence[str], now: datetime) -> str:
    text = f"leadq {' '.join(arguments)}\n{now.isoformat()}\n\n" + "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(  # a name that nobody can guess, a file that only its owner reads
            "w", prefix=f"leadq-{now:%Y%m%dT%H%M%S}-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
        ) as log:
            log.write(text)
    except OSError:
        return "missing, as it could not be written either"
    return log.name
