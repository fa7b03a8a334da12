"""Yes and no in many languages, marks beside empty cells, and words for a missing value."""

from __future__ import annotations

import pytest

from leadq.crm.reading.values.flags import PAIRS

MISSING = [
    "NULL",
    "N/A",
    "#N/A",
    "-",
    "—",
    "None",
    "nan",
    "(not set)",
    "(leer)",
    "--None--",
    "Select",
    "0000-00-00",
    "NaT",
    r"\N",
    "k.A.",
    "Bitte wählen",
    "?",
    ".",
    "#WERT!",
]


def test_pairs_are_flags(texts) -> None:
    columns = {f"{yes} {no}": [yes.upper(), no, None, yes] * 5 for yes, no in PAIRS if yes.upper().casefold() == yes}
    rows, judged = texts.table(columns), texts.judged(columns)
    for column in columns:
        read = rows.project(judged.readings[column].expression(column)).fetchall()
        assert [value for (value,) in read][:4] == ["true", "false", None, "true"], column


@pytest.mark.parametrize("mark", ["X", "x", "Yes", "Ja", "✓", "TRUE", "はい", "1", "✅", "☑", "☒"])
def test_a_mark_beside_empty_cells_is_a_flag(texts, mark: str) -> None:
    assert texts.read([mark, None, mark, None]) == ["true", "false", "true", "false"]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["12", "7", "3"], "any"),
        (["2025-03-13", "2025-04-01", "2025-04-02"], "time"),
        (["Web", "Event", "Fair"], "any"),
    ],
)
def test_a_word_for_missing_is_missing_whatever_the_column_holds(texts, values: list[str], wanted: str) -> None:
    words = [word for word in MISSING if wanted == "time" or values[0].isdigit() or word != "None"]
    columns = {word: [*values * 9, word] for word in words}
    rows, judged = texts.table(columns), texts.judged(columns, **dict.fromkeys(words, wanted))
    for word in words:
        read = rows.project(judged.readings[word].expression(word)).fetchall()
        assert [value for (value,) in read] == [*values * 9, None], word


def test_numbers_that_happen_to_be_one_stay_numbers_where_training_had_numbers(texts) -> None:
    trained = texts.judged({"x": ["1", "2", None]}).readings
    assert texts.read(["1", None, "1"], trained=trained) == ["1", None, "1"]


def test_a_code_is_not_missing_among_codes(texts) -> None:
    assert texts.read(["NA", "DE", "FR", "NL"] * 3)[0] == "NA"
    assert texts.read(["NA", "12", "13", "14"] * 3)[0] is None


def test_words_that_leadq_yaml_names_mean_what_it_says(texts) -> None:
    assert texts.read(["None", "Gold"] * 5, named={"x": ("None",)})[0] == "None"
    assert texts.read(["unknown", "Gold"] * 5, missing={"x": ("unknown",)})[0] is None


def test_none_among_words_is_a_word_unless_the_source_writes_missing_values_so(texts) -> None:
    budget, seats = ["none", "small", "large"] * 5, ["3", "none", "12"] * 5
    assert texts.judged({"budget": budget, "seats": ["3", "4", "12"] * 5}).readings["budget"].missing == ()
    assert texts.judged({"budget": budget, "seats": seats}).readings["budget"].missing == ("none",)
    assert texts.read(["None", "Gold"] * 5, missing={"x": ("None",)})[0] is None


@pytest.mark.parametrize("wanted", ["any", "time", "number", "id", "key", "text", "outcome"])
@pytest.mark.parametrize("rows", [5, 9_000])
def test_an_empty_column_is_empty_in_a_short_and_in_a_long_table(texts, rows: int, wanted: str) -> None:
    judged = texts.judged({"x": [None] * rows, "y": ["a", None, "NULL"] * (rows // 3) + [None] * (rows % 3)}, x=wanted)
    assert judged.doubts == ()
    assert judged.readings["x"].evidence.filled == 0
