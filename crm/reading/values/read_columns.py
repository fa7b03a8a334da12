"""Every column of a source judged by its values: how it is read, and what the values leave open.

Said in ``leadq.yaml`` comes first, then what a bundle was trained with, then the values. A doubt is a Problem with the line to
paste; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from leadq.crm.reading.values.column_judgement import ColumnJudgement
from leadq.crm.reading.values.column_reading import ColumnReading, Wanted
from leadq.crm.reading.values.missing import MAY_BE_A_WORD
from leadq.crm.reading.values.numbers.number_forms import NumberForm
from leadq.crm.reading.values.read_settings import Doubt, ReadSettings
from leadq.crm.reading.values.shapes import find_shapes
from leadq.crm.reading.values.times.iso_text import A_YEAR
from leadq.crm.storage.scratch_database import Relation

_YEARS = 5
"""So far from the creation and closing of leads may other days of theirs lie that no heading calls days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Readings by column, and the doubts in their order."""

    readings: dict[str, ColumnReading]
    doubts: tuple[Doubt, ...]


def read_columns(rows: Relation, wanted: Mapping[str, Wanted], settings: ReadSettings, *, total: int) -> Judged:
    """Judge the text columns of ``rows`` that ``wanted`` names.

    Parameters
    ----------
    rows : Relation
        With row numbers; cells trimmed, empty ones null.
    wanted : mapping of column to Wanted
    settings : ReadSettings
    total : int
        How many rows there are.
    """
    shapes = find_shapes(rows, list(wanted), total=total)
    looked = {
        column: ColumnJudgement.of(rows, column, kind, settings, total, shapes[column])
        for column, kind in wanted.items()
    }
    numbers = {column: one.numbers(()) for column, one in looked.items()}
    hints = {judged.forms[0] for judged in numbers.values() if judged.signs and not judged.doubt}
    if settings.decimal:
        hints = {NumberForm(settings.decimal)}
    readings: dict[str, ColumnReading] = {}
    doubts: list[Doubt] = []
    counted = _counted_forms(looked, settings)
    for column, one in looked.items():
        judged = one.numbers(hints) if numbers[column].doubt and hints else numbers[column]
        readings[column], found = one.decide(settings, judged, counted)
        doubts += found
    return Judged(readings=_words_kept(readings, settings), doubts=tuple(doubts))


def _words_kept(readings: Mapping[str, ColumnReading], settings: ReadSettings) -> dict[str, ColumnReading]:
    """Take ``none`` among words for a word, unless a column of numbers or times shows that the source writes missing values so."""
    seen = {word for one in readings.values() if one.kind in ("number", "time", "flag") for word in one.missing}
    kept: dict[str, ColumnReading] = {}
    for column, one in readings.items():
        words = {word for word in one.missing if word.casefold() in MAY_BE_A_WORD and word not in seen}
        if one.kind == "text" and words and column not in settings.missing:
            one = replace(one, missing=tuple(word for word in one.missing if word not in words))  # noqa: PLW2901
        kept[column] = one
    return kept


def _counted_forms(looked: Mapping[str, ColumnJudgement], settings: ReadSettings) -> dict[str, tuple[float, float]]:
    """Ways of counting time (days of a spreadsheet, milliseconds) in which the source's surest times are, and from where to where."""
    spans: dict[str, tuple[float, float]] = {}
    for one in looked.values():
        if one.wanted != "time":
            continue
        for form in settings.read.get(one.column) or one.times_of(settings):
            if form in A_YEAR:
                low, high = one.span()
                before = spans.get(form, (low, high))
                spans[form] = (min(low, before[0]), max(high, before[1]))
    return {form: (low - _YEARS * A_YEAR[form], high + _YEARS * A_YEAR[form]) for form, (low, high) in spans.items()}
