"""The kind ``toycrm``: ``deliver: {crm: {kind: toycrm, file: crm.sqlite, token: "${TOY_TOKEN}"}}``."""

from __future__ import annotations

from typing import Any, Literal

from leadq.crm.connectors.connector import Connector, Surroundings, TargetSettings
from leadq.crm.connectors.history_source import HistorySource
from leadq.crm.connectors.protocol import Target
from leadq.crm.storage.source_locations import FilePath
from leadq.foundation.secret import Reference, secret
from toycrm.history import ToyHistory
from toycrm.target import ToyTarget


class ToToyCrm(TargetSettings):
    """A toy CRM: its file, and the token of leadq's user."""

    kind: Literal["toycrm"]
    file: FilePath
    token: Reference


class ToyConnector(Connector[ToToyCrm]):
    """Leads of a toy CRM."""

    title = "Toy CRM"
    settings = ToToyCrm

    def open_target(self, name: str, to: ToToyCrm, around: Surroundings) -> Target:
        """Open it to deliver to."""
        return ToyTarget(name=name, file=to.file, token=_token(to, around))

    def identity(self, to: ToToyCrm, around: Surroundings, target: Target) -> str:
        """Say which file it is."""
        return f"toycrm {to.file.resolve()}"

    def open_history(self, to: Any, around: Surroundings) -> HistorySource:
        """Open it to read from."""
        return ToyHistory(file=to.file, token=_token(to, around))


def _token(to: ToToyCrm, around: Surroundings) -> str:
    return secret("token", to.token, environment=around.environment)


CONNECTOR = ToyConnector()
