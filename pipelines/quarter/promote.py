"""Put a bundle live, or the former one again. The gate itself is ``models/live/promotion_gate.py``; MLflow is told afterwards."""

from __future__ import annotations

from dataclasses import asdict

from leadq.foundation.problems import GateStopped, Problem, UsageError
from leadq.models.bundle.bundle import read_bundle
from leadq.models.live.live_models import Live, Standing, bundle_folder, read_live
from leadq.models.live.live_models import promote as put_live
from leadq.models.live.live_models import rollback as put_back
from leadq.models.registry.mlflow_registry import mirror_live
from leadq.pipelines.challenger.gather_evidence import refresh_comparison
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import Progress, silent
from leadq.pipelines.project.project import Project
from leadq.pipelines.report.card_files import sign_card
from leadq.pipelines.training.register import mlflow_remark


def promote(
    project: Project, *, version: str = "", because: str = "", by: str = "", progress: Progress = silent
) -> Told:
    """Put a bundle live if it deserves it, or because somebody signs for it.

    Parameters
    ----------
    project : Project
    version : str
        The latest challenger where empty.
    because, by : str
        Why in spite of objections, and who says so; both recorded.
    progress : Progress

    Raises
    ------
    GateStopped
        All that speaks against it, and nobody signed; or there is no challenger.
    """
    store = project.store.folder
    with project.store.writing("promote", project.now):
        version = version or _challenger(read_live(store))
        comparison = refresh_comparison(project, read_bundle(bundle_folder(store, version)), progress)
        live = put_live(version, store=store, now=project.now, because=because or None, by=by)
        if live.scoring and live.scoring.version == version:
            sign_card(store, live.scoring)
        remark = _mirror(live, project)
    standing = live.scoring
    role = "champion" if live.champion and live.champion.version == version else "base rate, until a model is promoted"
    said = f" {remark}" if remark else ""
    words = f"Model {version} is live as {role}: {standing.why if standing else ''}.{said}"
    if comparison is not None:
        words = "\n- ".join([words, *comparison.in_words()])
    facts = {
        "version": version,
        "role": role,
        "live": _facts(live),
        "remark": remark,
        "comparison": None if comparison is None else asdict(comparison),
    }
    return Told(facts=facts, words=words)


def rollback(project: Project, *, because: str, by: str = "") -> Told:
    """Put the former champion live again.

    Raises
    ------
    UsageError
        No reason is given.
    GateStopped
        There is no former champion.
    """
    if not because:
        remedy = 'Add --because "tier T1 collapsed overnight".'
        raise UsageError(Problem(where="leadq rollback", rule="must say why", remedy=remedy))
    with project.store.writing("rollback", project.now):
        live = put_back(store=project.store.folder, now=project.now, why=because, by=by)
        if live.champion:
            sign_card(project.store.folder, live.champion)
        remark = _mirror(live, project)
    version = live.champion.version if live.champion else ""
    return Told(
        facts={"version": version, "live": _facts(live), "remark": remark},
        words=f"Model {version} is live again." + (f" {remark}" if remark else ""),
    )


def mirror(project: Project, progress: Progress) -> Told:
    """Tell MLflow who is live, and register there what it does not have: after a move, a server that was down, or a change of server.

    Raises
    ------
    StoreError
        MLflow could not be told.
    """
    progress("Updating MLflow")
    store = project.store.folder
    with project.store.writing("mirror", project.now):
        live = read_live(store)
        added = mirror_live(live, store=store, tracking=project.tracking)
    place = project.tracking.shown(store)
    registered = f" Newly registered there: {', '.join(added)}." if added else ""
    facts = {"live": _facts(live), "registered": list(added), "mlflow": place}
    return Told(facts=facts, words=f"MLflow shows which model is live: {place}.{registered}")


def _challenger(live: Live) -> str:
    if live.challenger is None:
        remedy = "Run leadq train, or name a version that leadq models lists."
        if live.champion is None and live.fallback is not None:
            remedy = (
                "No model trained so far beats the base rate, which has given the scores since "
                f"{live.fallback.when[:10]}. More history may help."
            )
        raise GateStopped(Problem(where="live.json", rule="there must be a challenger", value="none", remedy=remedy))
    return live.challenger.version


def _mirror(live: Live, project: Project) -> str:
    """Tell MLflow who is live; return what there is to say of it."""
    return mlflow_remark(lambda: mirror_live(live, store=project.store.folder, tracking=project.tracking))[0]


def _facts(live: Live) -> dict[str, object]:
    def one(standing: Standing | None) -> dict[str, str] | None:
        if standing is None:
            return None
        return {"version": standing.version, "when": standing.when, "why": standing.why, "by": standing.by}

    return {"champion": one(live.champion), "challenger": one(live.challenger), "fallback": one(live.fallback)}
