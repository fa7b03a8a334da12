"""The registered model, as code: MLflow runs this file and hands it the bundle's folder. No pickle.

It travels inside the registered model together with what it imports; there the package has another name (``code_closure.py``).
That package is imported when the model is loaded, not when MLflow looks at this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel


class LeadqModel(PythonModel):  # type: ignore[misc] # mlflow comes without types
    """A bundle behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Read and verify the bundle."""
        from leadq.models.registry.raw_scorer import RawScorer  # noqa: PLC0415 - on the path only once MLflow loads the model

        self._scorer = RawScorer(Path(context.artifacts["bundle"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ARG002
        """Score raw feature rows; see :meth:`leadq.models.registry.raw_scorer.RawScorer.predict`."""
        return self._scorer.predict(model_input)


mlflow.models.set_model(LeadqModel())
