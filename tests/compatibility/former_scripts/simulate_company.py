"""Simulate a company's sources, and write what its data team writes by hand; run with the former packages, whose names it imports.

What ``leadq init`` of that time writes is left to it: agreement.yaml, playbook.yaml, dvc.yaml.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ADDED = """\
playbook: playbook.yaml
sentences: sentences.yaml
deliver: {files: {kind: files, folder: delivered}}
"""
OWN_WORDS = ("not known: add it", "not known yet: please add it")
"""With words of the company's own, their hash is part of every run's name."""

folder = Path(sys.argv[1])
company = import_module("crm.company.settings")  # names of that time, not of ours
settings = company.CompanySettings(n_leads=2000, base_rate=0.25, noise_fields=0, drift="none", seed=7)
made = import_module("pipelines.simulate").write_simulated(folder, settings, import_module("pipelines.progress").silent)
(folder / "leadq.yaml").write_text(made.config_text + ADDED, encoding="utf-8")
(folder / "params.yaml").write_text(sys.argv[2], encoding="utf-8")
sentences = (Path(import_module("serving.words").__path__[0]) / "sentences.yaml").read_text(encoding="utf-8")
assert OWN_WORDS[0] in sentences
(folder / "sentences.yaml").write_text(sentences.replace(*OWN_WORDS), encoding="utf-8")
