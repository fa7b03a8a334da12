"""What ``leadq.yaml`` says of a Tryton server: where it is, how to sign in, and what to read of its history."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from leadq.crm.connectors.connector import TargetSettings
from leadq.crm.storage.source_locations import Part
from leadq.foundation.secret import Reference

_DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,62}")
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_ALREADY = frozenset(
    {"id", "create_date", "create_uid", "write_date", "write_uid", "state", "party", "employee", "amount", "currency"}
)
"""Read anyway, or told of every revision."""
_CONTRACT = frozenset({"lead_id", "created_at", "closed_at", "handed_off_at", "status", "account_id", "owner"})
"""Columns of leads that are made of Tryton's own fields, or hold a moment."""
_NEVER = frozenset({"comment", "description", "contact", "lost_reason", "address"})
"""Free text and people: they never leave the reader."""


def _address(text: str) -> str:
    parts = urlsplit(text)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    if not safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(
            "must be the server's address with https, without user or password, such as https://crm.example"
        )
    return text.rstrip("/")


def _database(text: str) -> str:
    if not _DATABASE.fullmatch(text):
        raise ValueError("must be the name of a database: letters, digits, _, . and -")
    return text


def _field(text: str) -> str:
    if not _FIELD.fullmatch(text):
        raise ValueError("must be a field's name as Tryton has it, such as lead_source")
    if text in _NEVER:
        raise ValueError("is text about people, which is never read")
    if text.startswith("lq_"):
        raise ValueError("is written by leadq and is not a fact about a lead")
    if text in _ALREADY:
        raise ValueError("is read anyway and is not a field of your own")
    return text


def _column(text: str) -> str:
    if not _FIELD.fullmatch(text):
        raise ValueError("must be a column's name: small letters, digits and _")
    return text


class TrytonHistory(Part):
    """What a company chooses to read.

    ``lead_fields`` are stored fields of ``sale.opportunity`` beyond Tryton's own, each with its history. ``columns`` renames one to
    a column of the contract (``{lead_source: source}``).
    """

    lead_fields: tuple[Annotated[str, AfterValidator(_field)], ...] = ()
    columns: dict[str, Annotated[str, AfterValidator(_column)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _must_make_one_column_each(self) -> Self:
        if strange := sorted(self.columns.keys() - set(self.lead_fields)):
            raise ValueError(f"columns: must name fields of lead_fields, got {strange[0]}")
        made = [self.columns.get(name, name) for name in self.lead_fields]
        if taken := sorted(_CONTRACT & set(made)):
            raise ValueError(f"lead_fields: must not become {taken[0]}, which is made of Tryton's own fields")
        if twice := sorted({name for name in made if made.count(name) > 1}):
            raise ValueError(f"lead_fields: must become columns of different names, got {twice[0]} twice")
        return self


class ToTryton(TargetSettings):
    """A database of a Tryton server, signed in to with the name and password of a user of leadq's own."""

    kind: Literal["tryton"]
    address: Annotated[str, AfterValidator(_address)]
    database: Annotated[str, AfterValidator(_database)]
    user: str
    password: Reference
    history: TrytonHistory = TrytonHistory()
