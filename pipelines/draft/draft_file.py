"""The draft as a file: a valid, unsigned agreement whose comments are the evidence for each line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from leadq.agreement.schema import Agreement
from leadq.agreement.yaml_text import agreement_yaml
from leadq.pipelines.draft.draft_line import DraftLine

_HEAD = (
    "A draft by leadq agreement draft: every line is proposed from past deals with its evidence above it, or is a choice of yours. Change "
    "what you want; nobody has signed it. Comments of the former file are not in here.",
    'Each side signs with: leadq agreement sign FILE --role "head of sales". The file is in force once leadq.yaml names it.',
)


def draft_text(agreement: Agreement, lines: Iterable[DraftLine], remarks: Mapping[str, str], *, window: str) -> str:
    """Return the text of the draft.

    Parameters
    ----------
    agreement : Agreement
        As proposed.
    lines : iterable of DraftLine
    remarks : mapping of str to str
        A remark for each reason for rejecting a lead.
    window : str
        Which time was looked at, in words.
    """
    notes: dict[str, list[str]] = {f"rejection_reasons.{name}": [remark] for name, remark in remarks.items()}
    for line in lines:
        notes.setdefault(_place(line.key), []).append(_note(line))
    return agreement_yaml(agreement, head=(*_HEAD, window), notes=notes)


def _place(key: str) -> str:
    """Return above which line of the file the evidence of a key stands."""
    part, *rest = key.split(".")
    if part == "tiers":
        return f"tiers.{rest[0]}"
    return part if part == "outcome" else key


def _note(line: DraftLine) -> str:
    evidence = line.evidence or "Not recorded."
    changed = f" Today: {line.today}." if line.differs else ""
    several = line.key.startswith(("tiers.", "outcome."))  # lines that stand above one place
    return f"{line.about[:1].upper()}{line.about[1:]}: {evidence}{changed}" if several else f"{evidence}{changed}"
