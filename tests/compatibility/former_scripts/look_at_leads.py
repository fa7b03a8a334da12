"""The stage build in a quarter of its time: without the canaries of the leak checks; run with the former packages."""
# ruff: noqa: TID251, I001 - the former names are what it is for

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from crm.history import open_history
from features.leaks import find_leaks, quarantine
from pipelines.build import look_at_landmarks
from pipelines.project import open_project
from pipelines.training_files import Origin, write_training_data

project = open_project(Path(sys.argv[1]), environment={}, now=datetime.fromisoformat(os.environ["LEADQ_NOW"]))
history = open_history(project.work / "history")
whole = look_at_landmarks(project, history)
data = whole.without(quarantine(find_leaks(whole, history, seed=project.settings.seed), history))
read_at = history.read_at.isoformat()
origin = Origin(history_sha256=history.sha256, agreement_sha256=project.agreement.sha256, read_at=read_at)
write_training_data(data, origin, project.work / "training")
