"""The stage build of the last commit with one reading, in a quarter of its time: without the canaries; run with that commit's packages."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

checks = import_module("leadq.features.leak_checks.run_checks")  # names of that time, whatever ours are
report = import_module("leadq.pipelines.training.leak_checks")
files = import_module("leadq.pipelines.training.training_files")
moment = datetime.fromisoformat(os.environ["LEADQ_NOW"])
project = import_module("leadq.pipelines.project.project").open_project(Path(sys.argv[1]), environment={}, now=moment)
history = import_module("leadq.crm.contract.history").open_history(project.work / "history")
whole = import_module("leadq.pipelines.training.build").look_at_landmarks(project, history)
leaks = checks.check_leaks(whole, history, seed=project.settings.seed)
report.write_leak_checks(report.LeakReport(findings=leaks.findings, rows=leaks.rows(not_run="a test")), project.work)
data = whole.without(checks.quarantine(leaks.findings, history))
read_at = history.read_at.isoformat()
origin = files.Origin(history_sha256=history.sha256, agreement_sha256=project.agreement.sha256, read_at=read_at)
files.write_training_data(data, origin, project.work / "training")
