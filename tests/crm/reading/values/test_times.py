"""Every way of writing a time that exports have is read as the moment that was written, or asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

FORMS = {
    "%Y-%m-%d": "day", "%d.%m.%Y": "day", "%d/%m/%Y": "day", "%m/%d/%Y": "day", "%d-%m-%Y": "day", "%Y/%m/%d": "day",
    "%d/%m/%y": "day", "%m/%d/%y": "day", "%d.%m.%y": "day", "%y-%m-%d": "day", "%y/%m/%d": "day", "%d-%b-%y": "day",
    "%d %b %Y": "day", "%b %d, %Y": "day", "%A, %d %B %Y": "day", "%B %d %Y": "day", "%Y-%b-%d": "day", "%Y年%m月%d日": "day",
    "%Y. %m. %d.": "day", "%Y-%m-%d %H:%M": "minute", "%Y-%m-%dT%H:%M:%S": "second", "%Y-%m-%d %I:%M %p": "minute",
    "%Y-%m-%d %I:%M:%S %p": "second", "%m/%d/%Y %I:%M:%S %p": "second", "%m/%d/%y %I:%M%p": "minute",
    "%d.%m.%Y, %H:%M Uhr": "minute", "%d.%m.%Y um %H:%M": "minute", "%d/%m/%Y %Hh%M": "minute", "%d.%m.%Y %H.%M": "minute",
    "%a, %d %b %Y %H:%M:%S +0000": "second", "%b %d, %Y at %I:%M %p": "minute", "%Y-%m-%d %H:%M:%S UTC": "second",
    "%Y-%m-%d %H:%M:%S.000": "second", "%d/%m/%Y %I:%M:%S p. m.": "second", "%Y/%m/%d 下午 %I:%M": "minute",
    "%Y%m%d": "day", "%Y%m%d%H%M%S": "second", "%G-W%V-%u": "day", "%Y%m%dT%H%M%SZ": "second", "%Y%m%dT%H%M%S": "second",
    "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)": "second", "%a %b %d %H:%M:%S %Y": "second",
    "%d-%b-%y %I.%M.%S.000000 %p": "second", "%d-%b-%y %I.%M.%S.000000 %p +00:00": "second", "%d-%m-%Y %H.%M.%S": "second",
    "%Y-%m-%d %H:%M:%S.000 +0000 UTC": "second", "%Y-%m-%d %H:%M:%S:120": "second", "%Y年%m月%d日 %H时%M分%S秒": "second",
    "%d.%m.%Y klo %H.%M": "minute", "mar. %d/%m/%Y %H:%M": "minute", "%Y/%d/%m": "day", "%Y.%d.%m %H:%M": "minute",
    "%a %b %d %H:%M:%S UTC %Y": "second", "%a %b %d %H:%M:%S GMT+00:00 %Y": "second",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_time_is_read_as_it_was_written(texts, days, form: str) -> None:
    read = texts.read(days(form), wanted="time")
    precise = {"day": slice(0, 10), "minute": slice(0, 16), "second": slice(0, 19)}[FORMS[form]]
    assert [str(value).replace("T", " ")[precise] for value in read] == days(
        "%Y-%m-%d %H:%M:%S"[: {"day": 8, "minute": 14, "second": 17}[FORMS[form]]]
    )


@pytest.mark.parametrize(
    ("language", "months"),
    {
        "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "it": "gen feb mar apr mag giu lug ago set ott nov dic",
        "pt": "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
        "nl": "januari februari maart april mei juni juli augustus september oktober november december",
        "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
        "cs short": "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        "pl short": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "tr": "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        "sv": "jan feb mars apr maj juni juli aug sep okt nov dec",
    }.items(),
)
def test_months_have_names_in_many_languages(texts, language: str, months: str) -> None:
    names = months.split()
    written = [f"{3 + place} {name} 2025" for place, name in enumerate(names)]
    expected = [f"2025-{place + 1:02d}-{3 + place:02d}" for place, name in enumerate(names)]
    assert texts.read(written, wanted="time") == expected


def test_a_month_that_is_another_one_in_croatian_is_not_guessed(texts) -> None:
    for others in (["3 lis 2025", "4 stu 2025", "5 ruj 2025"], ["3 lis 2025", "4 lis 2025"]):
        assert texts.read(others, wanted="time")[0] != "2025-11-03"


def test_zones_and_their_names_are_kept(texts) -> None:
    written = ["2025-03-13 15:45:00 EST", "2025-07-13 15:45 EDT", "2025-07-13 15:45:00+05:30", "2025-07-13 15:45 GMT+2"]
    read = texts.read(written, wanted="time")
    assert [value[-6:] for value in read] == ["-05:00", "-04:00", "+05:30", "+02:00"]


def test_an_offset_counts_and_the_name_of_its_zone_beside_it_does_not(texts) -> None:
    written = [
        "Thu Mar 13 2025 15:45:00 GMT+0100 (CET)", "Thu Mar 13 2025 15:45:00 GMT-0800 (Pacific Standard Time)",
        "2025-07-13 15:45:00 GMT+0200 (IST)", "2025-07-13 15:45:00.000 -0600 CST",
    ]  # fmt: skip
    read = texts.read(written, wanted="time")
    assert [value[-6:] for value in read] == ["+01:00", "-08:00", "+02:00", "-06:00"]


@pytest.mark.parametrize("zone", ["IST", "CST", "BST", "AST"])
def test_a_zone_name_that_means_several_is_asked(texts, zone: str) -> None:
    written = [f"2025-03-{day} 15:45 {zone}" for day in range(10, 28)]
    (doubt,) = texts.judged({"x": written}, x="time").doubts
    assert (doubt.what, doubt.zones) == ("zone names", (zone,))
    read = texts.read(written, wanted="time", zone_names={zone: "+05:30"})
    assert all(value.endswith("+05:30") for value in read)


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%d-%m-%Y %H:%M", "%d/%m/%y"])
def test_a_doubt_between_day_and_month_is_asked_and_the_answer_counts(texts, form: str) -> None:
    moments = [datetime(2025, 1 + place % 12, 1 + (place * 5) % 12, tzinfo=UTC) for place in range(60)]
    written = [moment.strftime(form) for moment in moments]
    (doubt,) = texts.judged({"x": written}, x="time").doubts
    assert doubt.what == "day or month"
    assert (form,) in doubt.ways
    read = texts.read(written, wanted="time", read={"x": (form,)})
    assert [value[:10] for value in read] == [moment.strftime("%Y-%m-%d") for moment in moments]


def test_two_orders_in_one_column_are_never_read(texts, days) -> None:
    (doubt,) = texts.judged({"x": days("%d/%m/%Y") + days("%m/%d/%Y")}, x="time").doubts
    assert (doubt.what, doubt.ways) == ("mixed days and months", ())


@pytest.mark.parametrize(
    ("form", "of"),
    [
        ("epoch_s", lambda moment: str(int(moment))),
        ("epoch_ms", lambda moment: str(int(moment * 1000) + 123)),
        ("excel_days", lambda moment: repr(round(moment / 86400 + 25569, 8))),
    ],
)
def test_counted_times_are_read_where_a_time_is_wanted_or_named(texts, form: str, of) -> None:
    moments = [1_710_000_000 + 86_401 * place for place in range(40)]
    for wanted, heading in (("time", "x"), ("any", "createdate"), ("any", "Angelegt am")):
        read = texts.read([of(moment) for moment in moments], wanted=wanted, heading=heading)
        assert [datetime.fromisoformat(value[:19] + "+00:00").timestamp() for value in read] == pytest.approx(
            moments, abs=1
        )
    assert texts.judged({"Visits": [of(moment) for moment in moments]}).readings["Visits"].kind == "number", form


def test_years_of_two_digits_are_of_this_century(texts, days) -> None:
    assert min(texts.read(days("%d.%m.%y"), wanted="time")) == "2025-01-01"


def test_a_time_that_does_not_exist_is_named_not_moved(texts, days) -> None:
    written = [*days("%d.%m.%Y") * 5, "31.02.2025"]
    assert texts.read(written, wanted="time")[-1] == "unread: 31.02.2025"


def test_clock_beside_date_and_two_forms_in_a_column(texts, days) -> None:
    first = datetime(2025, 1, 1, tzinfo=UTC)
    written = days("%d.%m.%Y") + days("%d.%m.%Y %H:%M")
    expected = [(first + timedelta(days=9 * place)).strftime("%Y-%m-%d") for place in range(40)] * 2
    assert [value[:10] for value in texts.read(written, wanted="time")] == expected


def test_days_of_a_spreadsheet_are_days_beside_those_of_the_leads(texts) -> None:
    days = [str(45_300 + 11 * place) for place in range(40)]
    columns = {
        "created": days,
        "Fine": [str(int(day) + 60) for day in days],
        "Umsatz": [str(20_000 + 900 * place) for place in range(40)],
    }
    readings = texts.judged(columns, created="time").readings
    assert {column: one.kind for column, one in readings.items()} == {
        "created": "time",
        "Fine": "time",
        "Umsatz": "number",
    }


def test_eight_digits_are_dates_under_any_heading_where_every_value_is_one(texts) -> None:
    first = datetime(2024, 1, 1, tzinfo=UTC)
    days = [(first + timedelta(days=9 * place)).strftime("%Y%m%d") for place in range(60)]
    columns = {
        "Koniec": days,
        "Nummer": [str(20_240_101 + 37 * place) for place in range(60)],
        "Konto": ["87654321"] * 60,
    }
    readings = texts.judged(columns).readings
    assert {column: one.kind for column, one in readings.items()} == {
        "Koniec": "time",
        "Nummer": "number",
        "Konto": "number",
    }
