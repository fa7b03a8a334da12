"""Put a bundle live, or the former one again. The gate itself is ``models/live.py``; MLflow is told afterwards."""

from __future__ import annotations

from agreement.problems import GateStopped, LeadqError, Problem, UsageError
from models.live import Live, Standing, read_live
from models.live import promote as put_live
from models.live import rollback as put_back
from models.registry import mirror_live
from pipelines.project import Project
from pipelines.told import Told


def promote(project: Project, *, version: str = "", because: str = "", by: str = "") -> Told:
    """Put a bundle live if it deserves it, or because somebody signs for it.

    Parameters
    ----------
    version : str
        The latest challenger where empty.
    because, by : str
        Why in spite of objections, and who says so; both recorded.

    Raises
    ------
    GateStopped
        All that speaks against it, and nobody signed; or there is no challenger.
    """
    store = project.store.folder
    with project.store.writing("promote", project.now):
        version = version or _challenger(read_live(store))
        live = put_live(version, store=store, now=project.now, because=because or None, by=by)
        remark = _mirror(live, project)
    standing = live.scoring
    role = "champion" if live.champion and live.champion.version == version else "base rate, until a model is promoted"
    words = f"Model {version} is live as {role}: {standing.why if standing else ''}."
    return Told(facts={"version": version, "role": role, "live": _facts(live), "remark": remark}, words=words + remark)


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
        remark = _mirror(live, project)
    version = live.champion.version if live.champion else ""
    return Told(
        facts={"version": version, "live": _facts(live), "remark": remark},
        words=f"Model {version} is live again.{remark}",
    )


def _challenger(live: Live) -> str:
    if live.challenger is None:
        remedy = "Run leadq train, or name a version of leadq models."
        if live.champion is None and live.fallback is not None:
            remedy = f"Nothing trained so far beat the base rate, which scores since {live.fallback.when[:10]}: more history may."
        raise GateStopped(Problem(where="live.json", rule="there must be a challenger", value="none", remedy=remedy))
    return live.challenger.version


def _mirror(live: Live, project: Project) -> str:
    """Tell MLflow; where that fails the decision stands and the failure is a remark."""
    try:
        mirror_live(live, store=project.store.folder)
    except LeadqError as error:
        return f" MLflow does not show it yet: {error}"
    return ""


def _facts(live: Live) -> dict[str, object]:
    def one(standing: Standing | None) -> dict[str, str] | None:
        if standing is None:
            return None
        return {"version": standing.version, "when": standing.when, "why": standing.why, "by": standing.by}

    return {"champion": one(live.champion), "challenger": one(live.challenger), "fallback": one(live.fallback)}
