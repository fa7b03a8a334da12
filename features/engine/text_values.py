"""Values out of texts, as recorded changes hold them: what every engine reads alike, and nothing else.

Engines differ in what else they take for a number or a date (``1_000``, ``5d``, ``epoch``, ``2024``): such texts are no values here.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import timestamp_us

_NUMBER = r"^[+-]?([0-9]{1,30}([.][0-9]{0,30})?|[.][0-9]{1,30})([eE][+-]?[0-9]{1,2})?\z"  # short enough to be finite
_ZONE = "(Z| UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?" + _ZONE + r"?)?)?\z"
_YES = ("true", "t", "yes", "y", "1")
_NO = ("false", "f", "no", "n", "0")


def number_in(text: ir.StringValue) -> ir.FloatingValue:
    """Return the number that a text is, null where it is none: ``-12``, ``3.5``, ``1e6``."""
    bare = text.strip()
    return ibis.ifelse(bare.re_search(_NUMBER), bare.try_cast("float64"), ibis.null("float64"))


def flag_in(text: ir.StringValue) -> ir.BooleanValue:
    """Return the yes or no that a text is, null where it is neither: ``true``, ``No``, ``1``."""
    bare = text.strip().lower()
    return ibis.cases((bare.isin(_YES), True), (bare.isin(_NO), False), else_=ibis.null("boolean"))


def moment_in(text: ir.StringValue) -> ir.IntegerValue:
    """Return microseconds since 1970 of a date or time by ISO 8601, UTC where it has no offset; null where it is neither."""
    bare = text.strip()
    return ibis.ifelse(bare.re_search(_MOMENT), timestamp_us(bare.try_cast("timestamp('UTC')")), ibis.null("int64"))
