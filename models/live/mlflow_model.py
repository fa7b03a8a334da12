"""The served model, as code: MLflow runs this file and hands it the bundle's folder. No pickle.

Raw features in (as named in the catalogue), probability, tier and reasons by family out. Rules of the
agreement, trends and sentences belong to nightly scoring, not here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel

from leadq.agreement.decide import model_tiers
from leadq.agreement.read import read_agreement
from leadq.models.bundle.bundle import read_bundle
from leadq.models.bundle.encode_rows import encode_rows
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.tiers.tier_offers import cut_by_tier


class LeadqModel(PythonModel):  # type: ignore[misc] # mlflow comes without types
    """A bundle behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Read and verify the bundle."""
        folder = Path(context.artifacts["bundle"])
        self._scorer = MatrixScorer(read_bundle(folder))
        self._agreement = read_agreement(folder / "agreement.yaml")

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ARG002
        """Score raw feature rows.

        Returns
        -------
        DataFrame
            ``probability``, ``tier`` (null for a base-rate bundle), ``base`` and ``contributions`` (family to log-odds:
            base + their sum = logit(probability)), ``model_version``.
        """
        bundle = self._scorer.bundle
        scored = self._scorer.score(encode_rows(model_input, bundle.catalogue))
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


mlflow.models.set_model(LeadqModel())
