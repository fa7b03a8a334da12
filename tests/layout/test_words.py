"""What people read is plain English, and a number agrees with its noun; each rule would say so if it did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layout.words import ROOMS, numbers_without_their_noun, phrases_in, sentences_of, texts_of

ROOT = Path(__file__).parents[2]
CODE = tuple(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
TEMPLATES = tuple(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.html.j2")))
NOTEBOOKS = tuple(sorted((ROOT / "notebooks").glob("*.ipynb")))


def test_a_number_meets_its_noun_through_counted() -> None:
    found = [
        f"{path.relative_to(ROOT)} line {line}: {text} - use leadq.foundation.plurals.counted"
        for path in CODE
        for line, text in numbers_without_their_noun(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_nobody_reads_a_phrase_that_nobody_would_write() -> None:
    found = [
        f"{path.relative_to(ROOT)} line {line}: {said}"
        for path in (*CODE, *TEMPLATES, *NOTEBOOKS)
        for line, text in texts_of(path)
        for said in phrases_in(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('f"{len(rows):,} rows were rejected"', ["{len(rows)} rows"]),
        ('f"{n} won leads"', ["{n} won leads"]),
        ('f"in {days:.0f} days"', ["{days} days"]),
        ("f\"{counted(n, 'row')} were rejected\"", []),
        ('f"at least {MIN_WINS} wins"', []),
        ('f"in {days:.1f} days"', []),
        ('f"{share:.0%} leads"', []),
        ('f"{tier} of leads"', []),
    ],
)
def test_a_plural_after_a_number_is_found(source: str, found: list[str]) -> None:
    assert [text for _, text in numbers_without_their_noun(source)] == found


def test_a_phrase_is_found_in_strings_and_not_in_docstrings() -> None:
    source = 'def look() -> str:\n    """Mend it."""\n    return "Mend the " f"file {name}."\n'
    ((line, text),) = sentences_of(source)
    assert (line, text) == (3, "Mend the file {}.")
    assert list(phrases_in(text)) == ["'Mend': fix"]
    assert list(phrases_in("Fix the file.")) == []
