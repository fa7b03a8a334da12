"""Raw feature rows in; probability, tier and reasons by family out: what a registered model does wherever it is loaded.

This module and all that it imports travel inside the registered model (``code_closure.py``), so it imports neither MLflow nor anything
that only training needs. Rules of the agreement, trends and sentences belong to nightly scoring, not here.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from leadq.agreement.decide import model_tiers
from leadq.agreement.read import stored_agreement
from leadq.models.bundle.bundle import read_bundle
from leadq.models.bundle.encode_rows import encode_rows
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.tiers.tier_offers import cut_by_tier


class RawScorer:
    """Scores raw feature rows with the bundle in a folder.

    Parameters
    ----------
    folder : Path
        A bundle; every file of it is checked against its hash, and the reasons against LightGBM.

    Raises
    ------
    BundleError
        The bundle is missing, damaged or of another version.
    """

    def __init__(self, folder: Path) -> None:
        self._scorer = MatrixScorer(read_bundle(folder))
        self._agreement = stored_agreement(self._scorer.bundle.agreement_text, where="agreement.yaml of the bundle")

    def predict(self, raw: pd.DataFrame) -> pd.DataFrame:
        """Score raw feature rows.

        Parameters
        ----------
        raw : DataFrame
            Columns named as in the bundle's catalogue, in any order; an absent column or a null is missing.

        Returns
        -------
        DataFrame
            ``probability`` of being won within the horizon, in [0, 1]; ``tier`` (null for a base-rate bundle); ``base`` and
            ``contributions`` (family to log-odds: base + their sum = logit(probability)); ``model_version``.

        Raises
        ------
        InputError
            A number column holds something else (all such columns at once).
        """
        bundle = self._scorer.bundle
        scored = self._scorer.score(encode_rows(raw, bundle.catalogue))
        tiers = [None] * len(scored.probability)
        if bundle.kind == "booster":
            tiers = model_tiers(scored.probability, cut_by_tier(bundle.tiers), self._agreement).tolist()
        reasons = [dict(zip(scored.families, row.tolist(), strict=True)) for row in scored.contributions]
        return pd.DataFrame(
            {
                "probability": scored.probability,
                "tier": pd.Series(tiers, dtype="object"),
                "base": scored.base,
                "contributions": pd.Series(reasons, dtype="object"),
                "model_version": bundle.version,
            }
        )
