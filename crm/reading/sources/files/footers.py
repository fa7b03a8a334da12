"""Lines below the rows that are no rows: totals, who made the report and when, whose property it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from leadq.crm.reading.sources.column_headings import visible

MOST_LINES = 30
"""Lines from the end that are looked at."""
_TOTAL = re.compile(
    r"(?i)(grand |sub-?|general |overall )?totals?( general| général)?|sum|summe|gesamt(summe|ergebnis)?|somme|totale|suma( total)?"
    r"|totaal|summa|итого|всего|合計|总计|總計|合计|소계|합계|toplam|razem|celkem|összesen|yhteensä|i alt"
)
_NEARLY_ALL = 0.9
_ASIDE = re.compile(r"\s*[(:：].*$")
_SAID = re.compile(
    r"(?i)\b(copyright|confidential|all rights reserved|generated (by|on|at)|report (generated|run|name|date)|exported"
    r"|export date|created by|printed|data as of|as of \d|page \d+|end of (report|file|export)|\d+ (rows|records|results)"
    r"|rows? returned|total (rows|records|results|count)|do not distribute|filters?:|source:|vertraulich|erstellt (von|am)"
    r"|stand:|seite \d+|datensätze|ende|confidentiel|généré|exporté|confidencial|generado|exportado|riservato|generato"
    r"|vertrouwelijk|gegenereerd|конфиденциально|сформирован)|©|^\(?\d+ rows?( affected)?\)?$|^-{3,}$|^={3,}$|^\*{3,}"
)


def without_footers(rows: Sequence[Sequence[str]], *, width: int, plain_first: bool) -> int:
    """Return how many of ``rows``, the last of a file, are left when the lines that are no rows are taken off the end.

    Parameters
    ----------
    rows : sequence of sequence of str
        Cells of each line, in order; a blank line has none.
    width : int
        Columns of the file.
    plain_first : bool
        The first column holds no blanks in other rows, as ids do: several words there are no row.
    """
    written = [[cell for cell in map(visible, row) if cell] for row in rows]
    first = len(rows)
    while first > 0 and len(written[first - 1]) <= max(1, width // 2) and width > 1:
        first -= 1
    for place in range(first, len(rows)):
        after_blank = place > 0 and not written[place - 1]
        if written[place] and _is_footer(rows[place], written[place], phrase=plain_first or after_blank):
            return place
    return len(rows)


def _is_footer(cells: Sequence[str], written: Sequence[str], *, phrase: bool) -> bool:
    first = written[0]
    if _TOTAL.fullmatch(_ASIDE.sub("", first).strip()) or _SAID.search(first):
        return True
    return phrase and len(written) == 1 and bool(visible(cells[0])) and " " in first


def has_plain_first(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether the first cells of nearly all full ``rows`` have no blank within, as ids have none."""
    firsts = [visible(row[0]) for row in rows if len(row) == width]
    return sum(" " not in first for first in firsts) >= _NEARLY_ALL * max(len(firsts), 1)
