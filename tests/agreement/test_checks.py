"""Fields that the data do not have are named, with a guess at what was meant."""

from __future__ import annotations

from collections.abc import Callable

from leadq.agreement.checks import check_fields
from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement

FIELDS = {
    "authority",
    "timeline",
    "email_domain",
    "account.employees",
    "account.industry",
    "account.country",
    "account.domain",
}


def test_known_fields_are_no_problem(signed: Agreement) -> None:
    assert check_fields(signed, FIELDS) == ()


def test_an_unknown_field_is_named_where_it_stands(signed: Agreement) -> None:
    problems = check_fields(signed, FIELDS - {"email_domain", "authority", "account.country"}, where="a.yaml")
    lines = signed.text.splitlines()
    assert [problem.value for problem in problems] == ["email_domain", "authority", "account.country"]
    assert [problem.rule.split(":")[0] for problem in problems] == ["rule student", "stage SQL", "ideal_customer"]
    for problem in problems:
        line = int(problem.where.removeprefix("a.yaml line "))
        assert problem.value.removeprefix("account.") in lines[line - 1]


def test_the_field_meant_is_guessed(changed_text: Callable[..., str]) -> None:
    text = changed_text(
        ("field: account.domain", "field: domain"),
        ("field: email_domain, ends", "field: emial_domain, ends"),
        ("field: authority", "field: shoe_size"),
    )
    remedies = [problem.remedy for problem in check_fields(parse_agreement(text, where="x"), FIELDS)]
    assert remedies[0].startswith("Did you mean account.domain")
    assert remedies[1].startswith("Did you mean email_domain? ")
    assert remedies[2].startswith("Write account.NAME")
