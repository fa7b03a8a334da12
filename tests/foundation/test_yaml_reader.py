"""The one reader of YAML: a tree of texts with lines; what is refused is readable again once its remedy is followed."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.crm.config.leadq_yaml import read_config
from leadq.foundation.problems import AgreementError, ConfigError, Problem
from leadq.foundation.regular_files import UnfitFileError, read_regular_file
from leadq.foundation.yaml_reader import MOST_BYTES, parse_yaml, read_yaml
from leadq.foundation.yaml_scalars import flag_of, moment_of, number_of, whole_of
from leadq.foundation.yaml_tree import Items, Scalar, contents
from leadq.pipelines.project.params import read_settings
from leadq.serving.words.sentences import read_sentences
from tests.foundation.yaml_attacks import KINDS


def _said(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as stopped:
        read_yaml(path)
    return stopped.value.problems


def test_the_tree_knows_its_lines_and_guesses_no_types() -> None:
    root = parse_yaml("on: NO\nlist:\n  - 010\n  - '5'\nempty:\nNULL: 1\n", where="f.yaml").root
    assert root.lines == {"on": 1, "list": 2, "empty": 5, "NULL": 6}
    assert root.values["on"] == Scalar(line=1, text="NO")
    items = root.values["list"]
    assert isinstance(items, Items)
    assert items.items == (Scalar(line=3, text="010"), Scalar(line=4, text="5", plain=False))
    assert root.values["empty"] == Scalar(line=5, text="")


def test_a_line_is_found_by_its_path_and_foreign_parts_are_skipped() -> None:
    document = parse_yaml("a:\n  b:\n    - c: 1\n    - c: 2\n", where="f.yaml")
    assert document.place(("a", "b", 1, "c")) == "f.yaml line 4"
    assert document.place(("a", "tag", "b", 0)) == "f.yaml line 3"
    assert document.place(("none",)) == "f.yaml line 1"


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_nothing_is_written_in_three_ways_and_a_word_in_quotes_is_none_of_them(written: str) -> None:
    root = parse_yaml(f"a: {written}\nb: '{written}'\nc: [x, {written or '~'}]\n", where="f.yaml").root
    assert contents(root, keep_empty=True) == {"a": None, "b": written, "c": ["x", None]}
    assert contents(root, keep_empty=False) == {"b": written, "c": ["x", None]}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_marks_and_ends_of_lines_of_other_systems_are_read(tmp_path: Path, mark: bytes, end: bytes) -> None:
    (tmp_path / "f.yaml").write_bytes(mark + "a: grün".encode() + end + b"b: 2" + end)
    document = read_yaml(tmp_path / "f.yaml")
    assert contents(document.root, keep_empty=True) == {"a": "grün", "b": "2"}
    assert document.line(("b",)) == 2


def test_a_link_to_a_file_is_a_file_and_no_pipe_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 10)
    (tmp_path / "link").symlink_to("file")
    assert read_regular_file(tmp_path / "link", most_bytes=10) == b"x" * 10
    with pytest.raises(UnfitFileError, match="larger than 9 bytes"):
        read_regular_file(tmp_path / "link", most_bytes=9)
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "none", "no\0ne", "n" * 5000):
        with pytest.raises(UnfitFileError):
            read_regular_file(tmp_path / name, most_bytes=9)


def test_one_control_character_separates_columns_and_more_are_refused() -> None:
    root = parse_yaml('tab: "\\t"\nhive: "\\x01"\nlines: "a\\nb"\n', where="f.yaml").root
    assert contents(root, keep_empty=True) == {"tab": "\t", "hive": "\x01", "lines": "a\nb"}
    with pytest.raises(ConfigError, match="must not contain control characters"):
        parse_yaml('a: "x\\x01"\n', where="f.yaml")


def test_what_is_wrong_can_be_taken_along_or_is_raised_as_the_reader_says() -> None:
    problems: list[Problem] = []
    document = parse_yaml("a: 1\na: 2\nb: *x\n", where="f.yaml", problems=problems)
    assert [problem.where for problem in problems] == ["f.yaml line 2", "f.yaml line 3"]
    assert contents(document.root, keep_empty=True) == {"a": "1", "b": None}
    with pytest.raises(AgreementError, match="given twice"):
        parse_yaml("a: 1\na: 2\n", where="f.yaml", error=AgreementError)


@given(st.text(alphabet="ab:-[]{}\"'#&*!|>%@`?, \n\t\\\x00\ud800é0.<~", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    problems: list[Problem] = []
    try:
        parse_yaml(text, where="f.yaml", problems=problems)
    except ConfigError as error:
        problems += error.problems
    assert all(problem.where.startswith("f.yaml line ") and problem.remedy for problem in problems)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    problems: list[Problem] = []
    try:
        read_yaml(path, problems=problems)
    except ConfigError as error:
        problems += error.problems
    assert all(problem.where.startswith("any.yaml line ") and problem.remedy for problem in problems)


def test_each_text_means_one_thing() -> None:
    assert [flag_of(text) for text in ("true", "False", "yes", "1", "")] == [True, False, None, None, None]
    assert [whole_of(text) for text in ("+7", "-7", "07", "9" * 19, "7.0", "٣")] == [7, -7, None, None, None, None]
    assert [number_of(text) for text in ("1.", "-.5", "1e-3", "1e999", "nan", "1_0", "9" * 500)] == [
        *(1.0, -0.5, 0.001),
        *[None] * 4,
    ]
    midnight = datetime(2026, 10, 1, tzinfo=UTC)
    for text in ("2026-10-01", "2026-10-01T00:00:00Z", "2026-10-01 02:00:00 +2", "2026-9-30t22:00:00.0-02:00"):
        assert moment_of(text) == midnight
    for text in ("2026-10-01 06:00:00", "20261001", "2026-02-30", "0001-01-01T00:00:00+14:00", "Z" * 900):
        assert moment_of(text) is None


FOLLOWED = [
    # what is written, what is said of it, and the text when that is followed
    ("seed: 7\nseed: 8\n", "Keep one of the two", "seed: 8\n"),
    ("fit: &f {n_folds: 4}\n", "Remove it, and write values out", "fit: {n_folds: 4}\n"),
    ("seed: !!int 8\n", "Remove the tag", "seed: 8\n"),
    ("<<: {seed: 8}\n", "Write the keys out", "seed: 8\n"),
    ("fit: {extra_trees: yes}\n", "Write true.", "fit: {extra_trees: true}\n"),
    ("fit: {extra_trees: OFF}\n", "Write false.", "fit: {extra_trees: false}\n"),
    ("fit: {extra_trees: 'true'}\n", "without quotes", "fit: {extra_trees: true}\n"),
    ("fit: {max_rounds: 1_000}\n", "Write 1000.", "fit: {max_rounds: 1000}\n"),
    ("fit: {max_rounds: 0100}\n", "without leading zeros", "fit: {max_rounds: 100}\n"),
    ("seed: 7.0\n", "Write 7.", "seed: 7\n"),
    ("seed: 1e3\n", "Write 1000.", "seed: 1000\n"),
    ("seed: 00\n", "at most 18 digits, without leading zeros", "seed: 0\n"),
    ("seed: 7.5\n", "a whole number in plain digits, such as 30, without a point", "seed: 30\n"),
    ("seed: 12345678901234567890\n", "at most 18 digits", "seed: 123456789012345678\n"),
    ("seed: '7'\n", "without a point, at most 18 digits, without leading zeros, quotes or unit", "seed: 7\n"),
    (
        "fit: {learning_rate: 00.1}\n",
        "in plain digits, such as 30, without leading zeros",
        "fit: {learning_rate: 0.1}\n",
    ),
    ("fit:\n\tn_folds: 4\n", "there is a tab on this line", "fit:\n  n_folds: 4\n"),
    ("read_at: NULL\n", "Write null for nothing", "read_at: null\n"),
    ("read_at: 2026-10-01 06:00:00\n", 'like "2026-10-01T00:00:00Z"', 'read_at: "2026-10-01T06:00:00Z"\n'),
    ("report: {sensitive: [leads.a, ]}\n--- \n", "Remove the line ---", "report: {sensitive: [leads.a, ]}\n"),
    (
        'report: {segments: ["leads.\\ud83d\\ude00"]}\n',
        "Write the character itself",
        'report: {segments: ["leads.😀"]}\n',
    ),
    ("sed: 8\n", "Did you mean seed?", "seed: 8\n"),
    ("? [seed]\n: 8\n", "Write one word before the colon", "seed: 8\n"),
    ("- seed: 8\n", "Write one key: value a line", "seed: 8\n"),
    ("seed: 8\n" + "#" * MOST_BYTES, "Keep long lists", "seed: 8\n"),
]


@pytest.mark.parametrize(("written", "remedy", "followed"), FOLLOWED, ids=[remedy for _, remedy, _ in FOLLOWED])
def test_the_remedy_followed_works(tmp_path: Path, written: str, remedy: str, followed: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ConfigError) as stopped:
        read_settings(path)
    assert remedy in " ".join(problem.remedy for problem in stopped.value.problems)
    path.write_text(followed, encoding="utf-8")
    read_settings(path)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "utf-32"])
def test_a_file_saved_as_utf_8_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes("seed: 8 # für später\n".encode(encoding))
    assert [problem.remedy for problem in _said(path)] == ["Save the file as UTF-8."]
    path.write_text(path.read_bytes().decode(encoding), encoding="utf-8")
    assert read_settings(path).seed == 8


def test_a_pipe_written_into_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    os.mkfifo(path)
    assert _said(path)[0].remedy == "Name a file there, or write what it gives into one."
    path.unlink()
    path.write_text("seed: 8\n", encoding="utf-8")
    assert read_settings(path).seed == 8


def test_a_flag_of_leadq_yaml_is_true_or_false(tmp_path: Path) -> None:
    path = tmp_path / "leadq.yaml"
    path.write_text(str(KINDS["leadq.yaml"].with_flag("no")), encoding="utf-8")
    with pytest.raises(ConfigError) as stopped:
        read_config(path)
    (problem,) = stopped.value.problems
    assert str(problem) == "leadq.yaml line 3: desk.own_rows_only: must be true or false, got no. Write false."
    path.write_text(str(KINDS["leadq.yaml"].with_flag("false")), encoding="utf-8")
    assert not read_config(path).desk.own_rows_only


def test_norway_and_ontario_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "sentences.yaml"
    text = KINDS["sentences.yaml"].text
    words = "\n    words: {NO: Norway, ON: Ontario, 01: first, yes: y, null: nothing}"
    assert text.count("\n  - match: company_country") == 1
    path.write_text(re.sub(r"\n  - match: company_country", rf"\g<0>{words}", text), encoding="utf-8")
    found = next(one for one in read_sentences(path).document["features"] if one["match"] == "company_country")
    assert found["words"] == {"NO": "Norway", "ON": "Ontario", "01": "first", "yes": "y", "null": "nothing"}
    config = tmp_path / "leadq.yaml"
    config.write_text("flat: {path: a, outcome: y, won: [NO], lost: [ON], values: {country: {NO: no, ON: }}}\n")
    flat = read_config(config).flat
    assert flat is not None
    assert (flat.won, flat.lost, flat.values) == (("NO",), ("ON",), {"country": {"NO": "no", "ON": None}})
