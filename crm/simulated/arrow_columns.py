"""Arrow columns out of arrays: codes to text, seconds to moments, and tables cut at the moment of reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadq.crm.contract.crm_tables import TABLES, TIME
from leadq.crm.simulated.moments import MICROSECONDS
from leadq.foundation.arrays import Bools, Floats, Ints


def labels(codes: Ints, names: Sequence[str | None]) -> pa.Array:
    """Text by code; negative codes are missing."""
    taken = np.where(codes < 0, 0, codes).astype(np.int32)
    index = pa.array(taken, mask=codes < 0)
    return pa.array(list(names), pa.string()).take(index)


def numbered(prefix: str, numbers: Ints, *, width: int = 6, suffix: str = "") -> pa.Array:
    """Names like ``A000123``; negative numbers are missing."""
    digits = pa.array(numbers, pa.int64(), mask=numbers < 0).cast(pa.string())
    return pc.binary_join_element_wise(prefix, pc.utf8_lpad(digits, width, "0"), suffix, "")


def lead_names(numbers: Ints) -> pa.Array:
    """Lead ids of lead numbers."""
    return numbered("L", numbers, width=7)


def moments(seconds: Ints, present: Bools | None = None) -> pa.Array:
    """Moments of whole seconds since 1970; missing where not ``present``."""
    shown = np.ones(len(seconds), dtype=np.bool_) if present is None else present
    micro = np.where(shown, seconds, 0) * MICROSECONDS
    return pa.array(micro, pa.int64(), mask=~shown).cast(TIME)


def numbers(values: Floats, present: Bools | None = None) -> pa.Array:
    """Float column; NaN and whatever is not ``present`` is missing."""
    missing = np.isnan(values) if present is None else np.isnan(values) | ~present
    return pa.array(values, pa.float64(), mask=missing)


def table(name: str, columns: Mapping[str, pa.Array], own: Mapping[str, pa.Array] | None = None) -> pa.Table:
    """Build a table of the contract; columns that are not given are missing, own fields come last."""
    schema = TABLES[name]
    rows = len(next(iter(columns.values())))
    fields = [columns.get(field.name, pa.nulls(rows, field.type)).cast(field.type) for field in schema]
    built = pa.Table.from_arrays(fields, schema=schema)
    for own_name, values in (own or {}).items():
        built = built.append_column(own_name, values)
    return built
