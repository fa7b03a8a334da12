"""Which bundle scores tonight: the champion, or the base rate while there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.agreement.schema import Agreement
from leadq.foundation.arrays import logit
from leadq.foundation.problems import GateStopped, Problem
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.contributions import Reference
from leadq.models.live.live_models import bundle_folder, read_live
from leadq.models.tiers.tier_offers import no_tiers
from leadq.pipelines.project.project import Project


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
