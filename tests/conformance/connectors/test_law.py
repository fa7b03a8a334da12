"""The law can say no: each part of it is broken by hand on every far side."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.connectors.conftest import StartCampaign
from tests.conformance.connectors.far_side import SideSpec
from tests.conformance.connectors.nights import first_night, same_scores

NOBODY: frozenset[str] = frozenset()


def test_what_breaks_the_law_is_found(spec: SideSpec, campaign: StartCampaign, tmp_path: Path) -> None:
    one = campaign(spec, leads=6, chunk_rows=2)
    side = one.side
    night = first_night(tmp_path, side.keys)
    one.measure(night)
    key = sorted(side.keys)[2]
    right = night.points[key]

    side.begin(night)
    side.spoil(key, score=right)  # the same value once more, in a night in which nothing changed
    side.judge(night, abandoned=None, excused=NOBODY)
    with pytest.raises(AssertionError, match="1 leads were written though nothing of them changed"):
        side.judge(same_scores(tmp_path, night, number=1), abandoned=None, excused=NOBODY)

    side.spoil(key, score=99.0)
    with pytest.raises(AssertionError, match="1 of 6 leads do not hold tonight's values"):
        side.judge(night, abandoned=None, excused=NOBODY)
    side.judge(night, abandoned=night, excused=frozenset({key}))

    side.spoil(key, score=right)  # right in the end, after another value
    with pytest.raises(AssertionError, match="1 had 2 or more values in one night"):
        side.judge(night, abandoned=None, excused=NOBODY)

    side.begin(night)
    side.overwrite_people(key)
    with pytest.raises(AssertionError, match=r"fields that are not ours were written|lost what people had written"):
        side.judge(night, abandoned=None, excused=NOBODY)
