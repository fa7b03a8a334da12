"""Words of a field that are probably spelt in two ways: proposed for merging in ``leadq check``, never merged unasked.

Beyond capitals and blanks, which the model does not heed anyway: accents, signs between letters, and legal forms of companies
("Acme GmbH & Co. KG" is "ACME"). Two products may differ in just a sign, so that people decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import ibis

from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import Tables, open_engine, open_tables, own_column
from leadq.features.field_values import Field, known_fields
from leadq.features.meaning.spelling_keys import folded

_READ_ANYWAY = ("email_domain", "domain", "title")
"""Fields that are not compared word by word."""
_MOST_VALUES = 1_000
_LETTER = r"[^\W\d_]"
_SIGNS = re.compile(rf"(?<={_LETTER})[\W_]+(?=\w)|(?<=\d)[\W_]+(?={_LETTER})")
"""Signs and blanks between letters: 1-10 stays apart from 110, C++ from C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """Words of one field that may be one.

    Parameters
    ----------
    column : str
        ``"leads.source"``.
    word : str
        The spelling that most rows have.
    others : tuple of str
        Further spellings, the most frequent first.
    rows : int
        Rows that have one of the others.
    """

    column: str
    word: str
    others: tuple[str, ...]
    rows: int


def spelling_variants(history: History) -> tuple[Variants, ...]:
    """Find words of the fields of leads and accounts that may mean the same, field by field, most rows first."""
    fields = [one for one in known_fields(history) if one.type == "category" and one.name not in _READ_ANYWAY]
    with open_engine(threads=1) as backend:
        tables = open_tables(backend, history)
        return tuple(variants for one in fields for variants in _variants(one, _rows_by_word(tables, one)))


def _rows_by_word(tables: Tables, field: Field) -> dict[str, int]:
    table = tables.leads if field.entity == "lead" else tables.accounts
    value = table[own_column(field.name) if field.own else field.name].cast("string")
    counted = table.select(value=value).filter(ibis._.value.notnull()).group_by("value").agg(rows=ibis._.count())
    rows = counted.order_by(ibis._.rows.desc(), "value").limit(_MOST_VALUES).to_pyarrow().to_pylist()
    return {row["value"]: row["rows"] for row in rows if row["value"].strip()}


def _variants(field: Field, rows_by_word: Mapping[str, int]) -> list[Variants]:
    words: dict[str, dict[str, list[str]]] = defaultdict(dict)
    rows: dict[str, int] = defaultdict(int)
    for word, count in rows_by_word.items():
        words[bare(word)].setdefault(folded(word), []).append(word)
        rows[folded(word)] += count
    found = []
    for key, spelt in words.items():
        if key and len(spelt) > 1:
            first, *others = sorted(spelt, key=lambda one: (-rows[one], one))
            found.append(
                Variants(
                    column=f"{field.entity}s.{field.name}",
                    word=spelt[first][0],
                    others=tuple(word for one in others for word in spelt[one]),
                    rows=sum(rows[one] for one in others),
                )
            )
    return sorted(found, key=lambda one: (-one.rows, one.word))


@cache
def bare(word: str) -> str:
    """Return a word without what two people may write otherwise; equal for words that may be one.

    >>> bare("Web-Form") == bare("webform") == bare("Web  Form")
    True
    >>> bare("Acme GmbH & Co. KG") == bare("ACME")
    True
    >>> bare("1-10") == bare("110") or bare("C++") == bare("C")
    False
    """
    from cleanco import basename  # type: ignore[import-untyped]  # noqa: PLC0415 - of the extra train

    without_form = basename(word)
    if len(without_form.split()) < len(word.split()) and without_form:  # C++ is no legal form
        word = without_form
    letters = unicodedata.normalize("NFKD", word)
    return _SIGNS.sub("", folded("".join(one for one in letters if not unicodedata.combining(one))))
