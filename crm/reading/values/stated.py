"""What ``read`` of ``leadq.yaml`` says about a column, as its reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leadq.crm.reading.values.column_reading import WHOLE, ColumnReading
from leadq.crm.reading.values.numbers.number_forms import number_form
from leadq.crm.reading.values.times.iso_text import is_time_form
from leadq.crm.reading.values.times.zone_names import all_offsets

FORMS_IN_WORDS = (
    'a strptime format such as "%d/%m/%Y %H:%M", iso, epoch_s, epoch_ms, epoch_us, excel_days, 1234.5 as the column writes it '
    '(for example "1.234,5"), text, flag or id'
)


def stated_reading(said: Sequence[str], zone_names: Mapping[str, str]) -> ColumnReading | None:
    """Return the reading that ``read`` states, None where it states none.

    Parameters
    ----------
    said : sequence of str
        One form, or several of which the first that fits a value counts.
    zone_names : mapping of str to str
    """
    if not said:
        return None
    if tuple(said) == ("text",):
        return ColumnReading(kind="text")
    if tuple(said) == ("id",):
        return ColumnReading(kind="id", forms=(WHOLE,))
    if said[0] == "flag":
        return ColumnReading(kind="flag", forms=tuple(word.casefold() for word in said[1:]) or ("true", "false"))
    if all(is_time_form(form) for form in said):
        return ColumnReading(kind="time", forms=tuple(said), zones=all_offsets(zone_names))
    if all(number_form(form) is not None for form in said):
        return ColumnReading(kind="number", forms=tuple(said))
    return None
