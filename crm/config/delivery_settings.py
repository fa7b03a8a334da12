"""The ``deliver`` section of ``leadq.yaml``: the places that scores are delivered to, by name.

``deliver: {warehouse: {kind: postgres, database: warehouse, table: leadq.scores_now}, files: {kind: files, folder: delivered}}``.
Secrets are named here, never written. Each CRM's part stands beside its client. Leaves out the targets themselves.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from leadq.crm.connectors.hubspot.settings import ToHubspot
from leadq.crm.connectors.salesforce.settings import ToSalesforce
from leadq.crm.connectors.tryton.settings import ToTryton
from leadq.crm.storage.source_locations import FilePath, Part, TableName

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("must be a name of letters, digits, - and _, such as warehouse")
    return text


class ToFiles(Part):
    """A folder that takes Parquet and CSV."""

    kind: Literal["files"]
    folder: FilePath


class ToPostgres(Part):
    """A table of a database that is named under ``databases``."""

    kind: Literal["postgres"]
    database: str
    table: TableName


ToCrm = ToSalesforce | ToHubspot | ToTryton
"""Places that also give the history."""
DeliverTo = Annotated[ToFiles | ToPostgres | ToCrm, Field(discriminator="kind")]
TargetName = Annotated[str, AfterValidator(_name)]
