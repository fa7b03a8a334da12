"""What is said of a stage: how many have met it and by what, or what would make it sayable; the remedy names a column that works."""

from __future__ import annotations

import pytest

from leadq.features.stages.stage_moments import StageMoments
from leadq.pipelines.measures.measure import Measured, Stage
from leadq.pipelines.measures.stage_words import stages_in_words

SINCE_US = 1_740_787_200_000_000  # 2025-03-01


def said(moments: StageMoments, leads: int | None) -> str:
    measured = Measured(
        agreed=None,
        recorded=("created",),
        counts=(),
        figures=(),
        touches_recorded=False,
        horizon_days=90,
        grace_days=7,
        scores_gone=0,
        stages=(Stage(moments=moments, leads=leads, among=1200),),
    )
    [words] = stages_in_words(measured)
    return words


def test_by_checks_it_is_said_since_when() -> None:
    told = said(StageMoments(stage="MQL", source="checks", since_us=SINCE_US), 1)
    assert told == (
        "MQL: 1 of 1,200 leads has met it, by the agreement's checks as of any moment (leads since 2025-03-01, when changes of its fields "
        "began to be recorded)."
    )


@pytest.mark.parametrize(
    ("moments", "leads", "words"),
    [
        (
            StageMoments(stage="SQL", source="date column", column="sql_at", missing=("lead.authority",)),
            30,
            "SQL: 30 of 1,200 leads have met it, by the CRM's own date (sql_at), since changes of lead.authority are not recorded.",
        ),
        (
            StageMoments(stage="SAL", source="not recorded", missing=("events", "dispositions")),
            None,
            "SAL: not recorded, since there are no events and there are no dispositions. To say it, map what buyers did as events, and map "
            "what sales answered as dispositions, meetings as touches, or opportunities; or take a date of the CRM as the column sal_at of "
            "leads.",
        ),
        (
            StageMoments(stage="Won over", source="not recorded"),
            None,
            "Won over: not recorded, since the agreement has no checks for it. To say it, take a date of the CRM as the column "
            "won_over_at of leads.",
        ),
    ],
)
def test_else_by_what_and_what_is_missing(moments: StageMoments, leads: int | None, words: str) -> None:
    assert said(moments, leads) == words
