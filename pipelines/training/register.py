"""Stage register: the bundle into the store as challenger, and into MLflow for people to look at.

Where nobody is live yet, the base rate of the same data becomes what scores, so that the nightly job can run from the first
day; it gives no tier and no reasons. A challenger goes live by ``leadq promote`` only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from leadq.foundation.problems import LeadqError
from leadq.models.bundle.bundle import Bundle, keep_bundle, read_bundle
from leadq.models.bundle.past_leads import keep_past_leads, past_leads_path
from leadq.models.live.live_models import models_folder, promote, put_challenger, read_live
from leadq.models.registry.mlflow_registry import mirror_live
from leadq.models.registry.mlflow_registry import register as register_in_mlflow
from leadq.pipelines.challenger.gather_evidence import compare_with_champion
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.scoring_bundle import base_rate_of
from leadq.pipelines.report.card_files import keep_card
from leadq.pipelines.training.evaluate import DOCUMENTS, PICTURES
from leadq.pipelines.training.train import PAST_LEADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What came of registering.

    Parameters
    ----------
    version : str
        Of the bundle in the store.
    mlflow_version : str
        Its number in MLflow.
    registered_again : tuple of str
        Versions of bundles that MLflow had, but none that loads anywhere.
    """

    version: str
    mlflow_version: str
    registered_again: tuple[str, ...]


def registered_again_words(versions: tuple[str, ...]) -> str:
    """Say what MLflow had to be given again; empty where that is nothing."""
    return (
        f"Newly registered in MLflow, which had no version of them that loads anywhere: {', '.join(versions)}."
        if versions
        else ""
    )


def register(project: Project, progress: Progress) -> Registered:
    """Keep the bundle of ``work/bundle`` and record it as challenger.

    Raises
    ------
    BundleError
        The stage train has not run, or its bundle is damaged.
    """
    progress("Registering the model")
    store = project.store.folder
    bundle = read_bundle(project.work / "bundle")
    with project.store.writing("register", project.now):
        version, folder = keep_bundle(bundle, models_folder(store))
        keep_card(project.reports / "model_card.md", store, version)
        if bundle.kind == "booster":
            kept = past_leads_path(models_folder(store), version)
            keep_past_leads(project.work / PAST_LEADS, kept, version=version)
            why = "trained, not yet promoted"
            put_challenger(version, store=store, now=project.now, why=why)
            compare_with_champion(project, read_bundle(folder), progress)
        _put_base_rate(project, bundle, version)
        number, again = tell_mlflow(project, folder)
    return Registered(version=version, mlflow_version=number, registered_again=again)


def tell_mlflow(project: Project, folder: Path, *, with_reports: bool = True) -> tuple[str, tuple[str, ...]]:
    """Register in MLflow, which only mirrors the store; return its version number and what was registered again for it.

    ``with_reports`` keeps what is in ``reports/`` with the run: only right after the training of this very bundle.

    Raises
    ------
    StoreError
        MLflow could not be told; the bundle is in the store all the same, and ``leadq mirror`` tells it later.
    """
    store = project.store.folder
    pictures = [path for name in PICTURES if with_reports and (path := project.reports / name).exists()]
    documents = [path for name in DOCUMENTS if with_reports and (path := project.reports / name).exists()]
    number = register_in_mlflow(folder, pictures, documents, store=store, tracking=project.tracking)
    return number, mirror_live(read_live(store), store=store, tracking=project.tracking)


def mlflow_remark(tell: Callable[[], tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    """Tell MLflow of what is done already: where that fails, what was done stands and the failure is a remark.

    Returns
    -------
    str
        What there is to say, or nothing.
    tuple of str
        Versions that were registered again.
    """
    try:
        again = tell()
    except LeadqError as error:
        return f"MLflow does not show it yet: {error}", ()
    return registered_again_words(again), again


def _put_base_rate(project: Project, bundle: Bundle, version: str) -> None:
    store = project.store.folder
    if read_live(store).champion is not None:
        return
    if bundle.kind == "booster":
        version, _ = keep_bundle(base_rate_of(bundle, project.agreement), models_folder(store))
    promote(version, store=store, now=project.now)
