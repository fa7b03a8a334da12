"""What the leak checks cost and catch, over kinds of simulated companies: honest fields lost, planted leaks and canaries caught.

    python -m benchmarks.leak_checks [--seeds 1 2 3 4 5 6] [--write PATH]

A field is a column of the CRM, or a kind of event, that features are made of; it is lost when any of its features is left out. The two
fields that the simulated company leaks by design are not honest ones and must be caught in every company.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.reading.ingest import read_history
from leadq.crm.simulated import CompanySettings, simulate, write_company
from leadq.features.build_training_data import build_training_data
from leadq.features.catalogue import Catalogue
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.leak_checks.canaries import Canary
from leadq.features.leak_checks.run_checks import check_leaks, quarantine

PLANTED = ("leads.procurement_contact", "leads.status")
LEADS = (2_000, 10_000)
BASE_RATES = (0.03, 0.10, 0.25)
SEEDS = (1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One company: how many honest fields it has, which were left out, whether the planted leaks and the canaries were caught."""

    leads: int
    base_rate: float
    seed: int
    honest: int
    lost: tuple[str, ...]
    planted_caught: bool
    canaries: tuple[Canary, ...]
    stopped: tuple[int, ...]
    cpu_seconds: float


def look_at(leads: int, base_rate: float, seed: int) -> Seen:
    """Simulate, read and check one company by the product's own path."""
    company = simulate(CompanySettings(n_leads=leads, base_rate=base_rate, seed=seed))
    agreement = parse_agreement(template_text(), where="agreement.yaml")
    with tempfile.TemporaryDirectory() as folder:
        write_company(company, Path(folder, "source"))
        config = read_config(Path(folder, "source", "leadq.yaml"), environment={})
        history = read_history(config, folder=Path(folder, "history"), read_at=company.read_at)
        with open_engine(spill=Path(folder, "spill")) as backend:
            data = build_training_data(backend, history, agreement, FeatureSettings())
        began = time.process_time()
        checked = check_leaks(data, history, seed=seed, agreement=agreement)
        spent = time.process_time() - began
        left_out = quarantine(checked.findings, history)
    fields = fields_of(data.catalogue)
    lost = {fields[name] for name in left_out if name in fields} - set(PLANTED)
    caught = {fields.get(name, name) for name in left_out}
    return Seen(
        leads=leads,
        base_rate=base_rate,
        seed=seed,
        honest=len(set(fields.values()) - set(PLANTED)),
        lost=tuple(sorted(lost)),
        planted_caught=set(PLANTED) <= caught,
        canaries=checked.canaries,
        stopped=tuple(sorted({found.check for found in checked.findings if found.consequence == "stop"})),
        cpu_seconds=spent,
    )


def fields_of(catalogue: Catalogue) -> dict[str, str]:
    """Feature to the field it is made of: its column, or for what is counted the family (a kind of event, the account)."""
    return {one.name: one.source if "." in one.source else one.family for one in catalogue.features}


def table(seen: Sequence[Seen] | None = None) -> str:
    """Markdown: honest fields lost by kind of company, and what caught each canary."""
    seen = seen if seen is not None else tuple(look_at_all(SEEDS))
    lines = ["| leads | base rate | companies | honest fields | left out | which | planted caught | stopped | CPU s |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    kinds = sorted({(one.leads, one.base_rate) for one in seen})
    for leads, rate in kinds:
        lines.append(
            _kind(f"{leads:,}", f"{rate:.0%}", [one for one in seen if (one.leads, one.base_rate) == (leads, rate)])
        )
    lines.append(_kind("all", "", list(seen)))
    lines += ["", "| planted on purpose | tried | caught | by check |", "|---|---|---|---|"]
    for planted in dict.fromkeys(canary.planted for one in seen for canary in one.canaries):
        tried = [canary for one in seen for canary in one.canaries if canary.planted == planted and not canary.why_not]
        by = sorted({check for canary in tried for check in canary.caught_by})
        caught = sum(not canary.missed for canary in tried)
        lines.append(f"| {planted} | {len(tried)} | {caught} | {', '.join(map(str, by))} |")
    return "\n".join(lines) + "\n"


def look_at_all(seeds: Iterable[int]) -> Iterable[Seen]:
    """Every kind of company with every seed."""
    for seed in seeds:
        for leads in LEADS:
            for rate in BASE_RATES:
                yield look_at(leads, rate, seed)


def _kind(leads: str, rate: str, seen: list[Seen]) -> str:
    honest, lost = sum(one.honest for one in seen), sum(len(one.lost) for one in seen)
    names = ", ".join(sorted({name for one in seen for name in one.lost})) or "none"
    caught = sum(one.planted_caught for one in seen)
    stopped = sum(bool(one.stopped) for one in seen)
    cpu = sum(one.cpu_seconds for one in seen) / len(seen)
    return (
        f"| {leads} | {rate} | {len(seen)} | {honest / len(seen):.0f} | {lost / honest:.1%} | {names} | "
        f"{caught} of {len(seen)} | {stopped} | {cpu:.1f} |"
    )


HEADING = """## Leak checks: honest fields lost, planted leaks and canaries caught

A field is a column of the CRM, or a kind of event, that features are made of. Two fields of the simulated company leak by design and must
be caught in every company; four canaries are planted by the check itself.
"""


def main() -> None:
    """Print the table; with ``--write`` put it into a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    seen = []
    for one in look_at_all(chosen.seeds):
        seen.append(one)
        print(one, flush=True)
    text = table(seen)
    print(text)
    if chosen.write:
        command = f"python -m benchmarks.leak_checks --seeds {' '.join(map(str, chosen.seeds))} --write {chosen.write}"
        chosen.write.write_text(f"{HEADING}\nMade by `{command}`.\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
