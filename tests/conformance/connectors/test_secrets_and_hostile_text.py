"""Whole deliveries from a project that fail at every turn: secrets stand nowhere afterwards, and hostile text does no harm."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from leadq.crm.connectors.retries import Patience
from tests.conformance.connectors.far_side import FarSide, SideSpec, Wanted
from tests.conformance.connectors.project_with_side import WRONG, SideProject
from tests.serving.delivery.company import row

HOSTILE = '=HYPERLINK("a");<script>x</script>\'; DROP TABLE row; --\r\nBcc: \x1b[31m'


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let waits pass at once: what is looked for here is said, not when."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setitem(Patience.__init__.__kwdefaults__, "sleep", lambda seconds: None)


@pytest.fixture
def side(spec: SideSpec, wanted: Callable[..., Wanted]) -> Iterator[FarSide]:
    with ExitStack() as stack:
        yield stack.enter_context(spec.open(wanted(30, began=time.time())))


def test_no_secret_stands_anywhere(
    side: FarSide, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    project = SideProject.made(tmp_path, side, [row(key, 0.5, tier="T1") for key in side.keys])
    if side.secrets:
        assert project.deliver(wrong_secret=True) is None  # it failed, and was told
    for must_be_told in side.troubles():
        before = len(project.told)
        project.deliver()
        assert must_be_told in "\n".join(project.told[before:])

    refused = side.refuse_in_hostile_words(max(side.keys), f"refused: {HOSTILE}")

    told = project.deliver(full_refresh=True)

    assert told is not None, project.told[-4:]
    ok = len(side.keys) - bool(refused)
    assert told.facts["targets"]["there"]["rows_by_state"] == ({"ok": ok, "rejected": 1} if refused else {"ok": ok})
    assert told.exit_code == (5 if refused else 0)
    assert refused in told.words + repr(told.facts)
    assert "\x1b" not in told.words
    said = "\n".join([caplog.text, *capsys.readouterr()]).encode() + project.everything()
    for hidden in (*side.secrets, WRONG):
        assert hidden.encode() not in said


def test_hostile_ids_and_sentences_do_no_harm(spec: SideSpec, side: FarSide, tmp_path: Path) -> None:
    good = min(side.keys)
    leads = [row(f"{HOSTILE}{place}", 0.5, tier="T1", sentence=HOSTILE) for place in range(2)]
    project = SideProject.made(tmp_path, side, [*leads, row(good, 0.5, tier="T1", sentence=HOSTILE)])
    plan = tmp_path / "plan.csv"
    project.deliver(dry_run=True, csv=plan)

    told = project.deliver()

    assert told is not None, project.told[-4:]
    assert "\x1b" not in told.words
    there = told.facts["targets"]["there"]
    states = there["rows_by_state"]
    assert states in ([{"ok": 3}] if spec.takes_any_id else [{"ok": 1, "skipped": 2}, {"ok": 1, "rejected": 2}])
    assert spec.takes_any_id or sum(one["leads"] for one in there.get("skipped", there.get("rejected"))) == 2
    held = side.held()
    assert str(held[good]["Reason_1"]).startswith('=HYPERLINK("a");<script>')  # as text
    assert {key for key in held if key not in side.keys} == (
        {f"{HOSTILE}{n}" for n in range(2)} if states == {"ok": 3} else set()
    )
    assert not side.lost()
    assert not side.foreign()
    with plan.open(newline="", encoding="utf-8") as handle:
        cells = [cell for line in csv.reader(handle) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@")) or "\x1b" in cell or "\n" in cell]
