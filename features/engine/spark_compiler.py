"""Ibis' compiler for Spark, made to mean what DuckDB means.

Where Spark means something else by the same words (an empty count, NaN, small letters, white space), the SQL is put differently here, so
that an expression has one meaning; ``tests/spark`` holds the two against each other.
"""
# ruff: noqa: ARG002, D102, N802 - Ibis names these methods and their arguments, and says what each is for

from __future__ import annotations

import re
import string
from typing import Any

import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import NULL
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_RENAMED = {"epoch_us": "unix_micros"}
"""Functions that an expression names as DuckDB does."""

_UNKNOWN_ESCAPES = re.compile("([\a\v\f])")
"""Letters that sqlglot writes as an escape that Spark does not know: it would read ``\\f`` as the letter f."""


class DuckdbMeaning(PySparkCompiler):  # type: ignore[misc]
    """SQL of Spark that gives what the same expression gives on DuckDB."""

    __slots__ = ()

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:
        return arg.is_(NULL)  # NaN is not missing

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:
        return sge.Not(this=arg.is_(NULL))

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:
        if where is None:
            return super().visit_CountStar(op, arg=arg, where=where)
        return self.f.count(self.if_(where, 1, NULL))  # 0, not null, where no row counts

    def visit_Lowercase(self, op: Any, *, arg: Any) -> Any:
        # letter by letter: else Spark makes two letters of a dotted capital I, and another sigma at the end of a word
        return self.f.lower(self.f.translate(arg, "\u0130\u03a3", "i\u03c3"))

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:
        return self.f.anon.btrim(arg, self._text(string.whitespace))

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        # a group is called $1 here, and a dollar that is none is escaped
        meant = re.sub(r"\\([0-9])", r"$\1", op.replacement.value.replace("$", "\\$"))
        return self.f.regexp_replace(arg, pattern, self._text(meant))

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:
        if dtype.is_string() and _UNKNOWN_ESCAPES.search(value):
            return self._text(value)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def _text(self, value: str) -> Any:
        pieces = (piece for piece in _UNKNOWN_ESCAPES.split(value) if piece)
        return self.f.concat(
            *(self.f.anon.char(ord(piece)) if _UNKNOWN_ESCAPES.match(piece) else piece for piece in pieces)
        )

    def __sql_name__(self, op: Any) -> str:
        name: str = super().__sql_name__(op)
        return _RENAMED.get(name, name)
