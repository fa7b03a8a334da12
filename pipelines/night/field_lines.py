"""Lines for ``leadq.yaml`` that put a changed field back: which word of training a word is, and how numbers are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leadq.crm.config.schema import Config, Source
from leadq.crm.contract.history import History
from leadq.crm.gate.unit_changes import UnitChange
from leadq.foundation.yaml_scalars import plain_or_quoted, quoted

_THOUSANDS = {".": (re.compile(r"\d{1,3}(\.\d{3})+"), "1.234,5"), ",": (re.compile(r"\d{1,3}(,\d{3})+"), "1,234.5")}


def values_line(config: Config, column: str, words: Mapping[str, str]) -> str:
    """Return the line that maps tonight's words to those of training, and where it goes.

    Parameters
    ----------
    config : Config
    column : str
        Field, ``"leads.source"``.
    words : mapping of str to str
    """
    table, _, name = column.partition(".")
    source = _source(config, table)
    key = _key(source, name)
    pairs = ", ".join(f"{quoted(new)}: {quoted(old)}" for new, old in words.items())
    place = _place(config, table)
    there = {} if source is None else source.values
    if key in there:
        return f"{pairs} (in {place}, under values, within {plain_or_quoted(key)})."
    if there:
        return f"{plain_or_quoted(key)}: {{{pairs}}} (in {place}, under values)."
    return f"values: {{{plain_or_quoted(key)}: {{{pairs}}}}} (in {place})."


def read_line(config: Config, history: History, change: UnitChange) -> str:
    """Return the line that has a column's points or commas read between thousands; empty where its values do not look so."""
    table, _, name = change.column.partition(".")
    key = _key(_source(config, table), name)
    for staged in (f"raw_{table}", "raw_leads"):
        reading = history.readings.get(staged, {}).get(key)
        if reading is not None and change.power > 0:
            return next(
                (f"read: {{{quoted(key)}: {quoted(form)}}} (in {_place(config, table)})." for form in _forms(reading)),
                "",
            )
    return ""


def _forms(reading: Mapping[str, Any]) -> list[str]:
    examples = [str(one) for one in reading["evidence"]["examples"]]
    return [form for pattern, form in _THOUSANDS.values() if examples and all(map(pattern.fullmatch, examples))]


def _source(config: Config, table: str) -> Source | None:
    return dict(config.tables()).get(table)


def _key(source: Source | None, name: str) -> str:
    """Return what ``values`` and ``read`` call a field: its column in the file, where it is one."""
    if source is None:
        return name
    columns = source.columns.get(name, ())
    return columns[0] if len(columns) == 1 else source.own_fields.rename.get(name, name)


def _place(config: Config, table: str) -> str:
    return "flat" if config.flat is not None else f"sources, {table}"
