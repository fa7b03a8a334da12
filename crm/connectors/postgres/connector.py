"""The kind ``postgres``: a table of a PostgreSQL database."""
# ruff: noqa: PLC0415 - leadq.yaml is read without a database's driver

from __future__ import annotations

from leadq.crm.connectors.connector import Connector, Surroundings
from leadq.crm.connectors.postgres.settings import ToPostgres
from leadq.crm.connectors.protocol import Target


class PostgresConnector(Connector[ToPostgres]):
    """A table of a database that ``leadq.yaml`` names."""

    title = "PostgreSQL"
    settings = ToPostgres
    guide = "docs/howto/postgresql.md"

    def open_target(self, name: str, to: ToPostgres, around: Surroundings) -> Target:
        """Open it; nothing is asked yet."""
        from leadq.crm.connectors.postgres.target import PostgresTarget

        return PostgresTarget(name=name, database=around.databases[to.database], table=to.table)

    def identity(self, to: ToPostgres, around: Surroundings, target: Target) -> str:  # noqa: ARG002
        """Say which server, database and table it is."""
        from leadq.crm.storage.postgres_transaction import place_of

        return f"postgres {place_of(around.databases[to.database])} {to.table}"


CONNECTOR = PostgresConnector()
