"""``leadq agreement sign``: who signed which text is entered into the agreement's own file; nothing else in it changes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from leadq.agreement.read import parse_agreement, read_agreement
from leadq.agreement.signing.signed_text import sign, terms_sha256
from leadq.agreement.signing.standing import signed_in_words, standing_in_words
from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import Problem, UsageError
from leadq.foundation.yaml_scalars import day_of
from leadq.foundation.yaml_tree import shortened
from leadq.pipelines.console.command_result import Told

LONGEST_ROLE = 100


def sign_agreement(path: Path, *, roles: tuple[str, ...], on: str, now: datetime) -> Told:
    """Enter signatures into the agreement at ``path``.

    Parameters
    ----------
    path : Path
    roles : tuple of str
        As what somebody signs; several where one person signs for both sides.
    on : str
        The day; empty for today.
    now : datetime
        Aware; the clock.

    Raises
    ------
    AgreementError
        The agreement cannot be read: what is wrong is not signed.
    UsageError
        A role is missing or no name, or the day is none or has not come; nothing was written.
    """
    agreement = read_agreement(path)
    today = now.astimezone(ZoneInfo(agreement.calendar.time_zone)).date()
    day = _day(on, today)
    text = sign(agreement, roles=_roles(roles), on=day)
    signed = parse_agreement(text, where=path.name)
    write_text(path.resolve(), text)
    facts = {
        "signed": [{"role": one.role, "on": one.on.isoformat(), "sha256": one.sha256} for one in signed.signed],
        "signed_sha256": terms_sha256(text),
        "agreement_standing": standing_in_words(signed, now),
        "file": str(path),
    }
    lines = [
        f"Agreement version {signed.version}, signed by {signed_in_words(signed)}.",
        f"What is signed: SHA-256 {facts['signed_sha256']}",
        *([standing_in_words(signed, now)] if facts["agreement_standing"] else []),
    ]
    return Told(facts=facts, words="\n".join(lines))


def _roles(roles: tuple[str, ...]) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(" ".join(role.split()) for role in roles))
    remedy = 'Write it like --role "head of sales"; who signs for both sides gives --role twice.'
    if not named:
        raise UsageError(Problem(where="--role", rule="must be given", remedy=remedy))
    for role in named:
        if not role or len(role) > LONGEST_ROLE or not role.isprintable():
            raise UsageError(Problem(where="--role", rule="must be a short text", value=shortened(role), remedy=remedy))
    return named


def _day(text: str, today: date) -> date:
    day = day_of(text) if text else today
    if day is None:
        remedy = f"Write it as YYYY-MM-DD, such as {today}."
        raise UsageError(Problem(where="--on", rule="must be a day that exists", value=shortened(text), remedy=remedy))
    if day > today:
        raise UsageError(
            Problem(where="--on", rule="must not be later than today", value=text, remedy=f"Today is {today}.")
        )
    return day
