"""Sentences about what the words of an agreement mean: values, checks, win rates, and fields that nobody knows the past of."""

from __future__ import annotations

from collections.abc import Sequence

from leadq.agreement.clauses import check_in_words
from leadq.agreement.plain_words import field_in_words, value_in_words
from leadq.agreement.schema import Check
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.yaml_scalars import plain_or_quoted
from leadq.models.tiers.winning_values import Contrast
from leadq.pipelines.draft.draft_line import share_words, won_words

_SHOWN = 6


def field_words(field: str) -> str:
    """Return a field's key as people call it."""
    return field_in_words(field.removeprefix("lead."))


def without_history(fields: Sequence[str]) -> str:
    """Name the fields whose values at the hand-over nobody knows, so that none of these could be proposed."""
    missing = [field_words(field) for field in fields]
    these, them = one_or_many(len(missing), "this field", "these fields"), one_or_many(len(missing), "it", "them")
    return (
        f"Not recorded: what {these} held at the hand-over, so no value of {them} is proposed: {', '.join(missing)}. Map the field "
        f"history, or vouch in leadq.yaml for what does not change once a lead is there ({vouch_words(fields[0])}), then values can be."
    )


def vouch_words(field: str) -> str:
    """Return the line of ``leadq.yaml`` that vouches for a field.

    >>> vouch_words("lead.plan"), vouch_words("account.Line of business")
    ('vouch: {leads.plan: why}', 'vouch: {"accounts.Line of business": why}')
    """
    entity, _, name = field.partition(".")
    return f"vouch: {{{plain_or_quoted(f'{entity}s.{name}')}: why}}"


def winners_in_words(winners: tuple[Contrast, ...]) -> str:
    """Return the values that win, or the range."""
    group = winners[0].group
    values = [value_in_words(one.group.value) for one in winners if one.group.value is not None][:_SHOWN]
    if values:
        return " or ".join(values)
    low = "" if group.low is None else f"from {value_in_words(group.low)}"
    high = "" if group.high is None else f"up to {value_in_words(group.high)}"
    return f"{low} {high}".strip()


def named(check: Check) -> str:
    """Return a check as the beginning of a sentence."""
    words = check_in_words(check)
    return f"{words[:1].upper()}{words[1:]}"


def against(one: Contrast) -> str:
    """Return the win rate inside, and that of all others."""
    return f"{won_words(one.inside)}, elsewhere {share_words(one.elsewhere.rate)} of {counted(one.elsewhere.n, 'lead')}"


def checks_in_words(checks: Sequence[Check]) -> str:
    """Return checks as one clause; "nothing agreed" where there is none."""
    return "; and ".join(map(check_in_words, checks)) or "nothing agreed"
