"""With several places, the exit code is the smallest that any has but 0: what a person must look at, before what is left to time."""

from __future__ import annotations

import pytest

from leadq.foundation.problems import ConfigError, GateStopped, LeadqError, Problem, TargetPausedError
from leadq.pipelines.delivery.deliver import _told
from leadq.serving.delivery.reporting.delivery_report import Report

_WRONG = Problem(where="crm", rule="must answer", remedy="Again.")


@pytest.mark.parametrize(
    ("states", "failed", "code"),
    [
        (["done", "done"], [], 0),
        (["done", "partial"], [], 5),
        (["partial"], [TargetPausedError], 4),
        (["stopped"], [GateStopped, TargetPausedError], 3),
        (["done"], [GateStopped, ConfigError], 1),
    ],
)
def test_which_code_wins(states: list[str], failed: list[type[LeadqError]], code: int) -> None:
    reports = [Report(target=f"t{place}", facts={"state": state}, state=state) for place, state in enumerate(states)]
    assert _told(reports, [kind(_WRONG) for kind in failed]).exit_code == code
