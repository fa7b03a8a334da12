"""The playbook: steps that sales owns, only for what can change, refused with lines where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from leadq.foundation.problems import ConfigError
from leadq.serving.words.playbook import FIXED, MAX_STEP, MAX_STEPS, Playbook, default_playbook, read_playbook
from leadq.serving.words.wording_rules import FORBIDDEN

HEAD = "version: 3\nowner: head of sales\nsteps:\n"


def _read(tmp_path: Path, steps: str, head: str = HEAD) -> Playbook:
    path = tmp_path / "plays.yaml"
    path.write_text(head + steps, encoding="utf-8")
    return read_playbook(path)


def _problems(tmp_path: Path, steps: str, head: str = HEAD) -> str:
    with pytest.raises(ConfigError) as stopped:
        _read(tmp_path, steps, head)
    return str(stopped.value)


def test_the_default_has_steps_for_all_that_can_change_and_for_nothing_else() -> None:
    book = read_playbook()
    for when in ("for", "against", "unknown"):
        for family in ("engagement", "account"):
            given = {"for": (), "against": (), "unknown": (), when: (family,)}
            assert len(book.steps(given["for"], given["against"], given["unknown"])) == 1, (family, when)
        assert book.steps(FIXED, FIXED, FIXED) == ()
    assert book.steps(("intent_something_new",), (), ()) == (
        "Refer to what they looked at, and ask what they want to solve with it.",
    )


def test_the_steps_of_the_default_keep_the_rules_of_wording() -> None:
    steps = [entry["step"] for entry in yaml.safe_load(default_playbook())["steps"]]
    assert len(steps) > 20
    assert all(len(step) <= MAX_STEP and step.endswith(".") for step in steps)
    assert not [step for step in steps if any(word in step.lower() for word in FORBIDDEN)]


def test_steps_come_in_the_order_of_the_families_and_each_once() -> None:
    book = read_playbook()
    both = book.steps(("company", "intent_demo_request", "engagement"), ("account",), ("qualification",))
    assert both == (
        "Offer two dates for the demo in the first call.",
        "Call while the interest is fresh, today if you can.",
    )
    assert len(both) == MAX_STEPS
    assert book.steps((), (), ("company", "qualification", "completeness")) == (
        "Ask who decides, by when, and what budget there is, and write it down.",
        "Fill in what is missing from the first call.",
    )
    assert book.steps((), ("completeness",), ("completeness",)) == ("Fill in what is missing from the first call.",)


def test_a_stop_beats_interest_and_what_comes_first_beats_what_is_usual(tmp_path: Path) -> None:
    interested = ("intent_demo_request", "engagement")
    stopped = read_playbook().steps(interested, ("intent_unsubscribe",), ("qualification",))
    assert stopped == ("No more mailings; call once and ask whether contact is wanted at all.",)
    assert read_playbook().steps(interested, ("intent_email_bounce",), ())[0].startswith("Find a working address")
    former = _read(
        tmp_path,
        "  - {family: intent_demo, when: for, step: Demo.}\n  - {family: intent_unsubscribe, when: against, step: Stop.}\n",
    )
    assert former.steps(("intent_demo",), ("intent_unsubscribe",), ()) == (
        "Demo.",
        "Stop.",
    )  # one of before stays as it was


def test_a_company_writes_its_own_and_the_first_that_fits_counts(tmp_path: Path) -> None:
    book = _read(
        tmp_path,
        "  - {family: intent_demo, when: for, step: Demo.}\n"
        "  - {family: 'intent_{kind}', when: for, step: Anything.}\n"
        "  - {family: 'own_lead_{field}', when: unknown, step: Ask for it.}\n",
    )
    assert (book.version, book.owner) == (3, "head of sales")
    assert book.steps(("intent_demo", "intent_fair"), (), ()) == ("Demo.", "Anything.")
    assert book.steps((), (), ("own_lead_region",)) == ("Ask for it.",)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            "{family: company, when: for, step: Move the company.}",
            "family: must be a family that can change, got 'company'",
        ),
        ("{family: '{field}', when: for, step: x.}", "must be a family, or a pattern"),
        ("{family: engagement, when: always, step: x.}", "when: must be for, against or unknown, got 'always'"),
        ("{family: engagement, when: for, step: Call because it increases the chance.}", "must not claim a cause"),
        ("{family: engagement, when: for, step: Raise intent_demo_count.}", "must not name a feature"),
        ("{family: engagement, when: for, step: " + "x" * 121 + "}", "at most 120 characters"),
        ("{family: engagement, when: for, step: 'Call {name}.'}", "without braces"),
        ("{family: engagement, when: for}", "must hold the texts family, when and step"),
        ("engagement", "must hold the texts family, when and step"),
        (
            "{family: engagement, when: for, step: Call., priority: frist}",
            "priority: must be stop, first or usual, got 'frist'",
        ),
    ],
)
def test_a_step_that_cannot_be_used(tmp_path: Path, entry: str, expected: str) -> None:
    told = _problems(tmp_path, f"  - {entry}\n")
    assert expected in told
    assert "plays.yaml line 4 steps, entry 1" in told


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    told = _problems(
        tmp_path,
        "  - {family: person, when: for, step: x.}\n  - {family: engagement, when: no, step: x.}\nowners: me\n",
        head="version: zero\nversion: none\nowner: ''\nsteps:\n",
    )
    for expected in (
        "line 2",
        "given twice",
        "must be a whole number",
        "who owns it",
        "owners",
        "can change",
        "entry 2",
    ):
        assert expected in told, expected


@pytest.mark.parametrize("text", ["- a\n", "steps: [\n", "", "version: 1\nowner: me\nsteps: none\n"])
def test_a_file_that_is_no_playbook_is_refused(tmp_path: Path, text: str) -> None:
    assert "plays.yaml" in _problems(tmp_path, "", head=text)
