"""The steps of a reading that the first and the present one do otherwise, so that ``ingest`` is one way for both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from leadq.crm.reading import FIRST
from leadq.crm.reading.columns import outcomes, profiling
from leadq.crm.reading.first_reading import outcomes as first_outcomes
from leadq.crm.reading.first_reading import profiling as first_profiling
from leadq.crm.reading.first_reading import row_rules as first_row_rules
from leadq.crm.reading.first_reading import source_files as first_source_files
from leadq.crm.reading.rows import row_rules
from leadq.crm.reading.sources import flat_file, source_files
from leadq.crm.reading.sources.loaded_file import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Functions of one reading; each is documented where it stands."""

    load: Callable[..., Loaded]
    date_flat_rows: Callable[..., Any]
    type_opportunities: Callable[..., Any]
    distil: Callable[..., Any]
    outcome_kinds: Callable[..., Any]
    own_fields: Callable[..., list[profiling.TypedField]]
    check_rows: Callable[..., None]


_FIRST = Steps(
    load=first_source_files.load,
    date_flat_rows=partial(flat_file.date_flat_rows, ordered_as=("DOUBLE",)),
    type_opportunities=first_outcomes.type_opportunities,
    distil=first_outcomes.distil,
    outcome_kinds=first_outcomes.outcome_kinds,
    own_fields=first_profiling.own_fields,
    check_rows=first_row_rules.check_rows,
)
_PRESENT = Steps(
    load=source_files.load,
    date_flat_rows=flat_file.date_flat_rows,
    type_opportunities=outcomes.type_opportunities,
    distil=outcomes.distil,
    outcome_kinds=outcomes.outcome_kinds,
    own_fields=profiling.own_fields,
    check_rows=row_rules.check_rows,
)


def steps_of(reading: int) -> Steps:
    """Return the steps of a reading by its number."""
    return _FIRST if reading == FIRST else _PRESENT
