"""A place as ``leadq.yaml`` names it, opened to deliver to or to read from; what a kind needs is imported with it."""
# ruff: noqa: PLC0415 - a file target must not pay for a database or a CRM

from __future__ import annotations

from collections.abc import Mapping

import requests

from leadq.crm.config.delivery_settings import DeliverTo, ToCrm, ToFiles, ToPostgres
from leadq.crm.connectors.history_source import HistorySource
from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.salesforce.settings import ToSalesforce
from leadq.crm.connectors.tryton.settings import ToTryton
from leadq.crm.storage.source_locations import Database


def open_target(
    name: str,
    to: DeliverTo,
    databases: Mapping[str, Database],
    environment: Mapping[str, str],
    *,
    http: requests.Session | None = None,
) -> Target:
    """Open a target; ``http`` is a session of Salesforce.

    Raises
    ------
    LeadqError
        A secret is not set, or what the kind needs is not installed.
    """
    if isinstance(to, ToFiles):
        from leadq.crm.connectors.files.target import FileTarget

        return FileTarget(name=name, folder=to.folder)
    if isinstance(to, ToPostgres):
        from leadq.crm.connectors.postgres.target import PostgresTarget

        return PostgresTarget(name=name, database=databases[to.database], table=to.table)
    if isinstance(to, ToSalesforce):
        from leadq.crm.connectors.salesforce.opening import open_target as salesforce

        return salesforce(name, to, environment, http=http)
    if isinstance(to, ToTryton):
        from leadq.crm.connectors.tryton.opening import open_target as tryton

        return tryton(name, to, environment)
    from leadq.crm.connectors.hubspot.opening import open_target as hubspot

    return hubspot(name, to, environment)


def place_of(to: DeliverTo, databases: Mapping[str, Database], target: Target) -> str:
    """Return what and where a place is, without secrets: where this differs, nothing that it confirmed before holds.

    Raises
    ------
    LeadqError
        A HubSpot account, which only its token names, cannot be asked which it is.
    """
    if isinstance(to, ToFiles):
        return f"files {to.folder.resolve()}"
    if isinstance(to, ToPostgres):
        from leadq.crm.storage.postgres_transaction import place_of as database

        return f"postgres {database(databases[to.database])} {to.table}"
    if isinstance(to, ToSalesforce):
        return f"salesforce {to.domain.lower()}"
    if isinstance(to, ToTryton):
        return f"tryton {to.address} {to.database}"
    from leadq.crm.connectors.hubspot.sending.target import HubspotTarget

    account = target.who() if isinstance(target, HubspotTarget) else {}
    return f"hubspot {account.get('account', '')} {to.object}"


def open_history(to: ToCrm, environment: Mapping[str, str], *, http: requests.Session | None = None) -> HistorySource:
    """Open a CRM to read from; ``http`` is a session of Salesforce.

    Raises
    ------
    LeadqError
        A secret is not set, or what the kind needs is not installed.
    """
    if isinstance(to, ToSalesforce):
        from leadq.crm.connectors.salesforce.opening import open_history as salesforce

        return salesforce(to, environment, http=http)
    if isinstance(to, ToTryton):
        from leadq.crm.connectors.tryton.opening import open_history as tryton

        return tryton(to, environment)
    from leadq.crm.connectors.hubspot.opening import open_history as hubspot

    return hubspot(to, environment)
