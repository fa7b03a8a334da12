"""Numbers are read by what all values of their column show: no sign means the same everywhere."""

from __future__ import annotations

import pytest

AMOUNTS = [1240.5, 3.25, 950.0, 12345.75, 0.5, 1_000_000.25, 18.0, 77.75]


def _grouped(value: float, decimal: str, thousands: str) -> str:
    return f"{value:,.2f}".replace(",", "_").replace(".", decimal).replace("_", thousands)


FRAMES = [
    "{}",
    "€{}",
    "{} €",
    "$ {}",
    "{} EUR",
    "CHF {}",
    "{} kr",
    "{}%",
    "R$ {}",
    "-{}",
    "({})",
    "{}-",
    "−{}",
    "－{}",
    "‑{}",
    "$({})",
    "$ ({})",
    "-$ {}",
    "{} KZT",
]


@pytest.mark.parametrize(
    ("decimal", "thousands"),
    [(a, b) for a in ".," for b in ("", ".", ",", " ", "\u00a0", "\u202f", "'", "’") if a != b],
)
def test_every_form_with_decimals_is_found_in_every_frame(texts, decimal: str, thousands: str) -> None:
    columns = {frame: [frame.format(_grouped(value, decimal, thousands)) for value in AMOUNTS] for frame in FRAMES}
    rows, judged = texts.table(columns), texts.judged(columns)
    assert judged.doubts == ()
    for frame in FRAMES:
        found = rows.project(judged.readings[frame].expression(frame)).fetchall()
        sign = -1 if any(mark in frame for mark in "-(−－‑") else 1
        assert [float(value) for (value,) in found] == [sign * value for value in AMOUNTS], frame


@pytest.mark.parametrize("digits", ["٠١٢٣٤٥٦٧٨٩٫٬", "۰۱۲۳۴۵۶۷۸۹٫٬", "０１２３４５６７８９．，", "०१२३४५६७८९.,"])
def test_digits_of_other_scripts_are_digits_in_numbers_and_times_and_stay_in_words(texts, digits: str) -> None:
    script = str.maketrans("0123456789.,", digits)
    assert [float(v) for v in texts.read([f"{value:,.2f}".translate(script) for value in AMOUNTS])] == AMOUNTS
    assert texts.read(["607".translate(script), "12".translate(script)]) == ["607", "12"]
    assert texts.read(["2025/03/13".translate(script)] * 3, wanted="time") == ["2025-03-13"] * 3
    word = "Office 3".translate(script)
    assert texts.read([word, "Hall", word]) == [word, "Hall", word]
    assert texts.read(["007".translate(script), "008".translate(script)], wanted="id")[0] == "007".translate(script)


@pytest.mark.parametrize("form", ["CHF {}.–", "Fr. {}.--", "{}.- CHF", "{},- €", "{},-", "{},–", "€ {},--"])
def test_a_dash_in_place_of_decimals_is_no_minus(texts, form: str) -> None:
    between = "." if "," in form else "'"
    whole = [950, 12, 1240, 23_500, 1_234_567, 8]
    assert [float(v) for v in texts.read([form.format(f"{value:,}".replace(",", between)) for value in whole])] == whole


@pytest.mark.parametrize("sign", [".", ","])
def test_three_digits_after_a_sign_beside_small_whole_numbers_are_thousands(texts, sign: str) -> None:
    whole = [950, 12, 1240, 2350, 8, 12_000, 430, 1_234_567]
    assert [float(v) for v in texts.read([f"{value:,}".replace(",", sign) for value in whole])] == whole


@pytest.mark.parametrize(
    "values", [["0.125", "0.5", "0.375", "1.125"], ["0.125", "12", "1.375", "0.999"], ["1234.567", "2.345"]]
)
def test_shares_stay_shares(texts, values: list[str]) -> None:
    assert texts.read(values) == values


def test_columns_of_one_file_are_in_two_ways(texts) -> None:
    judged = texts.judged({"amount": ["1234,50", "2,75", "3,00"], "fit": ["0.5", "0.25", "0.125"]})
    assert judged.readings["amount"].forms == ("1234,5",)
    assert judged.readings["fit"].bare


def test_only_thousands_or_only_three_decimals_is_asked_and_another_column_may_settle_it(texts) -> None:
    unclear = ["1.240", "2.353", "9.125"]
    (doubt,) = texts.judged({"x": unclear}).doubts
    assert (doubt.what, set(doubt.ways)) == ("decimals or thousands", {("1234.5",), ("1.234,5",)})
    assert texts.judged({"x": unclear, "y": ["0,5", "1,25", "3,75"]}).readings["x"].forms == ("1.234,5",)
    assert texts.judged({"x": unclear, "y": ["0.5", "1.25", "3.75"]}).readings["x"].bare
    assert [float(value) for value in texts.read(unclear, read={"x": ("1.234,5",)})] == [1240, 2353, 9125]


def test_two_ways_in_one_column_are_read_each_unless_one_value_could_be_both(texts) -> None:
    assert [float(v) for v in texts.read(["1,234.50", "1.234,50"] * 3)] == [1234.5] * 6
    assert texts.judged({"x": ["1,234.50", "1.234,50", "1.234"] * 3}).doubts[0].what == "decimals or thousands"


def test_one_number_in_another_way_turns_no_share_into_hundreds(texts) -> None:
    values = ["0.5", "0.25", "0.125", "0.75"] * 50 + ["1234,50"]
    assert [float(value) for value in texts.read(values)][:4] == [0.5, 0.25, 0.125, 0.75]


@pytest.mark.parametrize(
    "values", [["01234", "00501", "99999"], ["1-10", "11-50", "51-200"], ["12 months", "6 months"], ["v1", "v2"]]
)
def test_codes_ranges_and_durations_are_no_numbers(texts, values: list[str]) -> None:
    assert texts.judged({"x": values * 10}).readings["x"].kind == "text"


def test_a_value_that_is_not_written_so_is_named_and_never_taken_for_a_number(texts) -> None:
    values = ["1.234,50", "12,25", "7,00"] * 100 + ["12.50"]
    assert texts.read(values, read={"x": ("1.234,5",)})[-1] == "unread: 12.50"


def test_percent_beside_shares_is_asked_and_percent_alone_is_not(texts) -> None:
    (doubt,) = texts.judged({"x": ["21.7%", "0.094", "3.5%"] * 4}).doubts
    assert (doubt.what, doubt.ways[0]) == ("percent or share", ("1234.5",))
    assert texts.read(["21.7%", "0.094"] * 4, read={"x": ("1234.5",)})[:2] == ["21.7", "0.094"]
    assert texts.read(["21.7%", "0", "3%"] * 4)[:3] == ["21.7", "0", "3"]
