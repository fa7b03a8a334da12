"""Standard output and error are leadq's own: while a command works, what libraries say there is set aside.

Libraries write where they please: C++ straight to file descriptor 1, OpenMP's threads too, Python warnings and loggers to ``sys.stderr``,
programs that a library starts to whatever they inherit. A rule for each would always be one behind. So the descriptors themselves are
turned away for as long as a command works, and what leadq has to say (an answer, a bar, an address) goes to copies of them kept here.

What was set aside is thrown away where all went well. Where something unforeseen happened its end is noted on the exception, so that the
log has it. With ``--debug`` nothing is thrown away: all of it goes to standard error, as it comes.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import IO, TextIO

from leadq.foundation.problems import LeadqError

NOTED_BYTES = 8_000
"""How much of what libraries said is noted on an exception, from its end."""
_OUT, _ERR = 1, 2


@dataclass(slots=True)
class _Process:
    """State of this process, which has one standard output: where ours goes, and whether it has its answer."""

    out: TextIO | None = None
    err: TextIO | None = None
    answered: bool = False


_process = _Process()


def own_stdout() -> TextIO:
    """Return where a command's answer goes."""
    return _process.out or sys.stdout or _nowhere()


def own_stderr() -> TextIO:
    """Return where a command's progress and failures go."""
    return _process.err or sys.stderr or _nowhere()


@cache
def _nowhere() -> TextIO:
    """Return where words go where who called us has closed the output: the work is done all the same."""
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - a device, open until the process ends


def answer(text: str) -> None:
    """Write the command's answer to standard output, a line or a document, at once."""
    answer_in_parts((text + "\n",))


def answer_in_parts(parts: Iterable[str]) -> None:
    """Write a long answer part by part, until it ends or nobody reads any more (``| head``): the work is done all the same."""
    _process.answered = True  # before it is out: Ctrl+C between the two must not bring a second document
    stream = own_stdout()
    for part in parts:
        try:
            stream.write(part)
            stream.flush()
        except BrokenPipeError:
            return


def answered() -> bool:
    """Tell whether this command has given its answer: a machine must not get a second document."""
    return _process.answered


def begin() -> None:
    """Begin a command: it has not answered."""
    _process.answered = False


@contextmanager
def libraries_aside(*, shown: bool = False) -> Iterator[None]:
    """Set aside what anything but leadq writes to standard output and error.

    Parameters
    ----------
    shown : bool
        Show it on standard error instead of keeping it.
    """
    if _process.out is not None:  # a command within a command
        yield
        return
    with ExitStack() as stack:
        aside: IO[bytes] | None = None if shown else stack.enter_context(_keeper())
        _process.out, _process.err = stack.enter_context(_copy(sys.stdout, _OUT)), sys.stderr
        stack.callback(_give_back)
        stack.enter_context(_turned(_OUT, _ERR if aside is None else aside.fileno()))
        if aside is not None:
            _process.err = stack.enter_context(_copy(sys.stderr, _ERR))
            stack.enter_context(_turned(_ERR, aside.fileno()))
        try:
            yield
        except Exception as error:
            if aside is not None and not isinstance(error, LeadqError):
                _note(error, aside)
            raise


def silent_exit() -> None:
    """Let nothing be said while the interpreter winds down: the answer is out, and what libraries say then is nobody's.

    To be called last: what was registered later is done earlier.
    """
    atexit.register(_shut)


def _give_back() -> None:
    _process.out = _process.err = None


@contextmanager
def _keeper() -> Iterator[IO[bytes]]:
    """Yield a file that is gone when it is closed; where none can be made, one that keeps nothing."""
    try:
        file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
    except OSError:
        file = open(os.devnull, "w+b")  # noqa: SIM115, PTH123 - a device; closed below
    with file:
        yield file


@contextmanager
def _copy(stream: TextIO, descriptor: int) -> Iterator[TextIO]:
    """Yield a stream to where ``descriptor`` leads now; ``stream`` itself where it is another's, as in tests, or closed."""
    try:
        ours = stream is not None and stream.fileno() == descriptor
        kept = os.dup(descriptor) if ours else -1
    except (AttributeError, OSError, ValueError):
        kept = -1
    if kept < 0:
        yield stream
        return
    copy = os.fdopen(kept, "w", encoding=stream.encoding, errors=stream.errors, buffering=1)
    try:
        yield copy
    finally:
        with contextlib.suppress(OSError):  # nobody reads any more, or the disk is full: told when it was written
            copy.close()


@contextmanager
def _turned(descriptor: int, target: int) -> Iterator[None]:
    """Let ``descriptor`` lead to ``target``; what is buffered goes where it was meant to, before and after."""
    _flush()
    try:
        kept = os.dup(descriptor)
    except OSError:  # closed by who called us: nothing can be said there
        yield
        return
    os.dup2(target, descriptor)
    try:
        yield
    finally:
        _flush()
        os.dup2(kept, descriptor)
        os.close(kept)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)  # C has a buffer of its own, which would else come out after us


def _note(error: Exception, aside: IO[bytes]) -> None:
    _flush()
    size = aside.seek(0, os.SEEK_END)
    aside.seek(max(size - NOTED_BYTES, 0))
    if said := aside.read().decode("utf-8", errors="replace").strip():
        error.add_note(f"What libraries had said:\n{said}")


def _shut() -> None:
    _flush()
    with contextlib.suppress(OSError), open(os.devnull, "w+b") as nothing:  # noqa: PTH123 - a device
        for descriptor in (_OUT, _ERR):
            os.dup2(nothing.fileno(), descriptor)
