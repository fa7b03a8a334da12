"""The locations in a store's own ``mlflow.db``, put right where the store was moved or copied.

MLflow writes every location of an artefact as an absolute one and resolves a relative one at once. A copy of a project would so go on
writing into the original's artefacts, and a moved store could not write at all. Before MLflow is told anything, locations under
the place where the store was are made locations under the place where it is, in one transaction: with them, every version
registered earlier loads from here too. Only the database of the present store is ever opened. Locations elsewhere (a bucket) stay.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from leadq.models.registry.tracking import ARTIFACTS, DATABASE

_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow 3 keeps locations; what another version does not have is left out."""
_UNUSED_DEFAULT = """
    UPDATE experiments SET artifact_location = ? || '/0'
    WHERE experiment_id = 0 AND artifact_location LIKE '%/mlruns/0'
    AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.experiment_id = 0)
"""
"""The experiment that MLflow makes with every database, which names the folder that the process ran in."""


def settle_locations(store: Path) -> int:
    """Make every location in the store's own database one in this store.

    Parameters
    ----------
    store : Path
        Without a database there is nothing to do.

    Returns
    -------
    int
        Locations that were changed; 0 where the store is where it was.

    Raises
    ------
    sqlite3.Error
        The database cannot be read or written; it is unchanged.
    """
    database = store / DATABASE
    if not database.exists():
        return 0
    here = (store / ARTIFACTS).resolve().as_uri()
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        present = [(table, column) for table, column in _LOCATIONS if column in _columns(connection, table)]
        former = _roots(connection) - {here}
        moved = sum(
            _move(connection, table, column, root, here) for root in sorted(former) for table, column in present
        )
        if len(present) == len(_LOCATIONS):
            moved += connection.execute(_UNUSED_DEFAULT, (here,)).rowcount
        return moved


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _roots(connection: sqlite3.Connection) -> set[str]:
    """Find the artefact folder of this store wherever it was: leadq's experiments lie right there, others' in folders of their own."""
    if "artifact_location" not in _columns(connection, "experiments"):
        return set()
    texts = [str(value) for (value,) in connection.execute("SELECT DISTINCT artifact_location FROM experiments")]
    return {text for text in texts if text.startswith("file:") and text.endswith(f"/{ARTIFACTS}")}


def _move(connection: sqlite3.Connection, table: str, column: str, root: str, here: str) -> int:
    statement = (
        f"UPDATE {table} SET {column} = ? || substr({column}, ?)"  # noqa: S608 - names out of the list above
        f" WHERE {column} = ? OR substr({column}, 1, ?) = ?"
    )
    return connection.execute(statement, (here, len(root) + 1, root, len(root) + 1, f"{root}/")).rowcount
