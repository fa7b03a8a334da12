"""Signing enters who, when and the hash of the text without signatures, and touches nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.signing.signed_text import sign, terms_sha256
from leadq.agreement.signing.standing import signed_in_words, standing_in_words
from leadq.agreement.template import template_text
from tests.agreement.conftest import with_signatures
from tests.agreement.full_agreement import FULL

DAY = date(2026, 9, 24)
NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)
BOTH = ("head of sales", "head of marketing")
FLOW = "signed: [\n  {role: head of sales, on: 2026-09-24},\n  {role: head of marketing, on: 2026-09-25},\n]\n"
UNUSUAL = """\
signed: # on paper, too
  # both sat at one table
  - {role: head of sales, on: 2026-09-24} # by phone
  - role: "CMO: interim"
    on: 2026-09-25
"""


def read(text: str) -> Agreement:
    return parse_agreement(text, where="agreement.yaml")


def with_block(block: str) -> str:
    review = "review_by: 2027-01-10\n"
    return template_text().replace(review, review + block)


TEXTS = {
    "unsigned": template_text(),
    "signed before": with_signatures(),
    "empty": with_block("signed: []\n"),
    "nothing": with_block("signed:\n"),
    "flow": with_block(FLOW),
    "unusual": with_block(UNUSUAL),
    "at the end": template_text() + "signed:\n  - {role: head of sales, on: 2026-09-24}",
    "no line end": template_text().rstrip(),
    "windows": with_signatures().replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + with_signatures(),
    "full": FULL,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_signed_is_the_file_without_its_signatures(text: str) -> None:
    before = terms_sha256(text)
    once = sign(read(text), roles=BOTH[:1], on=DAY)
    twice = sign(read(once), roles=BOTH[1:], on=DAY)
    assert terms_sha256(once) == terms_sha256(twice) == before
    signed = read(twice)
    assert {one.role for one in signed.signed} >= set(BOTH)
    assert {one.sha256 for one in signed.signed if one.role in BOTH} == {before}
    assert standing_in_words(signed, NOW) == ""
    assert sign(read(twice), roles=BOTH, on=DAY) == sign(
        read(sign(read(twice), roles=BOTH, on=DAY)), roles=BOTH, on=DAY
    )


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_everything_else_stays_to_the_letter(text: str) -> None:
    signed = sign(read(text), roles=BOTH, on=DAY)
    lines = iter(signed.splitlines())
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(("signed", "  {role", "]", "  - role", "    on:", "  - {role"))
    ]
    assert all(line in lines for line in kept), "every line is there, in its order"
    assert ("\r\n" in signed) == ("\r\n" in text)
    assert replace(read(text), signed=(), text="", sha256="").tiers[0].sla == read(signed).tiers[0].sla


def test_comments_and_other_signatures_are_kept() -> None:
    signed = sign(read(with_block(UNUSUAL)), roles=("Head of  Marketing",), on=DAY)
    block = signed[signed.index("signed:") : signed.index("# Each side signs")].splitlines()
    assert block[:3] == [
        "signed: # on paper, too",
        "  # both sat at one table",
        "  - {role: head of sales, on: 2026-09-24} # by phone",
    ]
    assert block[3] == '  - {role: "CMO: interim", on: 2026-09-25}'
    assert (
        block[4].startswith("  - {role: Head of  Marketing, on: 2026-09-24, sha256: ")
        or '"Head of  Marketing"' in block[4]
    )


def test_who_signs_again_replaces_their_own_signature() -> None:
    signed = read(sign(read(with_signatures()), roles=("HEAD OF SALES",), on=date(2026, 9, 30)))
    assert [(one.role, one.on.day, bool(one.sha256)) for one in signed.signed] == [
        ("head of marketing", 25, False),
        ("HEAD OF SALES", 30, True),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("win_rate_at_least: 0.30", "win_rate_at_least: 0.25"),
        ("T1_per_month: 80", "T1_per_month: 60"),
        ("# Best first.", "# Best of all first."),
        ("effective_from: 2026-10-01", "effective_from: 2026-10-02"),
    ],
)
def test_a_change_of_any_line_is_told(old: str, new: str) -> None:
    signed = sign(read(template_text()), roles=BOTH, on=DAY)
    changed = read(signed.replace(old, new))
    told = standing_in_words(changed, NOW)
    assert told == (
        "Agreement version 1: changed since it was signed by head of sales on 2026-09-24 and head of marketing on 2026-09-24 "
        "(sign it again: leadq agreement sign)."
    )
    assert "(changed since)" in signed_in_words(changed)
    assert standing_in_words(read(sign(changed, roles=BOTH, on=DAY)), NOW) == "", "the remedy works"


def test_a_draft_says_that_one_side_is_missing() -> None:
    draft = read(sign(read(template_text()), roles=BOTH[:1], on=DAY))
    assert standing_in_words(draft, NOW) == (
        "Agreement version 1: signed by head of sales only (the other side signs with leadq agreement sign)."
    )


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2026, 9, 30, 23, 59, tzinfo=UTC), "Agreement version 1: not signed (sign it with leadq agreement sign); "
         "not in force before 2026-10-01."),
        (datetime(2027, 1, 10, 23, 59, tzinfo=UTC), "Agreement version 1: not signed (sign it with leadq agreement sign)."),
        (datetime(2027, 1, 11, tzinfo=UTC), "Agreement version 1: not signed (sign it with leadq agreement sign); was to be "
         "reviewed by 2027-01-10."),
    ],
)  # fmt: skip
def test_the_day_is_that_of_the_clock(now: datetime, told: str) -> None:
    assert standing_in_words(read(template_text()), now) == told


def test_the_day_is_that_of_the_time_zone() -> None:
    berlin = read(with_signatures().replace("time_zone: UTC", "time_zone: Europe/Berlin"))
    assert standing_in_words(berlin, datetime(2026, 9, 30, 22, 30, tzinfo=UTC)) == ""


def test_signatures_without_a_hash_count() -> None:
    old = read(with_signatures())
    assert standing_in_words(old, NOW) == ""
    assert signed_in_words(old) == (
        "head of sales on 2026-09-24 (before signatures had a hash); "
        "head of marketing on 2026-09-25 (before signatures had a hash)"
    )


@pytest.mark.law
@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30))
def test_any_role_can_sign(role: str) -> None:
    signed = read(sign(read(template_text()), roles=(role,), on=DAY))
    assert [one.role for one in signed.signed] == [role]
