"""Stage simulate: the simulated company's CRM as source files, so that everything can be tried without any data.

The true probabilities go into a folder of their own, ``truth/``, which no stage reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.simulate import simulate as simulate_company
from leadq.crm.simulated.tables.company_files import leadq_yaml, write_company
from leadq.crm.simulated.truth_files import write_planted, write_truth
from leadq.foundation.atomic_files import new_folder
from leadq.foundation.plurals import counted
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.file_names import CONFIG
from leadq.pipelines.project.params import SOURCE
from leadq.pipelines.project.project import Project

TRUTH = "truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What the rest needs to know of the company: its leadq.yaml, and when its CRM was read."""

    config_text: str
    read_at: datetime


def simulate(project: Project, progress: Progress) -> Simulated:
    """Simulate the company of params.yaml into ``source/`` and ``truth/``."""
    settings = CompanySettings(n_leads=project.settings.simulate.leads, seed=project.settings.seed)
    return write_simulated(project.folder, settings, progress)


def write_simulated(folder: Path, settings: CompanySettings, progress: Progress) -> Simulated:
    """Simulate a company into ``folder``: the files a user would have, and the truth apart."""
    progress(f"Simulating {counted(settings.n_leads, 'lead')}")
    company = simulate_company(settings)
    with new_folder(folder / SOURCE) as partial:
        write_company(company, partial)
        (partial / CONFIG).unlink()  # the project's own leadq.yaml stands one folder up
    write_truth(company.truth, folder / TRUTH)
    write_planted(company.planted, folder / TRUTH)
    text = leadq_yaml(company).replace("{path: ", f"{{path: {SOURCE}/")
    return Simulated(config_text=text, read_at=company.read_at)
