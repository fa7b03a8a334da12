"""What a field held at a moment: current CRM values are not history.

For a field with recorded changes, its value at t is the old value of the earliest change after t, else the current value;
before tracking began it is unknown (docs/method.md, What was known). A field without any history is used as it stands, marked unproven.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from leadq.crm.contract.history import FieldType, History
from leadq.features.engine.duckdb_engine import Tables, microseconds, own_column
from leadq.features.engine.text_values import flag_in, moment_in, number_in

Entity = Literal["lead", "account"]

_LEAD_FIELDS = ("source", "campaign", "email_domain", "title", "country", "authority", "budget", "need", "timeline")
_ACCOUNT_FIELDS: tuple[tuple[str, FieldType], ...] = (
    ("domain", "category"),
    ("industry", "category"),
    ("employees", "number"),
    ("annual_revenue", "number"),
    ("country", "category"),
)
_LIKE_A_MOMENT = re.compile(r"_us:*\Z", re.IGNORECASE)
_NULL = "n"
_VALUE = "v"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column of leads or accounts that can be looked at as of a moment."""

    entity: Entity
    name: str
    type: FieldType = "category"
    own: bool = False

    @property
    def key(self) -> str:
        """``"account.employees"``: how the agreement and the manifest name it."""
        return f"{self.entity}.{self.name}"

    @property
    def column(self) -> str:
        """Its column in the table of :func:`fields_as_of`; that of a date, and no other, ends in ``_us``."""
        if self.type == "date":
            return f"field:{self.key}_us"
        return value_column(self.key)


def value_column(key: str) -> str:
    """Return the column that holds the value of the field ``key`` (``"lead.plan"``) in the table of :func:`fields_as_of`; dates have none.

    Examples
    --------
    >>> value_column("lead.plan"), value_column("lead.delay_us")
    ('field:lead.plan', 'field:lead.delay_us:')
    """
    return f"field:{key}:" if _LIKE_A_MOMENT.search(key) else f"field:{key}"


def known_fields(history: History) -> tuple[Field, ...]:
    """Every field of the contract and of the company's own that may be looked at (refused ones left out)."""
    contract = [Field(entity="lead", name=name) for name in _LEAD_FIELDS]
    contract += [Field(entity="account", name=name, type=kind) for name, kind in _ACCOUNT_FIELDS]
    own = [
        Field(entity=field.entity, name=field.name, type=field.type, own=True)
        for field in history.own_fields
        if field.status != "refused"
    ]
    return (*contract, *own)


def fields_as_of(
    tables: Tables, points: ir.Table, fields: tuple[Field, ...], tracked_since: dict[str, datetime]
) -> Any:
    """Value of every field at every point.

    Returns
    -------
    ir.Table
        Materialised: ``point_id`` and one column ``Field.column`` per field, typed as the field (dates as microseconds).
    """
    leads = _current(tables.leads, "lead_id", [field for field in fields if field.entity == "lead"])
    accounts = _current(tables.accounts, "account_id", [field for field in fields if field.entity == "account"])
    joined = points.select("point_id", "lead_id", "account_id", "as_of_us")
    joined = (
        joined.left_join(leads, "lead_id")
        .drop("lead_id_right")
        .left_join(accounts, "account_id")
        .drop("account_id_right")
    )
    for entity, key in (("lead", "lead_id"), ("account", "account_id")):
        tracked = [field for field in fields if field.entity == entity and field.key in tracked_since]
        if tracked:
            joined = joined.left_join(_changed_later(tables, points, key, tracked), "point_id").drop("point_id_right")
    values = {
        field.column: _value(joined, field, tracked_since[field.key])
        if field.key in tracked_since
        else joined[field.column]
        for field in fields
    }
    return tables.backend.create_table(
        f"fields_of_{points.get_name()}", joined.select("point_id", **values), temp=True, overwrite=True
    )


def _current(table: ir.Table, key: str, fields: list[Field]) -> ir.Table:
    source = {field.column: table[own_column(field.name) if field.own else field.name] for field in fields}
    return table.select(key, **source)


def _changed_later(tables: Tables, points: ir.Table, key: str, fields: list[Field]) -> ir.Table:
    """Old value of the earliest change after as-of: ``point_id, old:<key>`` per field, marked so that a null is seen."""
    entity = fields[0].entity
    changes = tables.field_history.filter(ibis._.entity == entity, ibis._.field.isin([field.name for field in fields]))
    marked = ibis.ifelse(changes.old_value.isnull(), _NULL, ibis.literal(_VALUE) + changes.old_value)
    changes = changes.mutate(marked=marked).group_by("entity_id", "field", "changed_us").agg(marked=ibis._.marked.min())
    later = points.inner_join(changes, points[key] == changes.entity_id).filter(ibis._.changed_us > ibis._.as_of_us)
    oldest = {
        f"old:{field.key}": later.marked.argmin(later.changed_us, where=(later.field == field.name)) for field in fields
    }
    return later.group_by("point_id").agg(**oldest)


def _value(joined: ir.Table, field: Field, tracked_since: datetime) -> ir.Value:
    marked = joined[f"old:{field.key}"]
    old = _typed(ibis.ifelse(marked == _NULL, ibis.null("string"), marked.substr(1)), field)
    value = ibis.ifelse(marked.isnull(), joined[field.column], old)
    return ibis.ifelse(joined.as_of_us < microseconds(tracked_since), ibis.null(value.type()), value)


def _typed(text: ir.StringValue, field: Field) -> ir.Value:
    """Value of a field that a recorded change holds as text."""
    readers = {"number": number_in, "flag": flag_in, "date": moment_in}
    return readers[field.type](text) if field.type in readers else text
