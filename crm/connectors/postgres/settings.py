"""What ``leadq.yaml`` says of a table that takes scores."""

from __future__ import annotations

from typing import Literal

from leadq.crm.connectors.connector import TargetSettings
from leadq.crm.storage.source_locations import TableName


class ToPostgres(TargetSettings):
    """A table of a database that is named under ``databases``."""

    kind: Literal["postgres"]
    database: str
    table: TableName

    @property
    def databases_used(self) -> tuple[str, ...]:
        """The one that holds the table."""
        return (self.database,)
