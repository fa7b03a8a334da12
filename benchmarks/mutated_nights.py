"""200 nights whose export changed since training, in all the ways exports change, and 200 that are as ever, with seasons.

``python -m benchmarks.mutated_nights FOLDER`` prints each night and the totals: a quarter of an hour on one core. ``FOLDER`` keeps the
companies that have learnt, so that another run begins at once.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.pipelines.night.mutated_nights.nights import Companies, Seen, clean_nights, mutated_nights

SAID_AT_MOST = 0.02
"""Share of nights as ever on which anything may be said."""


def main() -> int:
    """Make the nights; 1 where a changed night was too silent or too many unchanged ones were not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the companies are made, or are already")
    parser.add_argument("--mutated", type=int, default=200, help="how many changed nights")
    parser.add_argument("--clean", type=int, default=200, help="how many unchanged ones")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first night, to go on where another run ended"
    )
    asked = parser.parse_args()
    companies = Companies(asked.folder)
    clean = list(_shown(clean_nights(companies, range(asked.first, asked.clean))))
    mutated = list(_shown(mutated_nights(companies, range(asked.first, asked.mutated))))
    said = sum(bool(one.said) for one in clean)
    silent = sum(one.too_silent for one in mutated)
    outcomes = dict(Counter(one.outcome for one in mutated))
    print(f"{len(clean)} unchanged nights: something said on {said}")
    print(f"{len(mutated)} changed nights: {outcomes}, too silent {silent}")
    return int(silent > 0 or said > SAID_AT_MOST * len(clean))


def _shown(nights: Iterator[Seen]) -> Iterator[Seen]:
    for one in nights:
        print(one.line(), flush=True)
        yield one


if __name__ == "__main__":
    raise SystemExit(main())
