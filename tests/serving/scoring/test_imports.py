"""The scorer starts light: what training and audits need is not loaded."""

from __future__ import annotations

import subprocess
import sys


def test_scoring_imports_no_training_or_audit_package() -> None:
    code = (
        "import sys, leadq.serving.scoring.score_batches, leadq.serving.scoring.table.score_table_file;"
        "import leadq.serving.words.card_text, leadq.serving.scoring.table.tier_summary;"
        "heavy = {'shap', 'great_expectations', 'mlflow', 'sklearn', 'scipy.stats', 'matplotlib', 'ibis'} & set(sys.modules);"
        "sys.exit(','.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
