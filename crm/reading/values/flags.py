"""Words for yes and no, in the languages of CRMs' exports; a mark beside empty cells is a yes."""

from __future__ import annotations

from collections.abc import Collection

PAIRS: tuple[tuple[str, str], ...] = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("checked", "unchecked"),
    ("enabled", "disabled"), ("ja", "nein"), ("j", "n"), ("wahr", "falsch"), ("ja", "nee"), ("waar", "onwaar"),
    ("oui", "non"), ("o", "n"), ("vrai", "faux"), ("sí", "no"), ("si", "no"), ("verdadero", "falso"), ("sì", "no"),
    ("vero", "falso"), ("sim", "não"), ("sim", "nao"), ("s", "n"), ("verdadeiro", "falso"), ("ja", "nej"), ("ja", "nei"),
    ("sant", "falskt"), ("sand", "falsk"), ("kyllä", "ei"), ("tosi", "epätosi"), ("tak", "nie"), ("prawda", "fałsz"),
    ("ano", "ne"), ("áno", "nie"), ("pravda", "nepravda"), ("igen", "nem"), ("igaz", "hamis"), ("da", "nu"), ("da", "ne"),
    ("evet", "hayır"), ("doğru", "yanlış"), ("да", "нет"), ("истина", "ложь"), ("так", "ні"), ("ναι", "όχι"),
    ("はい", "いいえ"), ("有", "無"), ("是", "否"), ("예", "아니요"), ("예", "아니오"), ("نعم", "لا"), ("כן", "לא"), ("✓", "✗"),
    ("✔", "✘"), ("✔", "✖"), ("✓", "✕"), ("✔\ufe0f", "✖\ufe0f"), ("✔\ufe0f", "❌"), ("✅", "❌"), ("✅", "❎"), ("☑", "☐"), ("☑\ufe0f", "☐"),
    ("☒", "☐"), ("👍", "👎"),
)  # fmt: skip
"""Yes and no, in small letters."""
MARKS = frozenset(("x", "✓", "✔", "✔\ufe0f", "✅", "☑", "☑\ufe0f", "☒", "•", "●", "*"))
"""What a person ticks a box with; the other boxes are empty."""


def flag_words(words: Collection[str], *, has_empty: bool) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return which of a column's words, in small letters, are yes and which no; None where it is no flag.

    A single yes beside empty cells is a flag, too: the empty cells are no's, which a missing value would not say.

    >>> flag_words(["Ja", "Nein"], has_empty=False)
    (frozenset({'ja'}), frozenset({'nein'}))
    """
    folded = frozenset(word.casefold() for word in words)
    for yes, no in PAIRS:
        if folded == {yes, no}:
            return frozenset((yes,)), frozenset((no,))
    if len(folded) == 1 and has_empty and folded <= MARKS | {yes for yes, _ in PAIRS if len(yes) > 1}:
        return folded, frozenset()
    return None
