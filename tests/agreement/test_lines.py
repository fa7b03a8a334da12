"""YAML that could harm or mislead is refused before anything is built on it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadq.agreement.findings import Findings
from leadq.agreement.lines import MAX_CHARACTERS, Entries, Items, Node, Scalar, read_lines
from leadq.foundation.problems import Problem


def _read(text: str) -> tuple[Node | None, tuple[Problem, ...]]:
    findings = Findings("f.yaml")
    return read_lines(text, findings), findings.problems


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "must be readable YAML"),
        ("a: 1\n\tb: 2\n", 2, "must be readable YAML"),
        ("a: 1\nb: '\n", 3, "must be readable YAML"),
        ("a: 1\nb: \x07\n", 2, "must be readable YAML: special characters are not allowed"),
        ('a: "\\UFFFFFFFF"\n', 1, "must be readable YAML"),
        ('a: 1\nb: "\\uD800"\n', 2, "must hold whole characters"),
        ("a: 1\n---\nb: 1\n", 2, "must be one document"),
        ("a: &x 1\nb: *x\n", 2, "must not use aliases"),
        ("a: !!python/object/apply:os.system [x]\n", 1, "must not use tags"),
        ("a: 1\nb: 2\na: 3\n", 3, "must not be given twice (first on line 1)"),
        ("a:\n  b: 1\n  b: 2\n", 3, "must not be given twice (first on line 2)"),
        ("[" * 5000, 1, "nested deeper than 12 levels"),
        ("#" * (MAX_CHARACTERS + 1), 1, "must not be longer than"),
    ],
)
def test_refused(text: str, line: int, rule: str) -> None:
    _, problems = _read(text)
    assert [problem.where for problem in problems] == [f"f.yaml line {line}"]
    assert rule in problems[0].rule


def test_an_alias_bomb_is_not_unfolded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"k{n}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24))
    started = time.process_time()
    _, problems = _read(bomb)
    assert time.process_time() - started < 2.0
    assert len(problems) == 48


def test_the_tree_knows_its_lines_and_guesses_no_types() -> None:
    tree, problems = _read("on: NO\nlist:\n  - 010\n  - '5'\nempty:\n")
    assert problems == ()
    assert isinstance(tree, Entries)
    assert tree.lines == {"on": 1, "list": 2, "empty": 5}
    assert tree.values["on"] == Scalar(line=1, text="NO")
    items = tree.values["list"]
    assert isinstance(items, Items)
    assert items.items == (Scalar(line=3, text="010"), Scalar(line=4, text="5", plain=False))
    empty = tree.values["empty"]
    assert isinstance(empty, Scalar)
    assert empty.empty


@pytest.mark.parametrize("text", ["", "# only a comment\n", "just a text", "- a\n- b\n"])
def test_what_is_no_agreement_at_all_is_said(text: str, problems_of: Callable[[str], tuple[Problem, ...]]) -> None:
    problems = problems_of(text)
    assert [problem.rule for problem in problems] == ["the agreement must be a group of keys"]


@settings(deadline=None)
@given(st.text(alphabet="ab:-[]{}\"'#&*!|>%@`?, \n\t\\\x00\ud800é0.", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    tree, problems = _read(text)
    assert tree is None or isinstance(tree, (Scalar, Items, Entries))
    assert all(problem.where.startswith("f.yaml line ") for problem in problems)
