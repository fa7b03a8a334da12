"""Which bundle scores tonight: the champion, or the base rate while there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agreement.problems import GateStopped, Problem
from agreement.schema import Agreement
from models.arrays import logit
from models.attribute import Reference
from models.bundle import Bundle, read_bundle
from models.calibrate import Calibrator
from models.live import bundle_folder, read_live
from models.tiers import no_tiers
from pipelines.project import Project


def scoring_bundle(project: Project) -> Bundle:
    """Read the bundle that is live.

    Raises
    ------
    GateStopped
        No bundle is live yet.
    BundleError
        The live bundle is missing or damaged.
    """
    store = project.store.folder
    live = read_live(store)
    if live.scoring is None:
        remedy = "Run leadq train first, then leadq promote."
        raise GateStopped(
            Problem(where=str(store / "models"), rule="a model must be live", value="none", remedy=remedy)
        )
    return read_bundle(bundle_folder(store, live.scoring.version))


def base_rate_of(bundle: Bundle, agreement: Agreement) -> Bundle:
    """Return the base-rate bundle of the same data: every lead gets the average, no tier, no reasons."""
    zeros = (0.0,) * len(bundle.catalogue.features)
    reference = Reference(
        described=bundle.reference.described,
        n=bundle.reference.n,
        expected_margin=0.0,
        mean_contributions=zeros,
        mean_absolute=zeros,
    )
    evidence = bundle.evidence
    rate = np.array([(evidence.wins + 0.5) / (evidence.n + 1.0)])
    return replace(
        bundle,
        kind="base_rate",
        booster_text="",
        calibrator=Calibrator(slope=0.0, intercept=float(logit(rate)[0])),
        reference=reference,
        tiers=no_tiers(agreement, "no model has been promoted"),
        version="",
    )
