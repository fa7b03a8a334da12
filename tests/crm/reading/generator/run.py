"""``python -m tests.crm.reading.generator.run --files 2000 --seed 1``: the generated files one after another, and a table by kind.

``--only SEED`` shows one file and keeps it in ``--folder``.
"""

# ruff: noqa: T201 (what a person runs)
from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.crm.reading.generator.judge import (
    CRASHED,
    HELPLESS,
    REFUSED,
    RIGHT,
    SILENT,
    TOLD,
    VERDICTS,
    Judgement,
    judge,
)


def judged(seeds: Iterable[int]) -> Iterator[Judgement]:
    """Yield the judgement of every seed."""
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="leadq-generated-") as folder:
            yield judge(seed, Path(folder))


def by_kind(found: list[Judgement], *, whole: bool = True) -> str:
    """Return a table of verdicts, a line for each value of each kind; not ``whole``: only where something is amiss."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in found:
        for kind, value in one.plan.kinds.items():
            counts[kind, value][one.verdict] += 1
    lines = [f"{'kind':14} {'':44} {'files':>6} " + " ".join(f"{verdict:>8}" for verdict in VERDICTS)]
    for (kind, value), verdicts in sorted(counts.items()):
        if not whole and verdicts[RIGHT] + verdicts[REFUSED] == verdicts.total():
            continue
        figures = " ".join(f"{verdicts[verdict] or '':>8}" for verdict in VERDICTS)
        lines.append(f"{kind:14} {value[:44]:44} {verdicts.total():>6} {figures}")
    every = Counter(one.verdict for one in found)
    lines.append(
        f"{'all':14} {'':44} {len(found):>6} " + " ".join(f"{every[verdict] or '':>8}" for verdict in VERDICTS)
    )
    return "\n".join(lines)


def failures(found: list[Judgement]) -> list[Judgement]:
    """Return those that are neither right nor refused with a remedy that works, worst first."""
    order = (SILENT, CRASHED, HELPLESS, TOLD)
    return sorted((one for one in found if one.verdict in order), key=lambda one: order.index(one.verdict))


def main(arguments: list[str]) -> int:
    """Judge the files and print what became of them; 1 where one was wrong in silence or crashed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--short", action="store_true", help="only kinds in which something is amiss")
    given = parser.parse_args(arguments)
    if given.only is not None:
        folder = given.folder or Path(tempfile.mkdtemp(prefix=f"leadq-{given.only}-"))
        folder.mkdir(exist_ok=True, parents=True)
        print(judge(given.only, folder), folder, sep="\n")
        return 0
    seeds = range(given.seed * 100_000, given.seed * 100_000 + given.files)
    if given.processes > 1:
        with ProcessPoolExecutor(given.processes) as pool:
            chunks = pool.map(_some, [seeds[at :: given.processes * 4] for at in range(given.processes * 4)])
            found = sorted((one for chunk in chunks for one in chunk), key=lambda one: one.plan.seed)
    else:
        found = []
        for one in judged(seeds):
            found.append(one)
            if one.verdict not in (RIGHT, REFUSED):
                print(one, flush=True)
    print(by_kind(found, whole=not given.short))
    for one in failures(found)[: given.show if given.processes > 1 else 0]:
        print(one)
    return int(any(one.verdict in (SILENT, CRASHED) for one in found))


def _some(seeds: range) -> list[Judgement]:
    return list(judged(seeds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
