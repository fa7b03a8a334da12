"""How a company's fields looked when a model was trained: what the nightly gate holds tonight's against.

Kept in the model's bundle as JSON. Looked at are the newest leads, at training and every night alike, so that a field that is filled in
as a lead grows older looks the same. Counting stands in ``profile_fields.py``, comparing in ``field_drift.py``. Says nothing about
outcomes; that is for the leak checks.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from leadq.crm.contract.history import OwnField

CONTRACT_FIELDS = (
    *(
        OwnField(entity="lead", name=name, type="category")
        for name in (
            "source",
            "campaign",
            "title",
            "email_domain",
            "country",
            "authority",
            "budget",
            "need",
            "timeline",
        )
    ),
    OwnField(entity="account", name="industry", type="category"),
    OwnField(entity="account", name="country", type="category"),
    OwnField(entity="account", name="employees", type="number"),
    OwnField(entity="account", name="annual_revenue", type="number"),
)
"""Columns of the contract that features are computed from: they are profiled and compared as a company's own fields are."""
CREATED = "leads.created_at"
"""Of a source with dates: the month in which leads came in, and the hour of the day (both UTC)."""
TURNING_OVER = frozenset({"leads.campaign"})
"""Columns whose values come and go by nature; there only most values being new is worth a word."""


FieldKind: TypeAlias = Literal["number", "category", "flag", "date", "hour", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProfile:
    """One field among the newest leads (those with an account, for a field of accounts).

    Parameters
    ----------
    entity : {"lead", "account"}
    name : str
    type : {"number", "category", "flag", "date", "hour", "month"}
        ``hour`` is the hour of the day of a time, ``month`` the month it is in, such as ``2026-03`` (both UTC).
    rows : int
        Leads looked at.
    missing : int
        Leads of which it is not known.
    shares : tuple of (str, float)
        Of a category or flag: the most frequent values, and their share in [0, 1] of the leads of which it is known.
    known : tuple of str
        Of a category or month: all its values in the whole history; empty where there are too many to list.
    known_rows : tuple of int
        Rows of leads, or of accounts, with each of the known values; empty of a model from before they were counted.
    up_to : tuple of (float, float)
        Of a number, an hour, or a date in days before the reading: values at the tenths, and the share of leads up to each.
    all_rows, all_missing : int
        Rows of the whole table of leads, or of accounts, and those without a value; 0 of a model from before they were counted.
    span : tuple of float
        Of a number: the lowest and the highest value of the whole table; empty where there is none, or none was kept.
    """

    entity: Literal["lead", "account"]
    name: str
    type: FieldKind
    rows: int
    missing: int
    shares: tuple[tuple[str, float], ...] = ()
    known: tuple[str, ...] = ()
    known_rows: tuple[int, ...] = ()
    up_to: tuple[tuple[float, float], ...] = ()
    all_rows: int = 0
    all_missing: int = 0
    span: tuple[float, ...] = ()

    @property
    def column(self) -> str:
        """``"leads.plan"``: how features and people name it."""
        return f"{self.entity}s.{self.name}"

    @property
    def present(self) -> int:
        """Leads of which it is known."""
        return self.rows - self.missing

    @property
    def missing_share(self) -> float:
        """Share of the leads of which it is not known, in [0, 1]."""
        return self.missing / self.rows if self.rows else 0.0


def profiles_to_json(profiles: tuple[FieldProfile, ...]) -> str:
    """Text of the profiles, stable byte for byte."""
    return json.dumps([asdict(profile) for profile in profiles], indent=1, sort_keys=True) + "\n"


def profiles_from_json(text: str) -> tuple[FieldProfile, ...]:
    """Read what :func:`profiles_to_json` wrote."""
    return tuple(
        FieldProfile(
            **{
                **row,
                "known": tuple(row["known"]),
                "known_rows": tuple(row.get("known_rows", ())),
                "shares": tuple((str(value), float(share)) for value, share in row["shares"]),
                "up_to": tuple((float(value), float(share)) for value, share in row["up_to"]),
                "span": tuple(float(end) for end in row.get("span", ())),
            }
        )
        for row in json.loads(text)
    )
