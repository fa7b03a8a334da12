"""What ``leadq.yaml`` says of a Salesforce organisation: how to sign in, and what to read of its history."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from leadq.crm.connectors.connector import TargetSettings
from leadq.crm.connectors.salesforce.history.queries import why_not_read
from leadq.crm.storage.source_locations import Part
from leadq.foundation.secret import Reference

_DOMAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def _domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise ValueError("must be the organisation's own domain, such as acme.my, without https:// and .salesforce.com")
    return text


def _readable(names: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [
        f"must leave out {name!r}, which {why}"
        for place, name in enumerate(names)
        if (why := why_not_read(name, names[:place]))
    ]
    if wrong:
        raise ValueError("; ".join(wrong))
    return names


def _readable_or_none(name: str) -> str:
    return name and _readable((name,))[0]


class SalesforceHistory(Part):
    """What a company chooses to read: see :class:`leadq.crm.connectors.salesforce.history.queries.HistorySettings`."""

    lead_fields: Annotated[tuple[str, ...], AfterValidator(_readable)] = ()
    account_fields: Annotated[tuple[str, ...], AfterValidator(_readable)] = ()
    matched_account: Annotated[str, AfterValidator(_readable_or_none)] = ""
    rejection_reason: bool = False
    currency: bool = False


class ToSalesforce(TargetSettings):
    """A Salesforce organisation, signed in to by client credentials."""

    kind: Literal["salesforce"]
    domain: Annotated[str, AfterValidator(_domain)]
    consumer_key: Reference
    consumer_secret: Reference
    version: str = "62.0"
    history: SalesforceHistory = SalesforceHistory()
