"""What a proposal found, in words for a terminal: files, columns with examples, what is missing, and open questions with their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadq.crm.reading.proposal.asking.questions import Question
from leadq.crm.reading.proposal.column_evidence import ColumnEvidence
from leadq.crm.reading.proposal.mapping_proposal import Proposed
from leadq.foundation.plurals import counted

_HEADINGS = ("column", "read as", "is", "examples")
_WIDTHS = (28, 30, 26, 34)
_MOST_ROWS = 30
"""Columns of a file on the terminal; the page has all."""


def proposal_words(proposed: Proposed, *, page: str) -> list[str]:
    """Return the lines; ``page`` is where all columns stand."""
    return [*_files(proposed), *_columns(proposed.evidence, page), *_said(proposed), *_questions(proposed.questions)]


def _files(proposed: Proposed) -> Iterator[str]:
    if len(proposed.roles) < 2:
        return
    yield "Files:"
    for one in proposed.roles:
        yield f"  {one.file}: {'not taken' if one.role == 'none' else one.role} ({one.evidence})"


def _columns(evidence: Sequence[ColumnEvidence], page: str) -> Iterator[str]:
    for file in dict.fromkeys(one.file for one in evidence):
        own = [one for one in evidence if one.file == file]
        known_first = sorted(own, key=lambda one: one.mapped_to in ("own field", "not read"))
        yield ""
        yield f"{file}:"
        yield _row(_HEADINGS)
        for one in known_first[:_MOST_ROWS]:
            yield _row((one.column, one.read_as, one.mapped_to, one.examples))
        if len(own) > _MOST_ROWS:
            yield f"  and {counted(len(own) - _MOST_ROWS, 'column')} more: {page}"
    if evidence:
        yield ""


def _row(cells: Sequence[str]) -> str:
    return "  " + "  ".join(_fitted(cell, width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def _fitted(text: str, width: int) -> str:
    """Return ``text`` on one line of ``width`` signs."""
    plain = " ".join(text.split())
    return plain.ljust(width) if len(plain) <= width else plain[: width - 1] + "…"


def _said(proposed: Proposed) -> Iterator[str]:
    for sentence in proposed.said:
        yield f"- {sentence}"


def _questions(questions: Sequence[Question]) -> Iterator[str]:
    for one in questions:
        yield ""
        yield f"? {one.asks}"
        where = f", {one.place}" if one.place else ""
        lines = [choice for choice in one.choices if choice.line]
        if lines:
            yield f"  In leadq.yaml write one of these{where}:"
            for choice in lines:
                yield f"    {choice.line}  # {choice.says}"
        else:
            yield f"  {'; '.join(choice.says for choice in one.choices)}. Run leadq init again at a terminal, or name the files one by one."
