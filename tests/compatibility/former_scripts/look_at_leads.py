"""The stage build in a quarter of its time: without the canaries of the leak checks; run with the former packages."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

leaks, files = (
    import_module("features.leaks"),
    import_module("pipelines.training_files"),
)  # names of that time, not of ours
moment = datetime.fromisoformat(os.environ["LEADQ_NOW"])
project = import_module("pipelines.project").open_project(Path(sys.argv[1]), environment={}, now=moment)
history = import_module("crm.history").open_history(project.work / "history")
whole = import_module("pipelines.build").look_at_landmarks(project, history)
data = whole.without(leaks.quarantine(leaks.find_leaks(whole, history, seed=project.settings.seed), history))
read_at = history.read_at.isoformat()
origin = files.Origin(history_sha256=history.sha256, agreement_sha256=project.agreement.sha256, read_at=read_at)
files.write_training_data(data, origin, project.work / "training")
