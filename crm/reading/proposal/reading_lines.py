"""How columns are written, as lines of ``leadq.yaml``: of those that are not plain, and every doubt with the lines to choose from."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.values.read_settings import Doubt
from leadq.foundation.yaml_scalars import quoted, quoted_list


def shown(value: str) -> str:
    """Return ``value`` as it may stand in a comment: on one line."""
    return value if value.isprintable() else quoted(value)


def reading_lines(
    sample: Sample,
    *,
    ids: Collection[str] = (),
    answers: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
) -> list[str]:
    """Return the lines of ``read`` and ``missing``; none where every column is plain.

    Parameters
    ----------
    sample : Sample
    ids : collection of str
        Columns that are never numbers.
    answers : mapping, optional
        How columns are written whose values leave it open, by :func:`form_key`.
    only : collection of str, optional
        The columns that are read; by default all.
    """
    columns = [column for column in sample.columns if only is None or column.name in only]
    no_numbers = {column.name for column in columns if column.name in ids and column.reading.kind == "number"}
    asked = [column for column in columns if column.name not in no_numbers]
    read = {column.name: _form(column) for column in asked if _is_special(column)}
    said = {column.name: (answers or {}).get(form_key(sample, column.name)) for column in asked if column.doubts}
    read |= {column: _ways(tuple(way.split("\n"))) for column, way in said.items() if way}
    missing = {column.name: column.reading.missing for column in columns if column.reading.missing}
    lines = ["read:", *(f"  {quoted(column)}: {form}" for column, form in read.items())] if read else []
    for column in asked:
        for doubt in column.doubts:
            lines += [] if said.get(column.name) else _asked(doubt)
    if missing:
        lines += ["missing:", *(f"  {quoted(column)}: {quoted_list(words)}" for column, words in missing.items())]
    return lines


def form_key(sample: Sample, column: str) -> str:
    """Return the key of the question how ``column`` is written."""
    return f"read:{sample.file.path.name}:{column}"


def _is_special(column: Column) -> bool:
    reading = column.reading
    return reading.kind in ("time", "number") and not reading.bare and bool(reading.forms) and not column.doubts


def _form(column: Column) -> str:
    return _ways(column.reading.forms)


def _ways(forms: tuple[str, ...]) -> str:
    return quoted(forms[0]) if len(forms) == 1 else quoted_list(forms)


def _asked(doubt: Doubt) -> list[str]:
    """Comments that ask what the values of a column leave open."""
    if not doubt.ways:
        return [f"# {shown(doubt.column)}: {doubt.what}, such as {shown(doubt.example)}; leadq check says what to do"]
    ways = [_ways(way) for way in doubt.ways]
    return [
        f"# {shown(doubt.column)}: {doubt.what}? {shown(doubt.example)} may be read in two ways. Write one of these lines under read:",
        *(f"#   {quoted(doubt.column)}: {way}" for way in ways),
    ]
