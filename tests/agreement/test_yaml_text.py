"""An agreement that was written reads back as it was, whatever words are in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.agreement.read import parse_agreement, read_agreement
from leadq.agreement.schema import Agreement, Check
from leadq.agreement.template import template_text
from leadq.agreement.terms.measured_terms import AfterRejection, Goal
from leadq.agreement.yaml_text import agreement_yaml

ROOT = Path(__file__).parents[2]
TEMPLATE = parse_agreement(template_text(), where="agreement.yaml")
HOSTILE = st.text(min_size=1, max_size=30).filter(lambda text: text.strip() and text.isprintable())


def _placeless(check: Check) -> Check:
    return replace(check, line=0)


def bare(agreement: Agreement) -> Agreement:
    """Return what was agreed, without where it was written and who signed."""
    checks = {stage: tuple(map(_placeless, checks)) for stage, checks in agreement.stages.items()}
    after = {
        name: replace(one, checks=tuple(map(_placeless, one.checks))) for name, one in agreement.after_rejection.items()
    }
    rules = tuple(replace(rule, line=0, when=tuple(map(_placeless, rule.when))) for rule in agreement.rules)
    return replace(
        agreement,
        stages=checks,
        after_rejection=after,
        rules=rules,
        ideal_customer=tuple(map(_placeless, agreement.ideal_customer)),
        tiers=tuple(replace(tier, line=0) for tier in agreement.tiers),
        signed=(),
        text="",
        sha256="",
    )


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*/agreement.yaml")), ids=lambda path: path.parent.name)
def test_the_agreements_of_the_examples_read_back_as_they_were(path: Path) -> None:
    agreement = read_agreement(path)
    assert bare(parse_agreement(agreement_yaml(agreement), where="again")) == bare(agreement)


def test_every_key_reads_back() -> None:
    checks = (Check(subject="field", name="email_domain", operator="ends_with", values=(".edu",)),)
    full = replace(
        TEMPLATE,
        goal=Goal(period="quarter", revenue=500_000.5, currency="EUR", accepted_leads=3),
        review=replace(TEMPLATE.review, people=False, at=61, weekday=4),
        clocks=replace(TEMPLATE.clocks, hand_over="created", unresponsive_after=3),
        calendar=replace(TEMPLATE.calendar, countries=("NO", "DE-BY"), holidays="days off.csv"),
        after_rejection={**TEMPLATE.after_rejection, "student": AfterRejection(checks=checks)},
    )
    assert bare(parse_agreement(agreement_yaml(full), where="again")) == bare(full)


@given(HOSTILE, HOSTILE, st.text(max_size=60))
def test_words_of_a_crm_stay_words(value: str, label: str, remark: str) -> None:
    check = Check(subject="field", name="account.industry", operator="in", values=(value, "5", "true", "null"))
    tiers = (replace(TEMPLATE.tiers[0], label=label), *TEMPLATE.tiers[1:])
    odd = replace(TEMPLATE, stages={"MQL": (check,)}, ideal_customer=(check,), tiers=tiers)
    notes = {"outcome": [remark], "tiers.T1": [remark], "rejection_reasons": [remark]}
    assert bare(parse_agreement(agreement_yaml(odd, head=[remark], notes=notes), where="again")) == bare(odd)
