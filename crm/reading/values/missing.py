"""Words that stand for a missing value, as databases, spreadsheets, CRMs and analytics write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_ALWAYS = frozenset(
    (
        "null", "(null)", "[null]", "\\n", "#n/a", "#nv", "#null!", "#value!", "#ref!", "#div/0!", "#name?", "#num!", "n/a",
        "n.a.", "n.a", "n/d", "nan", "<na>", "nat", "nil", "undefined", "?", "??", "???", ".", "..", "...", "…",
        "#bezug!", "#wert!", "#zahl!", "#valeur!", "#nom?", "#nombre!", "#n/d", "#¡valor!", "#¡ref!", "#¿nombre?", "#¡div/0!",
        "-", "--", "---", "–", "—", "(blank)", "(empty)",
        "(none)", "(unknown)", "(leer)", "(vide)", "(vacío)", "(vuoto)", "(vazio)", "(leeg)", "(puste)", "(пусто)", "-none-",
        "--none--", "-select-", "--select--", "select", "k.a.", "k.a",
    )
)  # fmt: skip
_PHRASES = frozenset(
    (
        "(not set)", "(not provided)", "not set", "not available", "not specified", "not provided", "please select",
        "-please select-", "select...", "select an option", "choose an option", "- select -", "- none -", "-- none --",
        "-- select --", "keine angabe", "nicht angegeben", "bitte wählen", "bitte auswählen", "sélectionner",
        "non renseigné", "non spécifié", "seleccionar", "seleccione", "sin especificar", "no especificado",
        "non specificato", "selezionare", "não informado", "niet opgegeven", "не указано", "не выбрано", "no value",
        "valeur non définie", "未設定", "未选择", "(空白)",
    )
)  # fmt: skip
MAY_BE_A_WORD = frozenset(("none", "inf", "-inf"))
"""Missing where numbers or times stand; among words (budget: none, small, large) only where the source writes so elsewhere, too."""
_ZEROS = re.compile(r"0{4}[-/.]00[-/.]00([T ]00:00(:00(\.0+)?)?Z?)?|00[-/.]00[-/.]0{4}( 00:00(:00)?)?")
"""Dates of zeros, as MySQL and PHP write a missing one."""
_CODES = re.compile(r"[A-Z]{2,5}")


def is_missing_word(word: str) -> bool:
    """Whether a cell holding just ``word`` is a missing value wherever it stands.

    >>> is_missing_word("#N/A"), is_missing_word("0000-00-00"), is_missing_word("Web")
    (True, True, False)
    """
    folded = " ".join(word.casefold().split())
    return folded in _ALWAYS | MAY_BE_A_WORD or folded in _PHRASES or _ZEROS.fullmatch(folded.upper()) is not None


def missing_words(words: Iterable[str], *, named: Collection[str]) -> tuple[str, ...]:
    """Return which of a column's words are missing values, in order.

    ``NA`` is one unless the column's other words are codes as it is (countries: Namibia; regions: North America).

    Parameters
    ----------
    words : iterable of str
        The values of the column, or the short ones of them.
    named : collection of str
        Words that ``leadq.yaml`` names in this column: they mean what is said there.
    """
    others, found, codes = [], [], []
    for word in words:
        if word in named:
            continue
        if is_missing_word(word):
            found.append(word)
        elif word.casefold() == "na":
            codes.append(word)
        else:
            others.append(word)
    as_codes = [word for word in others if _CODES.fullmatch(word)]
    if codes and not (len(as_codes) >= 2 and len(as_codes) > 0.8 * len(others)):
        found += codes
    return tuple(sorted(found))
