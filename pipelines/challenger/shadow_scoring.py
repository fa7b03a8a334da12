"""Scoring in shadow: the challenger scores the same leads on the same nights, for comparison only.

Its probabilities are in the store's ``shadow/<date>/<run>-<version>.parquet``, never in the score table that delivery reads. It
runs after the champion's night is committed and reports its own failure, so it can neither change nor fail a night.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.crm.gate.judge import check_rules
from leadq.crm.reading.values.kept_readings import same_reading
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.tonight import OpenLeads, tonight
from leadq.foundation.atomic_files import new_file
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.live.live_models import bundle_folder, read_live, set_shadow
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import silent
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.read_sources import read_sources
from leadq.pipelines.project.schema_check import shape_problems
from leadq.pipelines.store.run_manifest import Run
from leadq.pipelines.store.store import Store
from leadq.serving.scoring.model_input import encoded_features

SHADOW = "shadow"
_TABLE = pa.schema([("lead_id", pa.string()), ("probability", pa.float64())])


def switch_shadow(project: Project, *, on: bool) -> Told:
    """Score the challenger beside the champion from the next night on, or no longer."""
    with project.store.writing("shadow", project.now):
        live = set_shadow(on, store=project.store.folder)
    challenger = live.challenger.version if live.challenger else ""
    if not on:
        words = "Shadow scoring is off. The scores so far are kept."
    elif challenger:
        words = (
            f"Shadow scoring is on: from the next night, challenger {challenger} scores the same leads as the champion. "
            "Sales does not see these scores; leadq promote compares them."
        )
    else:
        words = "Shadow scoring is on. There is no challenger at the moment; it starts with the next one."
    return Told(facts={"shadow": on, "challenger": challenger}, words=words)


def shadow_path(store: Store, run: Run, version: str) -> Path:
    """Where a challenger's probabilities for the leads of a run lie."""
    return store.folder / SHADOW / run.inputs.as_of.strftime("%Y-%m-%d") / f"{run.run_id}-{version}.parquet"


def score_in_shadow(project: Project, history: History, run: Run) -> str:
    """Score the challenger on a committed night, where the store says so.

    Returns
    -------
    str
        What came of it, in words; empty where there is nothing to do. A failure is words too.
    """
    live = read_live(project.store.folder)
    if not live.shadow or live.challenger is None or live.champion is None:
        return ""
    if run.inputs.kind != "night" or run.inputs.bundle_version != live.champion.version:
        return ""
    version = live.challenger.version
    path = shadow_path(project.store, run, version)
    try:
        challenger = read_bundle(bundle_folder(project.store.folder, version))
        champion = read_bundle(bundle_folder(project.store.folder, live.champion.version))
        alike = same_reading(champion.reading_text, challenger.reading_text)
        if not path.exists():
            known = history if alike else _read_for(project, challenger)
            _score(project, known, challenger, run, path)
        rows = pq.read_metadata(path).num_rows
    except Exception as error:  # whatever it is, the champion's night stands
        return f"Shadow: challenger {version} could not score tonight's leads; the night itself is complete. {error}"
    own = (
        ""
        if alike
        else f" It learnt from sources read otherwise (reading {challenger.reading}), so they were read again for it."
    )
    return f"Shadow: challenger {version} scored {counted(rows, 'lead')}, for comparison only.{own}"


def _read_for(project: Project, challenger: Bundle) -> History:
    """Read the sources as the challenger's training read them; the champion's history is another one, column by column.

    Raises
    ------
    GateStopped
        So read, the data breaks a stop rule.
    """
    history = read_sources(project, silent, folder=project.store.work / SHADOW / "history", bundle=challenger)
    if problems := [row.problem() for row in check_rules(history).stopped]:
        raise GateStopped(problems)
    return history


def _score(project: Project, history: History, challenger: Bundle, run: Run, path: Path) -> None:
    if problems := shape_problems(project, history, challenger.catalogue):
        raise GateStopped(problems)
    store, engine = project.store, project.settings.engine
    scorer = MatrixScorer(challenger, threads=engine.threads)
    spill = store.work / "spill"
    with (
        open_engine(threads=engine.threads, memory_limit=engine.memory_limit, spill=spill) as backend,
        new_file(path) as partial,
        pq.ParquetWriter(partial, _TABLE, compression="zstd") as writer,
    ):
        for batch in tonight(
            backend,
            OpenLeads(
                history=history, agreement=project.agreement, catalogue=challenger.catalogue, as_of=run.inputs.as_of
            ),
        ):
            leads = batch.filter(batch.column("status_reason").is_null())
            scored = scorer.score(encoded_features(leads, challenger.catalogue))
            ids = leads.column("lead_id").cast(pa.string())
            writer.write_batch(pa.record_batch([ids, pa.array(scored.probability)], schema=_TABLE))


def shadow_looks(store: Store, *, champion: Bundle, challenger: Bundle, read_at: datetime) -> pd.DataFrame:
    """Leads that both scored on the same night, each at the first such night on which sales had worked it.

    Nights whose horizon is not over at ``read_at`` are left out.

    Returns
    -------
    DataFrame
        ``lead_id, account_id`` (str or missing), ``as_of`` (datetime, UTC), ``champion, challenger`` (probabilities).
    """
    horizon = timedelta(days=champion.catalogue.horizon_days)
    files = (store.folder / SHADOW).glob(f"*/*-{challenger.version}.parquet")
    nights = [(run, path) for path in files if (run := store.committed(path.stem.split("-")[0])) is not None]
    found = pd.DataFrame({name: [] for name in ("lead_id", "account_id", "as_of", "champion", "challenger")})
    for run, path in sorted(nights, key=lambda night: (night[0].inputs.as_of, night[0].run_id)):
        if run.inputs.bundle_version != champion.version or run.inputs.as_of + horizon > read_at:
            continue
        night = _night(store, run, path)
        new = night[~night["lead_id"].isin(found["lead_id"])]
        found = new if found.empty else pd.concat([found, new], ignore_index=True)
    return found


def _night(store: Store, run: Run, path: Path) -> pd.DataFrame:
    columns = ["lead_id", "account_id", "as_of", "probability", "worked", "status"]
    scores = pq.read_table(store.table(run.scores), columns=columns, partitioning=None).to_pandas()
    scores = scores[(scores["status"] == "scored") & scores["worked"].fillna(value=False).astype(bool)]
    both = scores.merge(pq.read_table(path, partitioning=None).to_pandas(), on="lead_id", suffixes=("", "_challenger"))
    both = both.rename(columns={"probability": "champion", "probability_challenger": "challenger"})
    found: pd.DataFrame = both[["lead_id", "account_id", "as_of", "champion", "challenger"]].reset_index(drop=True)
    return found
