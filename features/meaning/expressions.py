"""What the lists mean inside an engine: words folded, codes of words that share one, every distinct value read once."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.meaning.spelling_keys import BLANKS, code_by_key


def fold(text: ir.StringValue) -> ir.StringValue:
    """Return what :func:`leadq.features.meaning.spelling_keys.folded` makes of a word."""
    for blank in BLANKS:
        text = text.replace(blank, " ")
    return text.re_replace(" +", " ").strip().lower()


def codes_of(values: ir.Table, name: str, spellings: tuple[tuple[str, ...], ...]) -> ir.Table:
    """Code of every distinct value of the column ``name``: ``same_value``, ``same_code`` (float64).

    A value that is none of the words has the code ``len(spellings)``.
    """
    distinct = values.select(same_value=values[name]).distinct()
    distinct = distinct.filter(distinct.same_value.notnull())
    key = fold(distinct.same_value)
    keys: dict[int, list[str]] = {}
    for one, code in code_by_key(spellings).items():
        keys.setdefault(code, []).append(one)
    branches = [(_is_one_of(key, found), ibis.literal(float(code), "float64")) for code, found in sorted(keys.items())]
    other = ibis.literal(float(len(spellings)), "float64")
    code = ibis.cases(*branches, else_=other) if branches else other
    missing = distinct.same_value.isnull()  # never: the null makes numbers of DuckDB's decimals
    return distinct.mutate(same_code=ibis.ifelse(missing, ibis.null("float64"), code))


def _is_one_of(key: ir.StringValue, keys: list[str]) -> ir.BooleanValue:
    """Whether a key is among some, as one text: a literal for each of a country's hundreds of names takes seconds to compile."""
    if len(keys) == 1:
        return key == keys[0]
    line = "\n"  # in no key: it is folded to a blank
    return ibis.literal(line + line.join(keys) + line).contains(ibis.literal(line) + key + line)
