"""All the ways in which tonight's export is not what the model learnt from, each a function from an export to the texts of its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from tests.pipelines.night.mutated_nights.writing import Writing

Family: TypeAlias = Literal["words", "locale", "units", "columns", "rows"]
Apply: TypeAlias = Callable[[pd.DataFrame, Writing], pd.DataFrame]
NEW_DAYS = 45
"""Where only leads that came in lately are written otherwise: so many days of them."""

GERMAN_WORDS = {
    "Lead Source": {"Web form": "Webformular", "Referral": "Empfehlung", "Trade fair": "Messe", "Cold call": "Kaltakquise",
        "Partner": "Vertriebspartner", "Webinar": "Onlineseminar"},
    "Industry": {"Software": "Softwarehaus", "Retail": "Handel", "Healthcare": "Gesundheit", "Manufacturing": "Fertigung",
        "Logistics": "Logistik", "Financial services": "Finanzdienste", "Energy": "Energie", "Food": "Lebensmittel"},
    "Country": {"Germany": "Deutschland", "France": "Frankreich", "Netherlands": "Niederlande", "Austria": "Österreich",
        "Switzerland": "Schweiz", "Poland": "Polen"},
    "Plan": {"Basic": "Einfach", "Team": "Mannschaft", "Business": "Geschäft", "Enterprise": "Konzern"},
    "Current Tool": {"Spreadsheet": "Tabelle", "Rival suite": "Konkurrenz", "Own system": "Eigenes System", "None yet": "Noch keines"},
    "Customer": {"Yes": "Ja", "No": "Nein"},
    "Title": {"Managing Director": "Geschäftsführung", "Head of IT": "Leitung EDV", "IT Manager": "EDV-Fachkraft",
        "Sales Manager": "Verkaufsleitung", "Marketing Director": "Werbeleitung", "Finance Director": "Finanzleitung",
        "Operations Analyst": "Betriebsanalyse", "HR Assistant": "Personalhilfe", "Purchasing Manager": "Beschaffung",
        "Student": "Studium", "Engineer": "Ingenieurwesen", "Head of Operations": "Betriebsleitung"},
}  # fmt: skip
ONE_RENAMED = {
    "Lead Source": {"Web form": "Website inquiry"},
    "Industry": {"Retail": "Retail & wholesale"},
    "Plan": {"Business": "Business 2026"},
    "Country": {"Germany": "DE"},
    "Current Tool": {"Rival suite": "RivalOne"},
}
WORDS = ("Lead Source", "Industry", "Country", "Plan", "Current Tool")
SWAPPED = (
    ("Employees", "Seats"), ("Employees", "Annual Revenue"), ("Lead Source", "Plan"), ("Country", "Industry"),
    ("Industry", "Current Tool"), ("Lead Source", "Campaign"), ("Title", "Company"), ("Plan", "Customer"),
    ("Created Date", "Contract Ends"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One way: what it is called, and what it makes of an export."""

    family: Family
    name: str
    apply: Apply


def every_mutation() -> tuple[Mutation, ...]:
    """Return all of them."""
    found = [*_words(), *_locale(), *_units(), *_columns(), *_rows()]
    return tuple(Mutation(family=family, name=name, apply=apply) for family, name, apply in found)


Named: TypeAlias = tuple[Family, str, Apply]


def _words() -> Iterator[Named]:
    for column in (*WORDS, "Title", "Customer"):
        yield "words", f"{column} in capitals", partial(_reworded, column, str.upper)
        yield "words", f"{column} translated", partial(_reworded, column, GERMAN_WORDS[column].get)
    for column, words in ONE_RENAMED.items():
        yield "words", f"{column}: {next(iter(words))} renamed", partial(_reworded, column, words.get)
    for column in WORDS:
        codes = {word: f"{column[:2].upper()}{place:02d}" for place, word in enumerate(GERMAN_WORDS[column], start=1)}
        yield "words", f"{column} as codes", partial(_reworded, column, codes.get)
        yield (
            "words",
            f"{column} with underscores",
            partial(_reworded, column, lambda word: word.lower().replace(" ", "_")),
        )
        yield "words", f"{column} with trailing blanks", partial(_reworded, column, lambda word: f"{word}  ")
        yield "words", f"{column} with a hard blank", partial(_reworded, column, lambda word: f"{word}\u00a0")
        yield "words", f"{column} with a prefix", partial(_reworded, column, lambda word: f"1 - {word}")
    for column in WORDS[:3]:
        yield "words", f"{column} of new leads in capitals", partial(_reworded, column, str.upper, new_only=True)
        yield (
            "words",
            f"{column} of new leads translated",
            partial(_reworded, column, GERMAN_WORDS[column].get, new_only=True),
        )
    yield "words", "Customer as 1 and 0", partial(_reworded, "Customer", {"Yes": "1", "No": "0"}.get)
    yield "words", "Customer as X and nothing", partial(_reworded, "Customer", {"Yes": "X", "No": ""}.get)
    for column in ("Industry", "Plan", "Country"):
        yield "words", f"{column} unknown where it was empty or rare", partial(_thinned, column, "Other")


def _locale() -> Iterator[Named]:
    for column in ("Seats", "Annual Revenue", "Employees"):
        yield "locale", f"{column} with the other decimal sign", partial(_numbers, column, decimal=True)
        yield "locale", f"{column} with the other thousands", partial(_numbers, column, decimal=False)
        yield "locale", f"{column} with blanks between thousands", partial(_blank_thousands, column)
    for column in ("Created Date", "Contract Ends"):
        for form in ("%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%d %I:%M:%S %p", "%d.%m.%y", "%d %b %Y"):
            yield "locale", f"{column} as {form}", partial(_dates, column, form)
        yield "locale", f"{column} with day and month swapped", partial(_day_and_month, column)
        yield (
            "locale",
            f"{column} twelve hours on",
            partial(_changed, column, lambda value: value + pd.Timedelta(hours=12)),
        )
    yield "locale", "everything in German", _all_german
    yield "locale", "everything in American", _all_american


def _units() -> Iterator[Named]:
    many = {"Annual Revenue": (0.001, 0.000001, 100, 1.17), "Employees": (0.001, 100, 10), "Seats": (100, 12, 0.5)}
    for column, factors in many.items():
        for factor in factors:
            yield "units", f"{column} times {factor:g}", partial(_changed, column, partial(_times, factor))
    yield "units", "Annual Revenue with k", partial(_written, "Annual Revenue", lambda value: f"{value / 1000:.1f}k")
    yield "units", "Annual Revenue in dollars", partial(_written, "Annual Revenue", lambda value: f"${value:.2f}")
    yield "units", "Annual Revenue in pounds", partial(_written, "Annual Revenue", lambda value: f"£{value * 0.86:.2f}")
    yield "units", "Seats rounded down", partial(_changed, "Seats", np.floor)
    yield "units", "Employees in bands", partial(_written, "Employees", _band)
    yield "units", "Employees 0 where unknown", _nought


def _columns() -> Iterator[Named]:
    for one, other in SWAPPED:
        yield "columns", f"{one} and {other} swapped", partial(_swapped, one, other)
    for column in ("Industry", "Employees", "Lead Source", "Plan", "Title"):
        yield "columns", f"{column} empty", partial(_emptied, column, 1.0)
        yield "columns", f"{column} empty for half", partial(_emptied, column, 0.5)
        yield "columns", f"{column} of new leads empty", partial(_emptied, column, 1.0, new_only=True)
    yield "columns", "headings in German", partial(_headed, {"Industry": "Branche", "Plan": "Tarif"})


def _rows() -> Iterator[Named]:
    for share in (0.98, 0.9, 0.5):
        yield "rows", f"the first {share:.0%} of the rows", partial(_part, share)
        yield "rows", f"the last {share:.0%} of the rows", partial(_part, -share)
    yield "rows", "every second row", lambda export, writing: writing.table(export).iloc[::2]
    yield "rows", "every row twice", partial(_again, None)
    yield "rows", "the newest rows twice", partial(_again, 200)
    yield "rows", "every row twice, the second under an id of its own", _under_other_ids
    yield "rows", "open leads only", partial(_of_status, True)
    yield "rows", "closed leads only", partial(_of_status, False)
    yield "rows", "the file of a month ago", lambda export, writing: writing.table(_before(export, 30))


def _part(share: float, export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    """The first rows, or with a share below zero the last."""
    rows = int(abs(share) * len(export))
    table = writing.table(export)
    return table.head(rows) if share > 0 else table.tail(rows)


def _again(newest: int | None, export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    table = writing.table(export)
    return pd.concat([table, table if newest is None else table.tail(newest)])


def _of_status(is_open: bool, export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.table(export[(export["Status"] == "Working") == is_open])


def _headed(headings: dict[str, str], export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.table(export).rename(columns=headings)


def _new(export: pd.DataFrame) -> pd.Series:
    return export["Created Date"] > export["Created Date"].max() - pd.Timedelta(days=NEW_DAYS)


def _reworded(
    column: str, word: Callable[[str], str | None], export: pd.DataFrame, writing: Writing, *, new_only: bool = False
) -> pd.DataFrame:
    table = writing.table(export)
    chosen = (table[column] != "") & (_new(export) if new_only else True)
    renamed = table[column].map(lambda value: value if word(value) is None else word(value))
    return table.assign(**{column: table[column].where(~chosen, renamed)})


def _thinned(column: str, word: str, export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    table = writing.table(export)
    counts = table[column].value_counts()
    rare = {"", *counts.index[len(counts) // 2 :]}
    return table.assign(**{column: table[column].map(lambda value: word if value in rare else value)})


def _numbers(column: str, export: pd.DataFrame, writing: Writing, *, decimal: bool) -> pd.DataFrame:
    """With the other sign before decimals, thousands apart by what that leaves; or the same decimals, thousands apart or no longer."""
    other = {".": ",", ",": "."}
    sign = other[writing.decimal] if decimal else writing.decimal
    changed = writing.but(decimal=sign, thousands=other[sign] if not (writing.thousands and not decimal) else "")
    return writing.table(export).assign(**{column: changed.table(export[[column]])[column]})


def _blank_thousands(column: str, export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.table(export).assign(**{column: writing.but(thousands=" ").table(export[[column]])[column]})


def _dates(column: str, form: str, export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.table(export).assign(**{column: writing.but(dates=form).table(export[[column]])[column]})


def _day_and_month(column: str, export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    """Days up to the twelfth only, as where a spreadsheet took one for the other."""

    def swapped(value: pd.Timestamp) -> pd.Timestamp:
        return value.replace(month=value.day, day=value.month) if value.day <= 12 else value

    return _changed(column, swapped, export, writing)


def _changed(column: str, change: Callable[..., object], export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.table(export.assign(**{column: export[column].map(change, na_action="ignore")}))


def _times(factor: float, value: float) -> float:
    return value * factor


def _written(column: str, write: Callable[[float], str], export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.but(own=((column, write),)).table(export)


def _band(value: float) -> str:
    edges = (1, 10, 50, 200, 1000, 10_000)
    place = max(place for place, edge in enumerate(edges) if value >= edge)
    return f"{edges[place]}-{edges[place + 1] - 1}" if place + 1 < len(edges) else "10000+"


def _all_german(export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.but(dates="%d.%m.%Y %H:%M", decimal=",", thousands=".", currency="{} €").table(export)


def _all_american(export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.but(dates="%m/%d/%Y %I:%M %p", decimal=".", thousands=",", currency="${}").table(export)


def _nought(export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    return writing.table(export.assign(Employees=export["Employees"].fillna(0.0)))


def _swapped(one: str, other: str, export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    table = writing.table(export)
    return table.assign(**{one: table[other], other: table[one]})


def _emptied(
    column: str, share: float, export: pd.DataFrame, writing: Writing, *, new_only: bool = False
) -> pd.DataFrame:
    table = writing.table(export)
    chosen = pd.Series(np.random.default_rng(len(table)).random(len(table)) < share) & (
        _new(export) if new_only else True
    )
    return table.assign(**{column: table[column].where(~chosen, "")})


def _under_other_ids(export: pd.DataFrame, writing: Writing) -> pd.DataFrame:
    table = writing.table(export)
    return pd.concat([table, table.assign(**{"Lead ID": "X" + table["Lead ID"]})])


def _before(export: pd.DataFrame, days: int) -> pd.DataFrame:
    newest = export["Created Date"].max()
    return export[export["Created Date"] <= newest - pd.Timedelta(days=days)]
