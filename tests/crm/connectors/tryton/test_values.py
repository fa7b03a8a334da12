"""Values as Tryton gives them, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from leadq.crm.connectors.tryton.history.accounts import domain_of
from leadq.crm.connectors.tryton.sending.values import as_text


@pytest.mark.parametrize(
    ("kind", "written", "domain"),
    [
        ("website", "https://www.acme.example/about?x=1", "acme.example"),
        ("website", "www.acme.com", "acme.com"),
        ("website", "ACME.com.", "acme.com"),
        ("website", "acme.com:8443/path", "acme.com"),
        ("website", "https://bücher.example/", "bücher.example"),
        ("website", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("website", "https://medium.example/@jane.doe", "medium.example"),
        ("website", "medium.com/@jane.doe", "medium.com"),
        ("website", "//user@host.example/path/jane.doe", "host.example"),
        ("website", "jane@acme.com", "acme.com"),
        ("website", "ftp://[acme", None),
        ("website", "ftp://[::1]/", None),
        ("website", "ftp://192.168.0.1/", None),
        ("website", "ftp://acme", None),
        ("website", "Jane Doe, see acme.com", None),
        ("website", "-acme-.com", None),
        ("website", "", None),
        ("email", "john@acme.com", "acme.com"),
        ("email", "John <john@mail.ACME.com>", "mail.acme.com"),
        ("email", "a@b@acme.com ", "acme.com"),
        ("email", "jane.doe", None),
        ("email", "@jane.doe", None),
        ("email", "on X: @jane.doe", None),
        ("email", "john@acme", None),
        ("email", "john@acme.com/jane.doe", None),
        ("email", "john@" + "a." * 130 + "com", None),
    ],
)
def test_of_an_address_only_a_domain_is_kept(kind: str, written: str, domain: str | None) -> None:
    assert domain_of(kind, written) == domain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"__class__": "timedelta", "seconds": 5400.0}, "5400"),
        ({"__class__": "timedelta", "seconds": 0.5}, "0.5"),
        ({"__class__": "time", "hour": 9, "minute": 30, "second": 0, "microsecond": 0}, "09:30:00"),
        ({"__class__": "date", "year": 2026, "month": 3, "day": 1}, "2026-03-01"),
        ({"__class__": "Decimal", "decimal": "100.00"}, "100"),
        (True, "true"),
        ("", None),
    ],
)
def test_a_value_is_one_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize("value", [{"__class__": "bytes", "base64": "eA=="}, {"free": "words"}, ["one", "two"]])
def test_what_has_parts_is_never_read_as_empty(value: Any) -> None:
    with pytest.raises(ValueError, match="is "):
        as_text(value)
