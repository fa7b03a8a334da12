"""The kind ``hubspot``: an account that takes scores, gives its history, and can be made ready."""
# ruff: noqa: PLC0415 - leadq.yaml is read without the client's library

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from leadq.agreement.schema import Agreement
from leadq.crm.connectors.connector import Connector, SetupOptions, SetupReport, Surroundings
from leadq.crm.connectors.history_source import HistorySource
from leadq.crm.connectors.hubspot.settings import ToHubspot
from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.verification import KnowsUs


class HubspotSetup(SetupOptions):
    """Options of ``leadq crm setup hubspot``."""

    target: str = Field(
        default="", alias="from", description="Its name under deliver in leadq.yaml, if there are several."
    )
    dry_run: bool = Field(default=False, description="Only show what would be created.")


class HubspotConnector(Connector[ToHubspot]):
    """Contacts or leads of a HubSpot account."""

    title = "HubSpot"
    settings = ToHubspot
    guide = "docs/howto/hubspot.md"
    setup_help = "Create leadq's group and properties in the account; existing ones are not changed."
    setup_options = HubspotSetup

    def open_target(self, name: str, to: ToHubspot, around: Surroundings) -> Target:
        """Open the account to deliver to; nothing is sent yet."""
        from leadq.crm.connectors.hubspot.opening import open_target

        return open_target(name, to, around.environment)

    def identity(self, to: ToHubspot, around: Surroundings, target: Target) -> str:  # noqa: ARG002
        """Ask the account which it is: only its token names it."""
        account = target.who() if isinstance(target, KnowsUs) else {}
        return f"hubspot {account.get('account', '')} {to.object}"

    def open_history(self, to: ToHubspot, around: Surroundings) -> HistorySource:
        """Open the account to read from."""
        from leadq.crm.connectors.hubspot.opening import open_history

        return open_history(to, around.environment)

    def set_up(
        self, agreement: Agreement, options: HubspotSetup, targets: Mapping[str, ToHubspot], around: Surroundings
    ) -> SetupReport:
        """Make the properties."""
        from leadq.crm.connectors.hubspot.account_setup import set_up_account

        return set_up_account(agreement, targets, around, name=options.target, dry_run=options.dry_run)


CONNECTOR = HubspotConnector()
