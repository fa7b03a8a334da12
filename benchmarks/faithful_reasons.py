"""Whether reasons are true: contributions against interventional SHAP and against deletion, on a simulated company and on real loan leads.

python -m benchmarks.faithful_reasons [--write PATH]    # trains both: about five minutes on one core
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.real_leads import ROOT, train_example
from leadq.agreement.template import template_text
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.models.audit.reason_audit import BACKGROUND, LEADS, LEAST, Audit, audit_reasons
from leadq.models.bundle.bundle import read_bundle
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.init import init, params_text
from leadq.pipelines.project.file_names import AGREEMENT, CONFIG
from leadq.pipelines.project.params import PARAMS
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.training.audit import reference_leads
from leadq.pipelines.training.simulate import write_simulated
from leadq.pipelines.training.stages import train_all
from leadq.pipelines.training.training_files import read_training_data

SEEDS = (7, 8, 9)
"""Draws of leads and background, of one trained model."""
HEADING = f"""## Are the reasons true?

{LEADS} reference leads against {BACKGROUND} others, three draws each. Deletion replaces all facts of a family by those of the others,
everything else stays; its effect on the calibrated log-odds is held against the contribution, for every contribution of at least {LEAST}.
Asked: correlation of 0.9 and more, median ratio (effect over contribution) of 0.8 to 1.25. Interventional SHAP has families as players.
"""


def train_simulated(folder: Path, *, leads: int, seed: int) -> Project:
    """Train on a simulated company in ``folder``."""
    made = write_simulated(folder, CompanySettings(n_leads=leads, seed=seed), silent)
    texts = {
        CONFIG: made.config_text,
        AGREEMENT: template_text(),
        PARAMS: params_text(seed=seed, read_at=made.read_at),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    init(folder)
    project = open_project(folder, environment={}, now=made.read_at)
    train_all(project, silent)
    return project


def audits(project: Project) -> list[Audit]:
    """Audit the last training with every draw."""
    bundle = read_bundle(project.work / "bundle")
    rows = reference_leads(read_training_data(project.work / "training")[0]).features
    found = [audit_reasons(bundle, rows, seed=seed) for seed in SEEDS]
    return [one for one in found if one is not None]


def line(name: str, one: Audit) -> str:
    """One row of the table."""
    figures = (
        f"{one.pairs}",
        f"{one.correlation:.3f}",
        f"{one.ratio:.2f}",
        f"{one.ratio_low:.2f} to {one.ratio_high:.2f}",
        f"{one.interventional_rank:.3f}",
        f"{one.interventional_strongest:.0%}",
        "yes" if one.faithful else "**no**",
    )
    return f"| {name} | {' | '.join(figures)} |"


def table(data_folder: Path | None = None) -> str:
    """Markdown: the figures of both companies."""
    source = data_folder or Path(os.environ.get("LEADQ_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
    head = "| leads | contributions | deletion: correlation | median ratio | 90 % of the ratios | interventional: rank correlation "
    head += "| same strongest family and direction | holds |"
    lines = [head, "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    with tempfile.TemporaryDirectory() as name:
        simulated = train_simulated(Path(name) / "simulated", leads=20_000, seed=7)
        lines += [line("simulated company, 20,000 leads", one) for one in audits(simulated)]
        loans, _ = train_example("loan_leads_2012", Path(name), source)
        lines += [line("loan_leads_2012", one) for one in audits(loans)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table; with ``--write`` into a file too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    text = table()
    print(text)
    if chosen.write:
        command = f"python -m benchmarks.faithful_reasons --write {chosen.write}"
        chosen.write.write_text(f"{HEADING}\nMade by `{command}`.\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
