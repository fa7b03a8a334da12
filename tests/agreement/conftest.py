"""The agreement that leadq init writes, as it is and changed in one place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.template import template_text
from leadq.foundation.problems import AgreementError, Problem

SIGNATURES = """\
signed:
  - {role: head of sales, on: 2026-09-24}
  - {role: head of marketing, on: 2026-09-25}
"""
"""As they were before signatures had a hash."""


def with_signatures() -> str:
    """The template, signed as agreements were before signatures had a hash."""
    review = "review_by: 2027-01-10\n"
    return template_text().replace(review, review + SIGNATURES)


@pytest.fixture(scope="session")
def signed_text() -> str:
    return with_signatures()


@pytest.fixture(scope="session")
def signed(signed_text: str) -> Agreement:
    return parse_agreement(signed_text, where="agreement.yaml")


@pytest.fixture(scope="session")
def changed_text(signed_text: str) -> Callable[..., str]:
    """The template with some passages replaced, each of which must be there once."""

    def change(*changes: tuple[str, str]) -> str:
        text = signed_text
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the template"
            text = text.replace(old, new)
        return text

    return change


@pytest.fixture(scope="session")
def problems_of() -> Callable[[str], tuple[Problem, ...]]:
    """All that is wrong with a text; empty where it parses."""

    def read(text: str) -> tuple[Problem, ...]:
        try:
            parse_agreement(text, where="agreement.yaml")
        except AgreementError as error:
            return error.problems
        return ()

    return read
