"""Reasons for rejecting a lead, out of the CRM's own words for lost deals and rejected leads, each with its share.

A word that says the same as a reason of today takes over what follows it (``then``, ``needs``); reasons of today that nobody has said
stay, for the desk needs them. Words that hardly anybody used are never shown.
"""

from __future__ import annotations

import re
from dataclasses import replace

from leadq.agreement.plain_words import name_in_words
from leadq.agreement.schema import Agreement
from leadq.crm.reading.values.words.folded_words import folded, unaccented
from leadq.features.agreement_evidence.said_reasons import FEWEST, SaidReasons
from leadq.foundation.plurals import counted, one_or_many
from leadq.models.tiers.promise_test import Judgement
from leadq.pipelines.draft.draft_line import DraftLine, interval_words, share_words

MOST_REASONS = 12
_LEAST_SHARE = 0.01
_FREE_TEXT = 0.5
"""Where the common words are fewer than this share of all rows, it is free text."""
_SIGNS = re.compile(r"[^a-z0-9]+")
_SLUG = re.compile(r"[a-z][a-z0-9_]*")
_NUMBERED = re.compile("reason_[0-9]+")
_LONGEST = 40
_HARDLY = f"Said by fewer than {FEWEST} rows, if at all; it stays."
_SAY_NOTHING = frozenset(
    (
        "a", "an", "the", "of", "to", "at", "in", "on", "for", "by", "is", "was", "has", "have", "been", "after", "our", "their", "lead",
        "leads", "contact", "closed", "lost", "reason", "because", "due", "times", "attempt", "attempts",
    )
)  # fmt: skip
"""Words that may stand beside a reason's own without saying anything else: *unreachable after 6 attempts*."""


def propose_reasons(agreement: Agreement, said: SaidReasons, since: str) -> tuple[Agreement, DraftLine, dict[str, str]]:
    """Return the agreement with the reasons there are, the line, and a remark for each reason.

    Parameters
    ----------
    agreement : Agreement
    said : SaidReasons
    since : str
        Which time was looked at, in words.
    """
    today = ", ".join(map(name_in_words, agreement.rejection_reasons)) or "none agreed"
    line = DraftLine(
        key="rejection_reasons",
        about="reasons for rejecting a lead",
        today=today,
        proposed=today,
        evidence="Not recorded: map loss_reason of opportunities, or reason of dispositions.",
        basis="not recorded",
    )
    if not said.rows:
        return agreement, line, {}
    common = [(word, n) for word, n in said.words if n >= _LEAST_SHARE * said.rows][:MOST_REASONS]
    shown = sum(n for _, n in common)
    if shown < _FREE_TEXT * said.rows:
        evidence = (
            f"Not recorded as a list: of {counted(said.rows, 'reason')} given {share_words(1 - shown / said.rows)} are in words that "
            "hardly anybody else used. Let sales choose from a list."
        )
        return agreement, replace(line, evidence=evidence, n=said.rows), {}
    names = _named(common, agreement.rejection_reasons)
    reasons = tuple(dict.fromkeys((*names, *agreement.rejection_reasons)))
    changed = replace(agreement, rejection_reasons=reasons)
    remarks = {name: _remark(name, words, said.rows) for name, words in names.items()}
    rarely = _named([one for one in said.words if one not in common], agreement.rejection_reasons)
    remarks |= {
        name: f"{_remark(name, rarely[name], said.rows)}; it stays." if name in rarely else _HARDLY
        for name in agreement.rejection_reasons
        if name not in names
    }
    most, times = common[0]
    found = Judgement(n=said.rows, won=times, effective_n=float(said.rows))
    rest = said.rows - shown
    rarer = f"; {counted(rest, 'reason')} in rarer words {one_or_many(rest, 'is', 'are')} left out" if rest else ""
    silent = counted(said.without, "loss or rejection gave", "losses and rejections gave")
    without = f"{silent} none" if said.without else "Every loss and rejection gave one"
    evidence = (
        f"{counted(said.rows, 'reason')} given for lost deals and rejected leads {since}; the commonest, {_quoted(most)}, is {times:,} of "
        f"them: {share_words(found.rate)} ({interval_words(found)}). {without}{rarer}."
    )
    numbered = {name: f" ({_quoted(words[0][0])})" for name, words in names.items() if _NUMBERED.fullmatch(name)}
    proposed = ", ".join(f"{name_in_words(name)}{numbered.get(name, '')}" for name in reasons)
    low, high = found.quantile(0.05), found.quantile(0.95)
    return (
        changed,
        replace(line, proposed=proposed, evidence=evidence, basis="measured", n=said.rows, low=low, high=high),
        remarks,
    )


def _named(common: list[tuple[str, int]], today: tuple[str, ...]) -> dict[str, list[tuple[str, int]]]:
    """Return the CRM's words by the reason they become."""
    named: dict[str, list[tuple[str, int]]] = {}
    for place, (word, n) in enumerate(common, start=1):
        named.setdefault(_same(word, today) or _slug(word, place, today), []).append((word, n))
    return named


def _same(word: str, today: tuple[str, ...]) -> str | None:
    """Return the reason of today that says the same: the same words, beside which only words stand that say nothing.

    Any other word may say more, or the opposite: such words are reasons of their own, and people decide.
    """
    spoken = unaccented(folded(word)).split()
    by_words = {reason: unaccented(folded(reason)).split() for reason in today}
    exact = next((reason for reason, words in by_words.items() if words == spoken), None)
    around = [reason for reason, words in by_words.items() if set(words) <= set(spoken)]
    if exact or len(around) != 1:
        return exact
    further = set(spoken) - set(by_words[around[0]])
    return around[0] if all(one in _SAY_NOTHING or one.isdigit() for one in further) else None


def _slug(word: str, place: int, today: tuple[str, ...]) -> str:
    """Return a word as a reason's short name; one that has none of our letters is numbered, its own words stand in the comment."""
    slug = _SIGNS.sub("_", unaccented(folded(word)))[:_LONGEST].strip("_")
    slug = slug if slug[:1].isalpha() or not slug else f"reason_{slug}"
    return slug if _SLUG.fullmatch(slug) and slug not in today else f"reason_{place}"


def _remark(name: str, words: list[tuple[str, int]], rows: int) -> str:
    n = sum(times for _, times in words)
    spoken = [word for word, _ in words if word != name]
    own = f"; in the CRM: {', '.join(map(_quoted, spoken))}" if spoken else ""
    return f"{n:,} of {rows:,} ({share_words(n / rows)}){own}"


def _quoted(word: str) -> str:
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in word).split())
    return f'"{plain[:_LONGEST]}{"…" if len(plain) > _LONGEST else ""}"'
