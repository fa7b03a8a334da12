"""Put the evidence page together out of what the benchmarks have written into ``.bench/``.

make bench        # runs them all, then this: about an hour and a half on two cores
python -m benchmarks.evidence [--write docs/evidence.md]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.truth import RESULTS, read_trials
from benchmarks.truth_tables import error_table, promise_table, ratio_table, verdicts
from tests.layout.markdown_layout import laid_out

ROOT = Path(__file__).parents[1]
FRAGMENTS = ("acceptance_test", "promotion_gate", "leak_checks", "refreshed_anchor", "real_leads", "faithful_reasons")
HEADING = """# Evidence

What is claimed of probabilities, promises, gate and leak checks, and what came of it. Every table is made by the command beside it;
`make bench` makes them all.

## Against the truth: twelve kinds of simulated company

Made by `python -m benchmarks.truth`. Each company is trained at an origin 560 to 833 days into its history, in all four seasons of the
year, by the product's own path: files, ingest, features, leak checks, rolling origins, anchor, tiers. It is judged on the worked leads
of the quarter after the origin, at hand-off, by the true probability at their first touch, which the simulation knows. {companies}
companies, as many of each kind as the tables say. The CRM is read once, after the tested quarter, and what was not known at the origin
is taken away; vocabularies and leak checks see the whole file. The calibrator is the line of Platt; whether a beta curve pays is not
tried here. The size is that of the CRM at the origin; two thirds of its leads are worked and mature.
"""
PROMISES = """### Promises

The truth supports a promise where the truly best 5 % of the hand-offs have a mean of at least 1.2 times the promise. Kept: the true mean
of the next quarter's leads in the tier is at least the promise.
"""
RATIOS = """### Predicted over true mean

Mean over companies with two standard errors. Closed deals only: won against lost among the deals closed by the origin, of all leads
and of those of the last half year, as most products train.
"""
ERRORS = """### Error: RMSE to the true probability

All ways but the last share the booster and its out-of-fold margins; the last fits on the earliest 80 % and calibrates on the rest.
"""


def page(results: Path, fragments: Path) -> str:
    """Return the whole page.

    Raises
    ------
    SystemExit
        A benchmark has not been run.
    """
    trials = read_trials(results)
    missing = [name for name in FRAGMENTS if not (fragments / f"{name}.md").exists()]
    if missing or not trials:
        raise SystemExit(f"Run first: {', '.join(missing or ['truth'])} (make bench)")
    parts = [
        HEADING.format(companies=len(trials)),
        "### Claims\n\n" + verdicts(trials),
        PROMISES + "\n" + promise_table(trials),
        RATIOS + "\n" + ratio_table(trials),
        ERRORS + "\n" + error_table(trials),
        *((fragments / f"{name}.md").read_text(encoding="utf-8").strip() + "\n" for name in FRAGMENTS),
    ]
    return laid_out("\n".join(parts))


def main() -> None:
    """Print the page or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--fragments", type=Path, default=ROOT / ".bench")
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    text = page(chosen.results, chosen.fragments)
    if chosen.write:
        chosen.write.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
