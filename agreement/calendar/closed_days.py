"""Days on which business is closed, by country: public holidays (the library ``holidays``) and a company's own file.

Leaves out hours (``weekly_calendar.py``). No network: the library computes, and its version is pinned like every other one's.
"""
# ruff: noqa: PLC0415 - the library is opened only where a calendar names a country: reading an agreement must not pay for it

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from leadq.foundation.problems import AgreementError, Problem
from leadq.foundation.regular_files import UnfitFileError, read_regular_file
from leadq.foundation.yaml_scalars import day_of
from leadq.foundation.yaml_tree import shortened

FOR_ALL = ""
"""Country of a closed day that holds everywhere."""
MOST_BYTES = 1_000_000
_COLUMNS = ("date", "name", "country")
_CODE = re.compile(r"[A-Za-z]{2}")

ClosedDays = Mapping[str, frozenset[date]]
"""By country (:data:`FOR_ALL`: everywhere) the days of a file."""


def country_codes() -> tuple[str, ...]:
    """Return the countries of two letters whose public holidays are known."""
    from holidays import list_supported_countries

    return tuple(sorted(list_supported_countries(include_aliases=False)))


def wrong_country(written: str) -> str:
    """Return which rule ``"DE"`` or ``"DE-BY"`` breaks; empty where its public holidays are known."""
    from holidays import list_supported_countries

    known = list_supported_countries(include_aliases=True)
    country, hyphen, part = written.partition("-")
    if country not in known or not _CODE.fullmatch(country):
        return "must be countries whose public holidays are known"
    parts = {one.upper() for one in known[country]}
    return f"must be {country} or a part of it ({', '.join(sorted(parts))})" if hyphen and part not in parts else ""


def public_holidays(written: str, years: Iterable[int]) -> frozenset[date]:
    """Return the public holidays of a country or a part of it (``"DE-BY"``), the days they are observed on included."""
    from holidays import country_holidays, list_supported_countries

    country, _, part = written.partition("-")
    parts = list_supported_countries(include_aliases=True)[country]
    subdivision = next((one for one in parts if one.upper() == part), None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some are known for some years only: the others have none
        return frozenset(country_holidays(country, subdiv=subdivision, years=years))


def read_closed_days(path: Path) -> ClosedDays:
    """Read a file of days: CSV with the columns ``date`` (YYYY-MM-DD), ``name`` and ``country`` (two letters; empty: everywhere).

    Raises
    ------
    AgreementError
        There is no such file, or everything that is wrong in it.
    """
    where = shortened(path.name)
    try:
        text = read_regular_file(path, most_bytes=MOST_BYTES).decode("utf-8-sig")
    except UnfitFileError as unfit:
        remedy = (
            unfit.remedy or "Name the file under calendar: holidays; a relative path counts from the project's folder."
        )
        raise AgreementError(Problem(where=str(path), rule=unfit.rule, value=unfit.value, remedy=remedy)) from unfit
    except UnicodeDecodeError as wrong:
        raise AgreementError(Problem(where=where, rule="must be UTF-8 text", remedy="Save it as UTF-8.")) from wrong
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    try:
        return _days_of(rows, where)
    except csv.Error as error:
        problem = Problem(
            where=f"{where} line {rows.line_num}",
            rule="must be readable CSV",
            value=str(error),
            remedy="Fix the quotes.",
        )
        raise AgreementError(problem) from error


def _days_of(rows: csv.DictReader[str], where: str) -> ClosedDays:
    columns = [name.strip().lower() for name in rows.fieldnames or ()]
    if "date" not in columns:
        raise AgreementError(
            Problem(
                where=f"{where} line 1",
                rule="must name the columns date, name and country",
                value=shortened(", ".join(columns)),
                remedy="Write date,name,country on the first line.",
            )
        )
    rows.fieldnames = columns
    days: dict[str, set[date]] = {}
    problems: list[Problem] = []
    for row in rows:
        day, country = day_of((row["date"] or "").strip()), (row.get("country") or "").strip()
        place = f"{where} line {rows.line_num}"
        if day is None:
            value, remedy = shortened(row["date"] or ""), "Write it as YYYY-MM-DD."
            problems.append(Problem(where=place, rule="date must be a day that exists", value=value, remedy=remedy))
        elif country and not _CODE.fullmatch(country):
            remedy = "Write two letters, such as DE, or nothing for everywhere."
            problems.append(
                Problem(where=place, rule="country must be a code", value=shortened(country), remedy=remedy)
            )
        else:
            days.setdefault(country.upper(), set()).add(day)
    if problems:
        raise AgreementError(problems)
    return {country: frozenset(of_country) for country, of_country in days.items()}
