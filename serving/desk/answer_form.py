"""What a person answers on a card, read from a form and checked against the agreement before anything is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadq.agreement.schema import Agreement
from leadq.crm.answers.answer_log import MAX_NOTE, Answer
from leadq.foundation.problems import Problem, UsageError
from leadq.serving.words.agreed.record_words import against_the_record, question

ANSWERS = ("accept", "reject", "disagree")
OTHER = "other"
"""Reason that is offered where the agreement does not hold sales to its own; needs a note."""


def reasons_offered(agreement: Agreement) -> tuple[str, ...]:
    """Reasons a lead may be rejected for."""
    agreed = agreement.rejection_reasons
    only = agreement.duties.get("sales", {}).get("reject_only_on_agreed_reasons", True)
    return agreed if agreed and only else tuple(dict.fromkeys((*agreed, OTHER)))


def one_click_reasons(agreement: Agreement) -> tuple[str, ...]:
    """Reasons that need no more than a click: all that are offered but the one that needs a note."""
    return tuple(reason for reason in reasons_offered(agreement) if reason != OTHER)


class AgainstTheRecordError(UsageError):
    """The records say something against the reason: the person is asked whether it is meant all the same."""


def answer_of(
    form: Mapping[str, str],
    row: Mapping[str, Any],
    agreement: Agreement,
    *,
    name: str,
    now: datetime,
    records: Mapping[str, Any] | None = None,
) -> Answer:
    """Read an answer.

    Parameters
    ----------
    form : mapping
        ``answer`` (one of :data:`ANSWERS`), ``reason``, ``suggested_tier``, ``note``, ``fits_profile`` (yes or no), ``need``, ``run``: of
        the score that was shown, ``all_the_same``: the reason that is meant whatever the records say.
    row : mapping
        The lead's row of the score table that was answered.
    agreement : Agreement
        Whose reasons for rejection and tiers may be chosen.
    name : str
        Who answers.
    now : datetime
    records : mapping, optional
        What the records show of the lead for the agreed reasons.

    Raises
    ------
    UsageError
        What is missing or not agreed; nothing was kept.
    AgainstTheRecordError
        The records speak against the reason, and it was not said that it is meant all the same; nothing was kept.
    """
    answer, reason = form.get("answer", ""), form.get("reason", "").strip()
    tier, note = form.get("suggested_tier", "").strip(), form.get("note", "").strip()
    if form.get("run", row["run_id"]) != row["run_id"]:
        rule, remedy = "the lead was scored again while you were reading", "Look at the new score, then answer again."
        raise UsageError(_must("Score", rule, "", remedy))
    if len(note) > MAX_NOTE:
        raise UsageError(_must("Note", f"must be at most {MAX_NOTE} characters", str(len(note)), "Shorten it."))
    if problem := _problem(answer, reason, tier, note, row, agreement):
        raise UsageError(problem)
    need = form.get("need", "").strip()
    if need and need not in agreement.buyer_needs:
        remedy = f"Choose one of {', '.join(agreement.buyer_needs)}." if agreement.buyer_needs else "Leave it empty."
        raise UsageError(_must("Need", "must be one of the agreed needs", need, remedy))
    against = against_the_record(reason, agreement, records or {}, row["tier"]) if answer == "reject" else ""
    if against and form.get("all_the_same") != reason:
        asked = question(reason, against)
        raise AgainstTheRecordError(_must("Reason", asked, reason, "Reject all the same, or choose another reason."))
    decision: Any = {"accept": "accepted", "reject": "rejected"}.get(answer)
    return Answer(
        lead_id=row["lead_id"],
        decided_at=now,
        rep=name,
        decision=decision,
        reason=reason if answer == "reject" else None,
        note=note or None,
        suggested_tier=tier if answer == "disagree" else None,
        against_record=against or None,
        fits_profile={"yes": True, "no": False}.get(form.get("fits_profile", "")),
        need=need or None,
        tier=row["tier"],
        probability=row["probability"],
        run_id=row["run_id"],
        model_version=row["model_version"],
        agreement_version=row["agreement_version"],
    )


def _problem(
    answer: str, reason: str, tier: str, note: str, row: Mapping[str, Any], agreement: Agreement
) -> Problem | None:
    tiers, offered = [one.id for one in agreement.tiers], reasons_offered(agreement)
    if answer not in ANSWERS:
        return _must("Answer", "must be accept, reject or disagree", answer, "Use the buttons on the page.")
    if answer == "reject" and not reason:
        return _must(
            "Reason",
            "a rejected lead needs a reason",
            "",
            "Choose the reason that fits best; marketing learns from it.",
        )
    if answer == "reject" and reason not in offered:
        return _must("Reason", "must be one of the agreed reasons", reason, f"Choose one of {', '.join(offered)}.")
    if answer == "reject" and reason == OTHER and not note:
        return _must("Note", "this reason needs a note", "", "Say in a few words why the lead is rejected.")
    if answer == "disagree" and tier not in tiers:
        return _must("Tier", "must be a tier of the agreement", tier, f"Choose one of {', '.join(tiers)}.")
    if answer == "disagree" and tier == row["tier"]:
        return _must("Tier", "must differ from the tier the lead has", tier, "Choose the tier that you think is right.")
    return None


def _must(where: str, rule: str, value: str, remedy: str) -> Problem:
    return Problem(where=where, rule=rule, value=value[:60], remedy=remedy)
