"""What ``leadq.yaml`` says of a HubSpot account: how to sign in, what takes the scores, and what to read of its history."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator

from leadq.crm.connectors.connector import TargetSettings
from leadq.crm.storage.source_locations import Part
from leadq.foundation.secret import Reference

_HERE = ("127.0.0.1", "localhost")


def _host(text: str) -> str:
    parts = urlsplit(text)
    plain = parts.scheme == "http" and parts.hostname in _HERE  # a fake on this machine
    if not parts.hostname or not (plain or parts.scheme == "https") or text != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(
            "must be the address of HubSpot's API for the account, beginning with https and without a path"
        )
    if "@" in parts.netloc:
        raise ValueError("must be an address without a user")
    return text


class HubspotHistory(Part):
    """What a company chooses to read: properties of its own, by internal name."""

    lead_fields: tuple[str, ...] = ()
    account_fields: tuple[str, ...] = ()


class ToHubspot(TargetSettings):
    """A HubSpot account, signed in to by the access token of a private app."""

    kind: Literal["hubspot"]
    access_token: Reference
    object: Literal["contacts", "leads"] = "contacts"
    host: Annotated[str, AfterValidator(_host)] | None = None
    history: HubspotHistory = HubspotHistory()
