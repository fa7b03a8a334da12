"""Rejections against the records in sentences: a question to both sides, no verdict, for the record may be what is wrong."""

from __future__ import annotations

from typing import Any

from leadq.features.rejection.judged_answers import JudgedReason
from leadq.foundation.plurals import counted, one_or_many
from leadq.serving.words.text import words


def records_in_words(judged: tuple[JudgedReason, ...]) -> tuple[str, ...]:
    """Return a sentence a reason."""
    return tuple(_sentence(one) for one in judged)


def record_facts(judged: tuple[JudgedReason, ...]) -> list[dict[str, Any]]:
    """Return the same as plain values for ``--json``."""
    return [
        {
            "reason": one.reason,
            "given": one.given,
            "against_the_record": one.against,
            "attempts_owed": one.attempts_owed,
        }
        for one in judged
    ]


def _sentence(one: JudgedReason) -> str:
    given = f"{words(one.reason)}: {counted(one.given, 'rejection')}"
    if one.against is None:
        return f"{given}. Whether the record shows it cannot be said: map the touches of sales."
    if not one.against:
        return f"{given}, all of them as recorded."
    show = one_or_many(one.against, "shows", "show")
    if one.attempts_owed is not None:
        return f"{given}, of which {one.against:,} {show} fewer than {counted(one.attempts_owed, 'attempt')}."
    return f"{given}, of which {one.against:,} {one_or_many(one.against, 'is', 'are')} not what the record shows."
