"""``python -m tests.crm.reading.fuzz.run --minutes 30``: broken files read in processes of their own, each with 20 seconds of computing.

What must come of every file: it is read, or refused with a LeadqError. ``--only SEED --folder F`` reads one file and keeps it.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.crm.reading.fuzz.reader import MOST_MEMORY_MB, one

MOST_SECONDS = 20
"""Of computing, so that a busy machine changes no verdict; one that waits for something is ended after :data:`_MOST_WAITING`."""
_MOST_WAITING = 300
ROOT = Path(__file__).resolve().parents[4]


@dataclass(slots=True)
class Reader:
    """A process that reads, and what it is at; ended by its own id when it takes too long."""

    process: subprocess.Popen[str]
    seed: int = -1
    since: float = 0.0
    computed: float = 0.0

    @classmethod
    def started(cls) -> Reader:
        """Start one."""
        command = [sys.executable, "-m", "tests.crm.reading.fuzz.reader"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return cls(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )  # fmt: skip

    def give(self, seed: int) -> None:
        """Let it read the file of ``seed``."""
        assert self.process.stdin is not None
        self.seed, self.since, self.computed = seed, time.monotonic(), _computed(self.process.pid)
        self.process.stdin.write(f"{seed}\n")
        self.process.stdin.flush()

    @property
    def seconds(self) -> float:
        """Seconds that it has computed for its file."""
        return _computed(self.process.pid) - self.computed

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


@dataclass(slots=True)
class Fuzzed:
    """What came of all files; ``faults`` are those that were neither read nor refused in time and memory."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    most_memory_mb: int = 0
    longest_seconds: float = 0.0

    def add(self, answer: dict[str, object], seconds: float) -> bool:
        """Count an answer; False where its process is to be replaced."""
        done, memory = str(answer["done"]), int(str(answer["memory_mb"]))
        self.most_memory_mb, self.longest_seconds = max(self.most_memory_mb, memory), max(self.longest_seconds, seconds)
        fine = done in ("read", "refused")
        self.counts[done if fine else "fault"] += 1
        self.counts[str(answer["how"]).split(" ")[0]] += 1
        if not fine:
            self.faults.append(f"seed {answer['seed']} ({answer['how']}): {done}")
        if memory > MOST_MEMORY_MB:
            self.faults.append(f"seed {answer['seed']} ({answer['how']}): {memory} MB")
        return memory <= MOST_MEMORY_MB


def fuzz(*, first_seed: int, seconds: float, processes: int) -> Fuzzed:
    """Read broken files for so long; waiting for the first answers of new processes does not count."""
    found, seeds = Fuzzed(), count(first_seed)
    readers = [Reader.started() for _ in range(processes)]
    watched = selectors.DefaultSelector()
    for reader in readers:
        _begin(watched, reader, next(seeds))
    until: float | None = None
    while watched.get_map():
        for key, _ in watched.select(timeout=1):
            reader = key.data
            line = reader.process.stdout.readline()
            if not line:
                heard = reader.process.communicate()[1]
                found.faults.append(
                    f"seed {reader.seed}: the process ended with {reader.process.returncode}: {heard[-500:]}"
                )
                reader = _replaced(watched, reader)
            elif not found.add(json.loads(line), reader.seconds):
                reader = _replaced(watched, reader)
            until = until or time.monotonic() + seconds
            _next(watched, reader, seeds, until)
        for key in list(watched.get_map().values()):
            reader, limit = key.data, MOST_SECONDS + (10 if until is None else 0)  # it begins with its imports
            if reader.seconds > limit or time.monotonic() - reader.since > _MOST_WAITING:
                found.faults.append(f"seed {reader.seed}: no answer after {MOST_SECONDS} seconds")
                _next(watched, _replaced(watched, reader), seeds, until or 0)
    return found


def _computed(process: int) -> float:
    """Return the seconds of the processor that a process has had."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _begin(watched: selectors.BaseSelector, reader: Reader, seed: int) -> None:
    assert reader.process.stdout is not None
    watched.register(reader.process.stdout, selectors.EVENT_READ, reader)
    reader.give(seed)


def _replaced(watched: selectors.BaseSelector, reader: Reader) -> Reader:
    assert reader.process.stdout is not None
    watched.unregister(reader.process.stdout)
    reader.end()
    another = Reader.started()
    assert another.process.stdout is not None
    watched.register(another.process.stdout, selectors.EVENT_READ, another)
    return another


def _next(watched: selectors.BaseSelector, reader: Reader, seeds: count[int], until: float) -> None:
    if time.monotonic() < until:
        reader.give(next(seeds))
    else:
        assert reader.process.stdout is not None
        watched.unregister(reader.process.stdout)
        reader.end()


def main(arguments: list[str]) -> int:
    """Fuzz and print what came of it; 1 where there are faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int)
    parser.add_argument("--folder", type=Path, default=Path("fuzzed"))
    given = parser.parse_args(arguments)
    if given.only is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(one(given.only, given.folder), indent=1).replace("\\n", "\n"))  # noqa: T201
        return 0
    found = fuzz(first_seed=given.seed * 1_000_000, seconds=60 * given.minutes, processes=given.processes)
    print(f"{found.counts}, at most {found.most_memory_mb} MB and {found.longest_seconds:.1f} s a file")  # noqa: T201
    print("\n".join(found.faults) or "no faults")  # noqa: T201
    return int(bool(found.faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
