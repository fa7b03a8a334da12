"""``leadq agreement``: what was agreed, in words for the people who sign it and as data; the project's own file or a draft.

Leaves out what a changed agreement would do: that is :mod:`leadq.pipelines.quarter.preview`.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from leadq.agreement.render import in_words
from leadq.agreement.schema import Agreement
from leadq.agreement.signing.signed_text import terms_sha256
from leadq.agreement.signing.standing import standing_in_words
from leadq.agreement.terms.not_agreed import not_agreed
from leadq.pipelines.console.command_result import Told

_NOT_AGREED = {"line", "text"}
"""Where and how it was written, not what."""


def show_agreement(agreement: Agreement, now: datetime) -> Told:
    """Tell everything that was agreed, how it stands at ``now`` (aware), and what could be agreed beside it."""
    line, more = standing_in_words(agreement, now), not_agreed(agreement)
    words = "\n\n".join([in_words(agreement).rstrip(), *(one for one in (more, line) if one)])
    facts = {
        "agreement": _document(agreement),
        "agreement_standing": line,
        "signed_sha256": terms_sha256(agreement.text),
    }
    return Told(facts=facts, words=words)


def _document(value: Any) -> Any:
    """Return a part of an agreement as JSON takes it."""
    if is_dataclass(value):
        return {one.name: _document(getattr(value, one.name)) for one in fields(value) if one.name not in _NOT_AGREED}
    if isinstance(value, dict):
        return {name: _document(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_document(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
