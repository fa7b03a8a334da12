"""Fields of an object: what ``describe`` says of them and which values they refuse."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Value = str | float | bool | None

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d))?")


class RowError(Exception):
    """A row that is refused while its neighbours may pass."""

    def __init__(self, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{code}:{message}")
        self.code, self.message, self.fields = code, message, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Parameters
    ----------
    name : str
    kind : str
        As ``describe`` calls it: id, string, textarea, picklist, double, percent, int, boolean, datetime, date, reference, email.
    length : int
        Most characters of a text; 0 where it has none.
    choices : tuple of str
        Of a restricted picklist.
    writable, nillable, external_id, formula : bool
    precision, scale : int
        Digits in all and after the point, of a number.
    """

    name: str
    kind: str = "string"
    length: int = 0
    choices: tuple[str, ...] = ()
    writable: bool = True
    nillable: bool = True
    external_id: bool = False
    formula: bool = False
    precision: int = 0
    scale: int = 0

    def describe(self) -> dict[str, Any]:
        """Return what ``/sobjects/X/describe`` says of the field."""
        return {
            "name": self.name,
            "label": self.name.removesuffix("__c").replace("_", " "),
            "type": self.kind,
            "length": self.length,
            "precision": self.precision,
            "scale": self.scale,
            "custom": self.name.endswith("__c"),
            "calculated": self.formula,
            "createable": self.writable,
            "updateable": self.writable,
            "nillable": self.nillable,
            "externalId": self.external_id,
            "unique": self.external_id,
            "restrictedPicklist": bool(self.choices),
            "picklistValues": [
                {"value": choice, "label": choice, "active": True, "defaultValue": False} for choice in self.choices
            ],
        }

    def stored(self, value: object) -> Value:
        """Return a value as the table keeps it; moments as UTC with a Z.

        Raises
        ------
        RowError
            Where the field refuses it.
        """
        if not self.writable:
            raise RowError(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {self.name}. Please check the security settings of this field.",
                (self.name,),
            )
        if value is None or value == "":
            if not self.nillable:
                raise RowError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{self.name}]", (self.name,))
            return None
        if self.kind in {"double", "percent", "int", "currency"}:
            return self._number(value)
        if self.kind == "boolean":
            return self._boolean(value)
        if self.kind in {"datetime", "date"}:
            return self._moment(str(value))
        return self._text(str(value))

    def _wrong_type(self, value: object) -> RowError:
        # The value is echoed by the real service too.
        return RowError(
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            f"{self.name}: value not of required type: {value}",
            (self.name,),
        )

    def _number(self, value: object) -> float:
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise self._wrong_type(value) from None
        if not math.isfinite(number):
            raise self._wrong_type(value)
        if self.precision and abs(number) >= 10 ** (self.precision - self.scale):
            raise RowError(
                "NUMBER_OUTSIDE_VALID_RANGE", f"{self.name}: value outside of valid range: {number}", (self.name,)
            )
        return number

    def _boolean(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        try:
            return _BOOLEANS[str(value).lower()]
        except KeyError:
            raise self._wrong_type(value) from None

    def _moment(self, value: str) -> str:
        if not _MOMENT.fullmatch(value):
            raise self._wrong_type(value)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self._wrong_type(value) from None
        if self.kind == "date":
            return moment.date().isoformat()
        return moment_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    def _text(self, value: str) -> str:
        if self.length and len(value) > self.length:
            raise RowError(
                "STRING_TOO_LONG",
                f"{self.name}: data value too large: {value} (max length={self.length})",
                (self.name,),
            )
        if self.choices and value not in self.choices:
            raise RowError(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{self.name}: bad value for restricted picklist field: {value}",
                (self.name,),
            )
        return value


def moment_text(moment: datetime) -> str:
    """Return a moment as Bulk results write it: ``2026-11-21T02:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
