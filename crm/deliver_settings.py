"""The ``deliver`` section of ``leadq.yaml``: the places that scores are delivered to, by name.

``deliver: {warehouse: {kind: postgres, database: warehouse, table: leadq.scores_now}, files: {kind: files, folder: delivered}}``.
Secrets are named here, never written. Leaves out the targets themselves.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from crm.places import FilePath, Part, TableName

_REFERENCE = re.compile(r"\$\{(\w+)\}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_DOMAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def _reference(text: object) -> str:
    if not isinstance(text, str) or not (_REFERENCE.fullmatch(text) or "/" in text):
        raise ValueError(
            "must come from the environment, as ${SALESFORCE_SECRET}, or be the path of a file that only its owner can read; "
            "no secret may stand in this one"
        )
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("must be a name of letters, digits, - and _, such as warehouse")
    return text


def _domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise ValueError("must be the organisation's own domain, such as acme.my, without https:// and .salesforce.com")
    return text


Reference = Annotated[str, BeforeValidator(_reference)]


class ToFiles(Part):
    """A folder that takes Parquet and CSV."""

    kind: Literal["files"]
    folder: FilePath


class ToPostgres(Part):
    """A table of a database that is named under ``databases``."""

    kind: Literal["postgres"]
    database: str
    table: TableName


class ToSalesforce(Part):
    """A Salesforce organisation, signed in to by client credentials."""

    kind: Literal["salesforce"]
    domain: Annotated[str, AfterValidator(_domain)]
    consumer_key: Reference
    consumer_secret: Reference
    version: str = "62.0"


DeliverTo = Annotated[ToFiles | ToPostgres | ToSalesforce, Field(discriminator="kind")]
TargetName = Annotated[str, AfterValidator(_name)]
