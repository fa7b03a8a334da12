"""How an export is written: signs of numbers, forms of times, currency, as a CRM's language has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

DATES = ("Created Date", "Closed Date", "Contract Ends")
NUMBERS = ("Employees", "Annual Revenue", "Seats")


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How values are written; ``own`` has columns that are written otherwise than the rest."""

    dates: str = "%Y-%m-%dT%H:%M:%SZ"
    decimal: str = "."
    thousands: str = ""
    currency: str = "{}"
    own: tuple[tuple[str, Callable[[object], str]], ...] = ()

    def table(self, export: pd.DataFrame) -> pd.DataFrame:
        """Return the export as texts."""
        own = dict(self.own)
        return pd.DataFrame({column: [self._text(column, value, own) for value in export[column]] for column in export})

    def write(self, export: pd.DataFrame, path: Path) -> None:
        """Write the export as a CSV file."""
        separator = ";" if self.decimal == "," else ","
        self.table(export).to_csv(path, index=False, sep=separator)

    def number(self, value: float, places: int) -> str:
        """Return a number as it is written."""
        text = f"{value:,.{places}f}"
        return text.replace(",", "\0").replace(".", self.decimal).replace("\0", self.thousands)

    def _text(self, column: str, value: object, own: dict[str, Callable[[object], str]]) -> str:
        if value is None or value == "" or pd.isna(value):  # type: ignore[call-overload]
            return ""
        if column in own:
            return own[column](value)
        if isinstance(value, pd.Timestamp):
            return value.strftime(self.dates)
        if isinstance(value, float):
            text = self.number(value, {"Employees": 0, "Seats": 1}.get(column, 2))
            return self.currency.format(text) if column == "Annual Revenue" else text
        return str(value)

    def but(self, **changed: object) -> Writing:
        """Return this way of writing with something changed."""
        return replace(self, **changed)  # type: ignore[arg-type]


PLAIN = Writing()
GERMAN = Writing(dates="%d.%m.%Y %H:%M", decimal=",", thousands=".", currency="{} €")
AMERICAN = Writing(dates="%m/%d/%Y %I:%M %p", thousands=",", currency="${}")
LANGUAGES = {"plain": PLAIN, "german": GERMAN, "american": AMERICAN}
