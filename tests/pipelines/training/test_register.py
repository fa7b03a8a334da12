"""What MLflow cannot be told of does not undo what was done."""

from __future__ import annotations

from leadq.foundation.problems import Problem, StoreError
from leadq.pipelines.training.register import mlflow_remark


def test_what_mlflow_cannot_be_told_is_a_remark() -> None:
    def away() -> tuple[str, ...]:
        raise StoreError(Problem(where="mlflow.db", rule="must answer", remedy="Run leadq mirror."))

    assert mlflow_remark(away) == ("MLflow does not show it yet: mlflow.db: must answer. Run leadq mirror.", ())
    assert mlflow_remark(lambda: ("abc",))[0].endswith("no version of them that loads anywhere: abc.")
    assert mlflow_remark(lambda: ()) == ("", ())
