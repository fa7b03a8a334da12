"""The kind ``tryton``: a database of a Tryton server that takes scores and gives its history."""
# ruff: noqa: PLC0415 - leadq.yaml is read without what a session needs

from __future__ import annotations

from leadq.crm.connectors.connector import Connector, Surroundings
from leadq.crm.connectors.history_source import HistorySource
from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.tryton.settings import ToTryton


class TrytonConnector(Connector[ToTryton]):
    """Opportunities of a Tryton database."""

    title = "Tryton"
    settings = ToTryton
    guide = "docs/howto/tryton.md"

    def open_target(self, name: str, to: ToTryton, around: Surroundings) -> Target:
        """Open the database to deliver to; nothing is sent yet."""
        from leadq.crm.connectors.tryton.opening import open_target

        return open_target(name, to, around.environment)

    def identity(self, to: ToTryton, around: Surroundings, target: Target) -> str:  # noqa: ARG002
        """Say which server and database it is."""
        return f"tryton {to.address} {to.database}"

    def open_history(self, to: ToTryton, around: Surroundings) -> HistorySource:
        """Open the database to read from."""
        from leadq.crm.connectors.tryton.opening import open_history

        return open_history(to, around.environment)


CONNECTOR = TrytonConnector()
