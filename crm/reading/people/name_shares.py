"""How many texts of a column read as names of people, of all rows and of the distinct texts, and when that makes a column of people."""

from __future__ import annotations

from dataclasses import dataclass

from leadq.crm.reading.people.name_forms import Reads, reads_as
from leadq.crm.reading.people.word_lists import name_words, plain_word
from leadq.crm.storage.scratch_database import Relation

JUDGED = 4_000
"""Distinct texts that are judged at most."""
_FEW, _SOME, _VARIOUS = 5, 15, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Shares in [0, 1] of a column's rows (``_rows``) and distinct texts that read as names.

    Parameters
    ----------
    distinct : int
    known, known_rows : float
        Whole names with something known in them.
    formed, formed_rows : float
        These, and what has the form of one.
    single, single_rows : float
        One word, a given or a family name, or a whole name.
    given : float
        Given names and whole names.
    reversed : float
        Of the form ``Last, First``, with many different words on both sides.
    addressed : float
        Rows with a form of address or a sex.
    variety : float
        Distinct texts a row.
    """

    distinct: int
    known: float
    known_rows: float
    formed: float
    formed_rows: float
    singles: float
    single_rows: float
    given: float
    reversed: float
    addressed: float
    variety: float

    def whole(self, *, people: bool, things: bool) -> bool:
        """Whether the column holds whole names; its heading may say ``people``, or ``things`` such as companies."""
        if people and (self.known_rows >= 0.5 or self.formed_rows >= 0.8):
            return True
        known = min(self.known, self.known_rows)
        if self.distinct > 1 and known >= (0.6 if self.distinct >= _FEW or self.formed > 0.95 else 0.9):
            return True
        if things or self.distinct < _SOME or self.formed < 0.8:
            return False
        if self.known >= 0.25 and self.distinct >= _VARIOUS:
            return True
        return (self.variety > 0.2 and max(self.reversed, self.known + 0.65) >= 0.8) or self.variety > 0.5

    def single(self, *, people: bool) -> bool:
        """Whether the column holds given or family names alone."""
        if people and self.single_rows >= 0.8:
            return True
        return (self.given >= 0.8 and self.distinct >= _SOME) or (self.singles >= 0.8 and self.distinct >= _VARIOUS)


def names_among(sample: Relation) -> Names:
    """Judge distinct texts (column ``given``) that were met ``times`` times each."""
    met = sorted((str(given), int(times)) for given, times in sample.fetchall())
    judged = met[:: -(-len(met) // JUDGED) or 1]
    reads = [(reads_as(given), times) for given, times in judged]
    rows, texts = max(sum(times for _, times in reads), 1), max(len(reads), 1)

    def share(*kinds: Reads) -> tuple[float, float]:
        times = [times for kind, times in reads if kind in kinds]
        return len(times) / texts, sum(times) / rows

    known, known_rows = share(Reads.KNOWN)
    formed, formed_rows = share(Reads.KNOWN, Reads.FORM)
    singles, single_rows = share(Reads.KNOWN, Reads.GIVEN, Reads.FAMILY)
    return Names(
        distinct=len(met),
        known=known,
        known_rows=known_rows,
        formed=formed,
        formed_rows=formed_rows,
        singles=singles,
        single_rows=single_rows,
        given=share(Reads.KNOWN, Reads.GIVEN)[0],
        reversed=_reversed(
            [given for (given, _), (kind, _) in zip(judged, reads, strict=True) if kind >= Reads.FORM], texts
        ),
        addressed=sum(times for given, times in judged if plain_word(given).strip(" .") in name_words("addressed"))
        / rows,
        variety=len(met) / max(sum(times for _, times in met), 1),
    )


def _reversed(fitting: list[str], texts: int) -> float:
    """Share of the texts that are ``Last, First``; 0 where one side repeats a few words, as countries do."""
    pairs = [given.split(",", 1) for given in fitting if "," in given]
    various = min((len({pair[side].strip() for pair in pairs}) for side in (0, 1)), default=0)
    return len(pairs) / texts if various >= 8 else 0.0
