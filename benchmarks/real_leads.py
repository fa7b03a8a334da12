"""What the gate and the tiers say of real histories: `crm_opportunities` is never promoted, no tier offered on `loan_leads_2012` is red.

python -m benchmarks.real_leads [--write PATH]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from leadq.foundation.problems import GateStopped
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.live.live_models import read_live
from leadq.pipelines.console.progress import silent
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.quarter.promote import promote
from leadq.pipelines.training.stages import train_all

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADING = """## Real leads: promises out of time, and the gate

`leadq train` and `leadq promote` on the real data sets, through their example configurations.
"""


def train_example(name: str, folder: Path, data_folder: Path) -> tuple[Project, Bundle]:
    """Train one example in ``folder``."""
    shutil.copytree(ROOT / "examples" / name, folder / name)
    project = open_project(folder / name, environment={"LEADQ_SHARED_DATA": str(data_folder)}, now=NOW)
    train_all(project, silent)
    return project, read_bundle(project.work / "bundle")


def gate_says(project: Project) -> str:
    """Return why promotion is refused, or that it is not."""
    try:
        promote(project, by="benchmark")
    except GateStopped as stopped:
        return "refused (exit 3): " + "; ".join(f"{problem.rule} ({problem.value})" for problem in stopped.problems)
    champion = read_live(project.store.folder).champion
    return f"promoted: {champion.why}" if champion else "the base rate scores"


def table(data_folder: Path | None = None) -> str:
    """Markdown: tiers of the loan leads and what the gate says of both."""
    source = data_folder or Path(os.environ.get("LEADQ_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
    lines = [
        "| data | tier | promise | held-out leads | won | predicted | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    verdicts = []
    with tempfile.TemporaryDirectory() as name:
        for example in ("loan_leads_2012", "crm_opportunities"):
            project, bundle = train_example(example, Path(name), source)
            for cut in bundle.tiers:
                seen = "" if cut.observed_rate is None else f"{cut.observed_rate:.1%}"
                said = "" if cut.mean_probability is None else f"{cut.mean_probability:.1%}"
                light = cut.light if cut.offered else "not offered"
                lines.append(f"| {example} | {cut.tier_id} | {cut.promise:.0%} | {cut.n} | {seen} | {said} | {light} |")
            verdicts.append(f"- `{example}`: {gate_says(project)}.")
    return "\n".join([*lines, "", *verdicts]) + "\n"


def main() -> None:
    """Print the table; with ``--write`` into a file too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    text = table()
    print(text)
    if chosen.write:
        command = f"python -m benchmarks.real_leads --write {chosen.write}"
        chosen.write.write_text(f"{HEADING}\nMade by `{command}`.\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
