"""No file harms or misleads a reader: each attack on each file that people write is refused with line and remedy, fast and small."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.foundation.yaml_attacks import ATTACKS, KINDS, MEGABYTE, measured

MOST_SECONDS, MOST_MEGABYTES = 2.0, 200.0
MOST_CHARACTERS = 40_000
"""All that is told of one file."""


@cache
def _taken(kind: str) -> dict[str, dict[str, Any]]:
    """What the reader of this kind made of every attack, in processes apart."""
    command = [sys.executable, "-m", "tests.foundation.yaml_attacks", kind]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


IN_ACCEPTANCE = ("params.yaml", "sentences.yaml")
"""Read as leadq.yaml and playbook.yaml are, which stay."""


def _param(kind: str, *more: str) -> Any:
    return pytest.param(kind, *more, marks=pytest.mark.acceptance if kind in IN_ACCEPTANCE else ())


ALL = [_param(kind, title) for kind in KINDS for title in ATTACKS if KINDS[kind].flag or not title.startswith("flag ")]
EACH = [_param(kind) for kind in KINDS]


@pytest.mark.parametrize(("kind", "title"), ALL)
def test_an_attack_is_refused_with_line_and_remedy(kind: str, title: str) -> None:
    attack = ATTACKS[title]
    taken = _taken(kind)[title]
    assert taken["seconds"] < MOST_SECONDS
    assert taken["megabytes"] < MOST_MEGABYTES
    assert taken["error"] in ("AgreementError", "ConfigError", *([None] if attack.may_pass else []))
    for where, rule, value, remedy in taken["problems"]:
        assert kind in where
        assert rule
        assert remedy.endswith(".")
        assert (where + rule + value + remedy).isprintable()
    assert sum(len("".join(problem)) for problem in taken["problems"]) < MOST_CHARACTERS
    if not attack.may_pass:
        told = [problem for problem in taken["problems"] if re.search(attack.says, problem[1])]
        assert told, taken["problems"][:3]
        assert not attack.has_line or all(re.search(r" line \d+", where) for where, *_ in told)


@pytest.mark.parametrize("kind", EACH)
def test_nothing_takes_long_or_much(kind: str, record_property: Callable[[str, object], None]) -> None:
    taken = _taken(kind)
    assert taken["the good file"]["error"] is None
    slowest = max(taken, key=lambda title: taken[title]["seconds"])
    largest = max(taken, key=lambda title: taken[title]["megabytes"])
    figure = (
        f"{kind}: {len(taken) - 1} attacks, at most {taken[slowest]['seconds']:.2f} s ({slowest}) "
        f"and {taken[largest]['megabytes']:.0f} MB ({largest})"
    )
    record_property("figure", figure)
    assert taken[slowest]["seconds"] < MOST_SECONDS
    assert taken[largest]["megabytes"] < MOST_MEGABYTES


@pytest.mark.parametrize("kind", EACH)
def test_the_lines_that_are_named_are_those_at_fault(kind: str) -> None:
    text = KINDS[kind].text
    begin = next(at for at, line in enumerate(text.splitlines(), 1) if line.startswith(f"{KINDS[kind].first}:"))
    end = text.count("\n") + 2
    lines = {"key twice": end, "anchor alone": end, "two documents": end, "no character": end, "misspelt key": begin}
    for title, line in lines.items():
        assert f"{kind} line {line}" in " ".join(where for where, *_ in _taken(kind)[title]["problems"]), title


def test_what_takes_long_or_much_would_be_seen(tmp_path: Path) -> None:
    large = measured(lambda _: bytearray(300 * MEGABYTE), tmp_path)
    assert large["megabytes"] > MOST_MEGABYTES
    assert measured(lambda _: bytearray(5_000 * MEGABYTE), tmp_path)["error"] == "MemoryError"
    assert measured(lambda _: sum(range(10_000_000)), tmp_path)["seconds"] > 0.05
    assert measured(lambda _: os._exit(1), tmp_path)["error"] == "killed"
