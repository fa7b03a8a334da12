"""``leadq agreement sign``: the file is signed whole or not at all, and wrong use is named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.agreement.read import read_agreement
from leadq.agreement.template import template_text
from leadq.foundation.problems import AgreementError, UsageError
from leadq.pipelines.quarter.sign_agreement import sign_agreement

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "agreement.yaml").write_text(template_text(), encoding="utf-8")
    return tmp_path / "agreement.yaml"


def test_one_person_may_sign_for_both_sides(path: Path) -> None:
    told = sign_agreement(path, roles=("head of sales", "head of marketing"), on="2026-10-01", now=NOW)
    assert told.facts["agreement_standing"] == ""
    assert [one.on.isoformat() for one in read_agreement(path).signed] == ["2026-10-01"] * 2
    assert told.facts["signed_sha256"] in path.read_text(encoding="utf-8")


def test_the_other_side_is_asked_for(path: Path) -> None:
    told = sign_agreement(path, roles=("head of sales",), on="", now=NOW)
    assert told.words.endswith("signed by head of sales only (the other side signs with leadq agreement sign).")
    assert read_agreement(path).signed[0].on.isoformat() == "2026-10-05"


@pytest.mark.parametrize(
    ("roles", "on", "message"),
    [
        ((), "", "--role: must be given"),
        (("",), "", "--role: must be a short text"),
        (("x" * 101,), "", "--role: must be a short text"),
        (("head of\x1bsales",), "", "--role: must be a short text"),
        (("head of sales",), "1.10.2026", "--on: must be a day that exists, got 1.10.2026"),
        (("head of sales",), "2026-10-06", "--on: must not be later than today, got 2026-10-06. Today is 2026-10-05"),
    ],
)
def test_wrong_use_is_named_and_nothing_is_written(path: Path, roles: tuple[str, ...], on: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sign_agreement(path, roles=roles, on=on, now=NOW)
    assert path.read_text(encoding="utf-8") == template_text()


def test_what_is_wrong_is_not_signed(path: Path) -> None:
    path.write_text(template_text().replace("horizon_days: 90", "horizon_days: 0"), encoding="utf-8")
    with pytest.raises(AgreementError, match="horizon_days"):
        sign_agreement(path, roles=("head of sales",), on="", now=NOW)
