"""Lines for ``leadq.yaml`` that say which word another word is, and where they go."""

from __future__ import annotations

from collections.abc import Mapping

from leadq.crm.config.schema import Config, Source
from leadq.foundation.yaml_scalars import plain_or_quoted, quoted


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
    source = source_of(config, table)
    key = key_of(source, name)
    pairs = ", ".join(f"{quoted(new)}: {quoted(old)}" for new, old in words.items())
    place = place_of(config, table)
    there = {} if source is None else source.values
    if key in there:
        return f"{pairs} (in {place}, under values, within {plain_or_quoted(key)})."
    if there:
        return f"{plain_or_quoted(key)}: {{{pairs}}} (in {place}, under values)."
    return f"values: {{{plain_or_quoted(key)}: {{{pairs}}}}} (in {place})."


def source_of(config: Config, table: str) -> Source | None:
    """Return the source of a table, None where there is none."""
    return dict(config.tables()).get(table)


def key_of(source: Source | None, name: str) -> str:
    """Return what ``values`` and ``read`` call a field: its column in the file, where it is one."""
    if source is None:
        return name
    columns = source.columns.get(name, ())
    return columns[0] if len(columns) == 1 else source.own_fields.rename.get(name, name)


def place_of(config: Config, table: str) -> str:
    """Return where in ``leadq.yaml`` a table's source stands."""
    return "flat" if config.flat is not None else f"sources, {table}"
