"""A target as ``leadq.yaml`` names it, opened; what a kind needs is imported with it."""
# ruff: noqa: PLC0415 - a file target must not pay for a database or a CRM

from __future__ import annotations

from collections.abc import Mapping

from crm.deliver_settings import DeliverTo, ToFiles, ToPostgres
from crm.places import Database
from crm.targets import Target


def open_target(name: str, to: DeliverTo, databases: Mapping[str, Database], environment: Mapping[str, str]) -> Target:
    """Open a target.

    Raises
    ------
    LeadqError
        A secret is not set, or what the kind needs is not installed.
    """
    if isinstance(to, ToFiles):
        from crm.file_target import FileTarget

        return FileTarget(name=name, folder=to.folder)
    if isinstance(to, ToPostgres):
        from crm.postgres_target import PostgresTarget

        return PostgresTarget(name=name, database=databases[to.database], table=to.table)
    from crm.salesforce.opening import open_connection
    from crm.salesforce.opening import open_target as open_salesforce

    connection = open_connection(
        domain=to.domain,
        consumer_key=to.consumer_key,
        consumer_secret=to.consumer_secret,
        version=to.version,
        environment=environment,
    )
    return open_salesforce(name, connection)
