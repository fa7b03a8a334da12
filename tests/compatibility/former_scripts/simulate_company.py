"""Simulate a company's sources, and write what its data team writes by hand; run with the former packages, whose names it imports.

What ``leadq init`` of that time writes is left to it: agreement.yaml, playbook.yaml, dvc.yaml.
"""
# ruff: noqa: TID251, I001 - the former names are what it is for

from __future__ import annotations

import sys
from pathlib import Path

import serving.words
from crm.company.settings import CompanySettings
from pipelines.progress import silent
from pipelines.simulate import write_simulated

ADDED = """\
playbook: playbook.yaml
sentences: sentences.yaml
deliver: {files: {kind: files, folder: delivered}}
"""
OWN_WORDS = ("not known: add it", "not known yet: please add it")
"""With words of the company's own, their hash is part of every run's name."""

folder = Path(sys.argv[1])
made = write_simulated(
    folder, CompanySettings(n_leads=2000, base_rate=0.25, noise_fields=0, drift="none", seed=7), silent
)
(folder / "leadq.yaml").write_text(made.config_text + ADDED, encoding="utf-8")
(folder / "params.yaml").write_text(sys.argv[2], encoding="utf-8")
sentences = (Path(serving.words.__path__[0]) / "sentences.yaml").read_text(encoding="utf-8")
assert OWN_WORDS[0] in sentences
(folder / "sentences.yaml").write_text(sentences.replace(*OWN_WORDS), encoding="utf-8")
