"""The organisation's tables and everything that was ever written into them (the audit that tests look at)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from tests.fake_salesforce.fields import Field, RowError, Value, moment_text
from tests.fake_salesforce.ids import HUMAN, INTEGRATION_USER, RULE_OWNER, full_id, new_id
from tests.fake_salesforce.leads import LEAD_FIELDS

__all__ = [
    "HUMAN",
    "INTEGRATION_USER",
    "RULE_OWNER",
    "UNKNOWN",
    "FieldWrite",
    "Organisation",
    "Table",
    "full_id",
    "new_id",
]

UNKNOWN = "unknown"
"""The kind of an undeclared field of which no value was seen yet."""
_FULL_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")


def _kind_of(value: Value) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "double"
    return "datetime" if _FULL_MOMENT.fullmatch(value) else "string"


class FieldWrite(NamedTuple):
    """A field that somebody wrote, changed or not."""

    record_id: str
    field: str
    before: Value
    after: Value
    at: str
    by: str
    by_rule: bool


class Table:
    """Records of one object; every change goes through :meth:`update`.

    Parameters
    ----------
    name : str
    fields : iterable of Field
    now : callable
        Returns the present moment, aware.
    """

    def __init__(self, name: str, fields: Iterable[Field], now: Callable[[], datetime]) -> None:
        self.name = name
        self.fields = {field.name: field for field in fields}
        self.rows: dict[str, dict[str, Value]] = {}
        self.writes: list[FieldWrite] = []
        self.row_faults: dict[str, list[RowError]] = {}
        self._now = now

    def add(self, **values: Value) -> str:
        """Put a record in as it stands, without any check or audit, and return its id."""
        record_id = str(values.pop("Id", None) or new_id(self.name, len(self.rows) + 1))
        moment = moment_text(self._now())
        stamps: dict[str, Value] = {"CreatedDate": moment, "LastModifiedDate": moment, "SystemModstamp": moment}
        self.rows[record_id] = {
            "Id": record_id,
            "IsDeleted": False,
            **stamps,
            "CreatedById": HUMAN,
            "LastModifiedById": HUMAN,
            **values,
        }
        if "Id" not in self.fields:
            self.fields |= {
                name: Field(name=name, kind=_kind_of(value)) for name, value in self.rows[record_id].items()
            }
        for name, value in values.items():
            if self._kind(name, value) == "datetime" and value is not None:
                self.rows[record_id][name] = Field(name=name, kind="datetime").stored(value)
        return record_id

    def _kind(self, name: str, value: Value) -> str:
        if name not in self.fields or self.fields[name].kind == UNKNOWN:
            self.fields[name] = Field(name=name, kind=_kind_of(value))
        return self.fields[name].kind

    def refuse(self, record_id: str, code: str, message: str = "", *, times: int = 1) -> None:
        """Let the next ``times`` updates of a record fail with an error code (a lock, a validation rule)."""
        self.row_faults.setdefault(record_id, []).extend([RowError(code, message or code.lower())] * times)

    def known(self, record_id: object) -> str:
        """Return the full id of a record that can be written.

        Raises
        ------
        RowError
            Malformed, unknown, deleted or converted.
        """
        text = str(record_id or "")
        if not text:
            raise RowError("MISSING_ARGUMENT", "Id not specified in an update call", ("Id",))
        if len(text) not in {15, 18} or not (text.isascii() and text.isalnum()):
            raise RowError("MALFORMED_ID", f"{self.name} ID: id value of incorrect type: {text}", ("Id",))
        full = full_id(text[:15])
        row = self.rows.get(full)
        if row is None:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row["IsDeleted"]:
            raise RowError("ENTITY_IS_DELETED", "entity is deleted")
        if row.get("IsConverted"):
            raise RowError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        return full

    def checked(self, record_id: object, values: Mapping[str, object]) -> tuple[str, dict[str, Value]]:
        """Return id and values as they would be stored; nothing is changed but the count of row faults.

        Raises
        ------
        RowError
            Where the row is refused.
        """
        full = self.known(record_id)
        waiting = self.row_faults.get(full)
        if waiting:
            raise waiting.pop(0)
        return full, {name: self.fields[name].stored(value) for name, value in values.items()}

    def update(self, record_id: object, values: Mapping[str, object], *, by: str, rules: bool = False) -> str:
        """Write absolute values and return the full id; ``rules`` lets assignment rules run.

        Raises
        ------
        RowError
            Where the row is refused; nothing of it is written then.
        """
        full, kept = self.checked(record_id, values)
        self._write(full, kept, by, by_rule=False)
        if rules and "OwnerId" in self.fields:
            self._write(full, {"OwnerId": RULE_OWNER}, by, by_rule=True)
        return full

    def upsert(self, key_field: str, key: object, values: Mapping[str, object], *, by: str) -> tuple[str, bool]:
        """Write by an external id and return the id and whether the record was made.

        Raises
        ------
        RowError
            Where the row is refused.
        """
        found = [record_id for record_id, row in self.rows.items() if key and row.get(key_field) == key]
        if len(found) > 1:
            raise RowError("DUPLICATE_EXTERNAL_ID", f"{key_field}: more than one record found for external id", ())
        if found:
            return self.update(found[0], values, by=by), False
        kept = {name: self.fields[name].stored(value) for name, value in {**values, key_field: key}.items()}
        missing = [
            field.name
            for field in self.fields.values()
            if field.writable and not field.nillable and not kept.get(field.name)
        ]
        if missing:
            raise RowError("REQUIRED_FIELD_MISSING", f"Required fields are missing: {missing}", tuple(missing))
        made = self.add()
        self._write(made, kept, by, by_rule=False)
        return made, True

    def _write(self, record_id: str, values: Mapping[str, Value], by: str, *, by_rule: bool) -> None:
        row, moment = self.rows[record_id], moment_text(self._now())
        for name, after in values.items():
            self.writes.append(FieldWrite(record_id, name, row.get(name), after, moment, by, by_rule))
            row[name] = after
        row.update({"LastModifiedDate": moment, "SystemModstamp": moment, "LastModifiedById": by})

    def delete(self, record_id: str, *, merged_into: str | None = None) -> None:
        """Put a record into the recycle bin, merged into another where one is named."""
        self.rows[record_id].update({"IsDeleted": True, "MasterRecordId": merged_into})

    def convert(self, record_id: str, **ids: Value) -> None:
        """Convert a lead; ``ids`` are its ``Converted...Id`` fields."""
        self.rows[record_id].update({"IsConverted": True, "ConvertedDate": self._now().date().isoformat(), **ids})

    def written(self, record_id: str, field: str) -> list[Value]:
        """Return every value that was ever written into a field of a record, oldest first."""
        return [write.after for write in self.writes if (write.record_id, write.field) == (record_id, field)]


class Organisation:
    """Tables under one lock, a clock and the assignment rules' switch.

    Parameters
    ----------
    now : callable
        Returns the present moment, aware.

    Attributes
    ----------
    lock : threading.RLock
        Held while records are read or changed.
    has_assignment_rules : bool
        Whether REST writes without ``Sforce-Auto-Assign: FALSE`` change owners.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.has_assignment_rules = True
        self.tables = {"Lead": Table("Lead", LEAD_FIELDS, now)}

    @property
    def leads(self) -> Table:
        """The Lead table."""
        return self.tables["Lead"]

    def add_leads(self, count: int) -> list[str]:
        """Put plain leads in and return their ids."""
        return [
            self.leads.add(
                LastName=f"Person {number}",
                Company=f"Company {number}",
                Status="Open",
                OwnerId=HUMAN,
                Rating="Warm",
                IsConverted=False,
            )
            for number in range(count)
        ]

    def put(self, table: str, rows: Iterable[Mapping[str, Value]], fields: Iterable[Field] = ()) -> list[str]:
        """Put records into any table (made where missing) and return their ids.

        A field that neither ``fields`` nor a row names is unknown to queries.
        """
        found = self.tables.setdefault(table, Table(table, (), self.now))
        found.fields.update({field.name: field for field in fields})
        return [found.add(**row) for row in rows]
