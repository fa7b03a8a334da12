"""``rejection_reasons`` and ``buyer_needs`` of the agreement: the reasons, and for each what follows it and what the records must show.

A reason is a short name, or a group with the name under ``reason``. Whether the records show it is asked where rejections are read.
"""

from __future__ import annotations

from typing import Literal

from leadq.agreement.checks import read_checks
from leadq.agreement.schema import Check, Tier
from leadq.agreement.sections import SLUG, Section
from leadq.agreement.terms.measured_terms import CONSEQUENCES, EVIDENCE, AfterRejection, Evidence
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_tree import Entries, Node, Scalar, shown

LONGEST_SLEEP_DAYS = 3650
_NAME = "Use letters, digits, _ and -, beginning with a letter."


def read_rejections(top: Section, tiers: tuple[Tier, ...]) -> tuple[tuple[str, ...], dict[str, AfterRejection]]:
    """Read the reasons for rejecting a lead, and what follows those that say more than their name."""
    reasons: dict[str, None] = {}
    after: dict[str, AfterRejection] = {}
    for place, node in enumerate(top.items("rejection_reasons"), start=1):
        called = f"rejection reason {place}"
        section = Section(node, called, top.findings) if isinstance(node, Entries) else None
        named = node if section is None else section.node("reason")
        if not isinstance(named, Scalar) or not SLUG.fullmatch(named.text):
            what = called if section is None or named is not None else f"{called}: reason"
            top.findings.note(
                node.line, f"{what} must be a short name", _NAME, value="" if named is None else shown(named)
            )
            continue
        if named.text in reasons:
            top.findings.note(node.line, f"{called} must be unique", "Remove it.", value=named.text)
        reasons[named.text] = None
        if section is not None:
            after[named.text] = _after(section, named.text, tiers)
    return tuple(reasons), after


def read_buyer_needs(top: Section) -> tuple[str, ...]:
    """Read which needs a lead may have, from which sales chooses beside an answer."""
    names = top.names("buyer_needs", ())
    wrong = [name for name in names if not SLUG.fullmatch(name)]
    if wrong:
        line = top.line_of("buyer_needs")
        top.findings.note(line, "each of buyer_needs must be a short name", _NAME, value=", ".join(wrong))
    return names


def _after(section: Section, reason: str, tiers: tuple[Tier, ...]) -> AfterRejection:
    section.name = f"rejection reason {reason}"
    needs = section.node("needs")
    checks: tuple[Check, ...] = ()
    if needs is not None and not isinstance(needs, Scalar):
        checks = read_checks(needs, f"{section.name}: needs", section.findings, line=section.line_of("needs"))
    after = AfterRejection(
        then=section.choice("then", CONSEQUENCES, ""),
        wake_after_days=section.whole_number("wake_after_days", None, low=1, high=LONGEST_SLEEP_DAYS),
        returns_on=section.names("returns_on", ()),
        needs=_evidence(section, needs, tiers),
        checks=checks,
    )
    said = section.node("then") is None or after.then
    if after.wake_after_days is not None and said and after.then != "nurture":
        section.note("wake_after_days", "must be beside then: nurture", "Write then: nurture, or leave it out.")
    if after.returns_on and after.then == "merge":
        section.note(
            "returns_on", "must not be beside then: merge", "The lead it was merged into stays open: leave it out."
        )
    section.close()
    return after


def _evidence(section: Section, needs: Node | None, tiers: tuple[Tier, ...]) -> Evidence | Literal[""]:
    if not isinstance(needs, Scalar):
        return ""
    found = next((evidence for evidence in EVIDENCE if evidence == needs.text), None)
    if found is None:
        hint = did_you_mean(needs.text, EVIDENCE)
        rule = f"must be one of {', '.join(EVIDENCE)}, or checks"
        section.note("needs", rule, f"{hint}Choose one, or write checks as in rules.")
    if found == "attempts" and not any(tier.sla and tier.sla.attempts for tier in tiers):
        section.note(
            "needs",
            "must find attempts in the sla of a tier",
            "Write attempts: 6 in the sla of the tiers that sales owns.",
        )
    return found or ""
