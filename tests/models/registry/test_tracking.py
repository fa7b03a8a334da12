"""Where MLflow is told: addresses without what must stay secret, names that it can find again, servers waited for within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadq.foundation.problems import ConfigError
from leadq.models.registry.mlflow_session import _remove_folders_of_the_address, seconds_to_connect
from leadq.models.registry.tracking import Tracking, store_uri, tracking_of, without_credentials


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


def test_a_name_that_mlflow_could_not_find_again_is_refused_and_the_remedy_works() -> None:
    with pytest.raises(ConfigError, match="LEADQ_MLFLOW_MODEL") as refused:
        tracking_of({"LEADQ_MLFLOW_MODEL": "O'Hara's \"new\" leads"})
    assert "one kind of quotation mark" in refused.value.problems[0].remedy
    assert tracking_of({"LEADQ_MLFLOW_MODEL": "O'Hara's new leads"}).model == "O'Hara's new leads"


@pytest.mark.parametrize("address", ["postgresql", "postgresql+psycopg", "postgresql+pg8000", "mysql+pymysql", "mysql"])
def test_every_driver_of_a_database_server_is_bounded_in_its_own_words(address: str) -> None:
    url = pytest.importorskip("sqlalchemy").make_url(f"{address}://127.0.0.1/runs")
    within = seconds_to_connect(url.get_driver_name())
    assert within == {"timeout" if address.endswith("pg8000") else "connect_timeout": 20}


def test_a_driver_of_which_nothing_is_known_gets_no_word_that_it_might_refuse() -> None:
    assert seconds_to_connect("asyncpg") == {}


def test_a_stores_own_database_is_found_whatever_its_folders_are_called(tmp_path):
    from sqlalchemy import create_engine  # noqa: PLC0415 - comes with MLflow

    store = tmp_path / "source=hubspot" / "a*b?[c] %20#d" / "store"
    store.mkdir(parents=True)
    engine = create_engine(store_uri(store))
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE runs (id INTEGER)")
    engine.dispose()
    assert (store / "mlflow.db").stat().st_size
    assert [path.name for path in store.parents[1].iterdir()] == ["a*b?[c] %20#d"]
    assert Tracking(tracking_uri=store_uri(store)).artifacts(store) == (store / "mlflow_artifacts").as_uri()
    made = Path(store_uri(store).removeprefix("sqlite:///")).parent
    made.mkdir(parents=True)  # as MLflow does
    _remove_folders_of_the_address(store)
    assert [path.name for path in store.parents[1].iterdir()] == ["a*b?[c] %20#d"]
    _remove_folders_of_the_address(store)
    assert (store / "mlflow.db").is_file()
