"""Keep the bundle just trained and put it live, without MLflow; run with the packages of the last commit with one reading."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

bundles, live = import_module("leadq.models.bundle.bundle"), import_module("leadq.models.live.live_models")
past = import_module("leadq.models.bundle.past_leads")
folder = Path(sys.argv[1])
models = live.models_folder(folder / "store")
version, _ = bundles.keep_bundle(bundles.read_bundle(folder / "work" / "bundle"), models)
past.keep_past_leads(folder / "work" / "past_leads.parquet", past.past_leads_path(models, version), version=version)
moment = datetime.fromisoformat(os.environ["LEADQ_NOW"])
live.promote(version, store=folder / "store", now=moment, because="a test", by="head of sales")
