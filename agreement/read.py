"""``agreement.yaml`` read and checked: all that is wrong at once, each with its line.

Whether the fields of the rules exist in the data is asked apart (:func:`leadq.agreement.checks.check_fields`), for
it needs the data; nothing here reads any.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from leadq.agreement.calendar.read_calendar import read_calendar
from leadq.agreement.calendar.weekly_calendar import Calendar
from leadq.agreement.checks import read_checks, read_ideal_customer
from leadq.agreement.findings import Findings
from leadq.agreement.promises import read_tiers
from leadq.agreement.rules import read_rules
from leadq.agreement.schema import Acceptance, Agreement, Check, OnBreach, Outcome, Signature
from leadq.agreement.sections import Section
from leadq.agreement.terms.read_duties import LONGEST_DAYS, read_duties
from leadq.agreement.terms.read_rejections import read_buyer_needs, read_rejections
from leadq.agreement.terms.read_terms import read_clocks, read_goal, read_owners, read_review
from leadq.foundation.problems import AgreementError
from leadq.foundation.yaml_reader import parse_yaml, read_yaml
from leadq.foundation.yaml_tree import Document

LONGEST_HORIZON_DAYS = 730
_SHA256 = re.compile("[0-9a-f]{64}")
NAMED = "Name a file that is there; a relative path counts from the folder you are in, and not from the project."
OF_A_PROJECT = "Name the agreement's file in leadq.yaml, or run leadq init for one to begin with."


def read_agreement(path: str | Path, *, missing: str = NAMED) -> Agreement:
    """Read the agreement at ``path``.

    Parameters
    ----------
    path : str or Path
    missing : str
        Remedy where there is no such file; by default that of a file that somebody named.

    Raises
    ------
    AgreementError
        The file is missing, is not UTF-8 text, or breaks rules; each of them is listed with its line.
    """
    return _agreement_in(read_yaml(Path(path), error=AgreementError, missing=missing))


def parse_agreement(text: str, *, where: str) -> Agreement:
    """Read an agreement out of its ``text``.

    Parameters
    ----------
    text : str
        YAML as signed; kept in the result together with its SHA-256.
    where : str
        What messages call the file: ``"agreement.yaml"``.

    Raises
    ------
    AgreementError
        Every rule that is broken, in the order of the lines.
    """
    return _agreement_in(parse_yaml(text, where=where, error=AgreementError))


def stored_agreement(text: str, *, where: str) -> Agreement:
    """Read an agreement that was in force when a model was trained; duties and what each side does are taken as they stand.

    What nobody refused when it was signed must not stop tonight's run; all that a score depends on is checked as ever.

    Parameters
    ----------
    text : str
    where : str
        What messages call the file: ``"agreement.yaml of the bundle"``.

    Raises
    ------
    AgreementError
        Every rule that is broken.
    """
    return _agreement_in(parse_yaml(text, where=where, error=AgreementError), stored=True)


def _agreement_in(document: Document, *, stored: bool = False) -> Agreement:
    findings = Findings(document.where)
    if not document.root.values:
        remedy = "Begin with version: 1, or run leadq init for an agreement to begin with."
        findings.note(1, "must be a group of keys", remedy, value="an empty file")
    findings.raise_if_any()
    agreement = _read_top(Section(document.root, "", findings), stored=stored)
    findings.raise_if_any()
    sha256 = hashlib.sha256(document.text.encode("utf-8")).hexdigest()
    return replace(agreement, text=document.text, sha256=sha256)


def _read_top(top: Section, *, stored: bool) -> Agreement:
    top.require("version", "effective_from", "outcome", "tiers")
    calendar = read_calendar(top)
    tiers = read_tiers(top, calendar, stored=stored)
    reasons, after_rejection = read_rejections(top, tiers)
    agreement = Agreement(
        version=top.whole_number("version", 0, low=1),
        effective_from=top.day("effective_from", date.min),
        review_by=top.day("review_by", None),
        signed=_read_signatures(top),
        outcome=_read_outcome(top),
        stages=_read_stages(top),
        ideal_customer=_read_ideal_customer(top),
        tiers=tiers,
        rules=read_rules(top, tiers),
        acceptance=_read_acceptance(top),
        on_breach=_read_on_breach(top, calendar, stored=stored),
        duties=read_duties(top, tiers, calendar, stored=stored),
        rejection_reasons=reasons,
        after_rejection=after_rejection,
        buyer_needs=read_buyer_needs(top),
        calendar=calendar,
        clocks=read_clocks(top),
        review=read_review(top),
        goal=read_goal(top),
        owners=read_owners(top),
    )
    if agreement.review_by is not None and agreement.review_by <= agreement.effective_from:
        top.note("review_by", "must be later than effective_from", "Set the day on which both sides review it.")
    top.close()
    return agreement


def _read_signatures(top: Section) -> tuple[Signature, ...]:
    signatures: list[Signature] = []
    for section in top.sections("signed", "signature"):
        section.require("role", "on")
        signature = Signature(
            role=section.text("role", ""), on=section.day("on", date.min), sha256=section.text("sha256", "")
        )
        if signature.sha256 and not _SHA256.fullmatch(signature.sha256):
            section.note("sha256", "must be 64 digits and letters from a to f", "Sign again with leadq agreement sign.")
        signatures.append(signature)
        section.close()
    return tuple(signatures)


def _read_outcome(top: Section) -> Outcome:
    section = top.section("outcome", "outcome")
    if section is None:
        return Outcome(event="", horizon_days=0)
    section.require("event", "horizon_days")
    outcome = Outcome(
        event=section.text("event", ""),
        horizon_days=section.whole_number("horizon_days", 0, low=1, high=LONGEST_HORIZON_DAYS),
    )
    section.close()
    return outcome


def _read_stages(top: Section) -> dict[str, tuple[Check, ...]]:
    section = top.section("stages", "stage")
    if section is None:
        return {}
    return {
        stage: read_checks(section.node(stage), f"stage {stage}", top.findings, line=section.line_of(stage))
        for stage in section.keys
    }


def _read_ideal_customer(top: Section) -> tuple[Check, ...]:
    section = top.section("ideal_customer", "ideal_customer")
    return () if section is None else read_ideal_customer(section)


def _read_acceptance(top: Section) -> Acceptance:
    section = top.section("acceptance", "acceptance")
    usual = Acceptance()
    if section is None:
        return usual
    acceptance = Acceptance(
        confidence=section.probability("confidence", usual.confidence),
        red_at=section.probability("red_at", usual.red_at),
        amber_at=section.probability("amber_at", usual.amber_at),
        drift_sd=section.number("drift_sd", usual.drift_sd, low=0.0),
        random_worked_share=section.number("random_worked_share", usual.random_worked_share, low=0.0, high=1.0),
    )
    if acceptance.amber_at >= acceptance.red_at:
        key = "amber_at" if "amber_at" in section.keys else "red_at"
        rule = f"amber_at ({acceptance.amber_at:g}) must be below red_at ({acceptance.red_at:g})"
        section.findings.note(section.line_of(key), f"acceptance: {rule}", "Usual are 0.80 and 0.95.")
    section.close()
    return acceptance


def _read_on_breach(top: Section, calendar: Calendar, *, stored: bool) -> OnBreach | None:
    section = top.section("on_breach", "on_breach")
    if section is None:
        return None
    section.require("owner", "within_business_days")
    on_breach = OnBreach(
        owner=section.text("owner", ""),
        within_business_days=section.whole_business_days(
            "within_business_days", 0, calendar, high=None if stored else int(LONGEST_DAYS)
        ),
    )
    section.close()
    return on_breach
