"""A warmed process that forks a child for every attempt, so that kills do not all fall into the time that imports take.

It runs no thread, so that a fork is a whole process; the child is killed by the kernel like any other. Asked and answered in lines of
JSON on its standard input and output.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.conformance.connectors.attempt import Attempt, run_attempt

ROOT = Path(__file__).parents[3]
LONGEST_LIFE_SECONDS = 900.0
KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a child ended: exit code (negative: the signal) and the seconds that it lived."""

    code: int
    seconds: float


class Template:
    """The warmed process, as a test sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, attempt: Attempt, *, kill_after: float | None) -> Ended:
        """Let a child make an attempt, and kill it after so many seconds where it has not ended before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"attempt": asdict(attempt), "kill_after": kill_after}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the warmed process is gone"
        return Ended(**json.loads(line))


@contextmanager
def warmed() -> Iterator[Template]:
    """Start the warmed process, and end it."""
    command = [sys.executable, "-m", "tests.conformance.connectors.warmed_process"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Template(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def serve() -> None:
    """Fork a child a line until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _be_the_child(Attempt(**asked["attempt"]))
        code = _outcome(child, asked["kill_after"])
        sys.stdout.write(json.dumps({"code": code, "seconds": time.monotonic() - began}) + "\n")
        sys.stdout.flush()


def _be_the_child(attempt: Attempt) -> None:
    """Make the attempt; what it says goes to standard error, and nothing of the parent's is run at its end."""
    os.dup2(2, 1)
    try:
        code = run_attempt(attempt)
    except BaseException:
        traceback.print_exc()
        code = 99
    os._exit(code)


def _outcome(child: int, kill_after: float | None) -> int:
    """Wait for a child; its number stays its own until it is reaped here, so that no other process can be hit."""
    descriptor = os.pidfd_open(child)
    try:
        ended, _, _ = select.select([descriptor], [], [], LONGEST_LIFE_SECONDS if kill_after is None else kill_after)
        if not ended:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    serve()
