"""The kind ``salesforce``: an organisation that takes scores, gives its history, and can be made ready and tried."""
# ruff: noqa: PLC0415 - leadq.yaml is read without the client's library

from __future__ import annotations

from collections.abc import Mapping

from leadq.agreement.schema import Agreement
from leadq.crm.connectors.connector import Connector, SetupReport, Surroundings
from leadq.crm.connectors.history_source import HistorySource
from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.salesforce.metadata.fields import salesforce_name
from leadq.crm.connectors.salesforce.settings import ToSalesforce
from leadq.crm.connectors.salesforce.setup_options import SalesforceSetup
from leadq.crm.connectors.verification import Verification


class SalesforceConnector(Connector[ToSalesforce]):
    """Leads of a Salesforce organisation."""

    title = "Salesforce"
    settings = ToSalesforce
    guide = "docs/howto/salesforce.md"
    setup_help = (
        "Write a folder with leadq's fields, permissions and rules, for Salesforce's own command line to deploy."
    )
    setup_options = SalesforceSetup

    def field_name(self, name: str) -> str:
        """Return a custom field's name."""
        return salesforce_name(name)

    def open_target(self, name: str, to: ToSalesforce, around: Surroundings) -> Target:
        """Open the organisation to deliver to; nothing is sent yet."""
        from leadq.crm.connectors.salesforce.opening import open_target

        return open_target(name, to, around.environment, http=around.http)

    def identity(self, to: ToSalesforce, around: Surroundings, target: Target) -> str:  # noqa: ARG002
        """Say which organisation it is."""
        return f"salesforce {to.domain.lower()}"

    def open_history(self, to: ToSalesforce, around: Surroundings) -> HistorySource:
        """Open the organisation to read from."""
        from leadq.crm.connectors.salesforce.opening import open_history

        return open_history(to, around.environment, http=around.http)

    def open_verification(self, name: str, to: ToSalesforce, around: Surroundings) -> Verification:  # noqa: ARG002
        """Open the organisation to be tried."""
        from leadq.crm.connectors.salesforce.opening import open_verification

        return open_verification(to, around.environment, http=around.http)

    def set_up(
        self,
        agreement: Agreement,
        options: SalesforceSetup,
        targets: Mapping[str, ToSalesforce],  # noqa: ARG002 - a folder is the same for every organisation
        around: Surroundings,  # noqa: ARG002
    ) -> SetupReport:
        """Write the folder."""
        from leadq.crm.connectors.salesforce.metadata.setup import set_up

        return set_up(agreement, options)


CONNECTOR = SalesforceConnector()
