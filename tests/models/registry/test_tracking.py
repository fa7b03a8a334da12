"""Addresses of MLflow's server are shown without what must stay secret."""

from __future__ import annotations

import pytest

from leadq.models.registry.tracking import without_credentials


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://somebody:secret@127.0.0.1:5000", "http://***@127.0.0.1:5000"),
        ("postgresql://user:pa/ss@127.0.0.1/runs", "postgresql://***@127.0.0.1/runs"),
        (
            "postgresql://127.0.0.1/runs?user=u&password=secret&sslmode=require",
            "postgresql://127.0.0.1/runs?user=u&password=***&sslmode=require",
        ),
        ("mysql://127.0.0.1/runs?access_token=secret", "mysql://127.0.0.1/runs?access_token=***"),
        ("sqlite:///folder/mlflow.db", "sqlite:///folder/mlflow.db"),
    ],
)
def test_no_password_is_shown(address: str, shown: str) -> None:
    assert without_credentials(f"could not reach {address} today") == f"could not reach {shown} today"
