"""How exports write moments: each form is a writer, how exact it is, and whether day and month could be told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# ruff: noqa: SIM905 (names of months read best in a row)
MONTHS: dict[str, tuple[list[str], list[str]]] = {
    "en": (
        "January February March April May June July August September October November December".split(),
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    ),
    "de": (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
        "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.".split(),
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split(),
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
        "ene feb mar abr may jun jul ago sep oct nov dic".split(),
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split(),
        "gen feb mar apr mag giu lug ago set ott nov dic".split(),
    ),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december".split(),
        "jan feb mrt apr mei jun jul aug sep okt nov dec".split(),
    ),
}


@dataclass(frozen=True, slots=True)
class TimeForm:
    """A way of writing moments.

    ``exact`` is in seconds: 1, 60 or 86,400 (a day). ``order`` is ``dm`` or ``md`` where only the values settle which is the day.
    ``needs`` names what a file in this form does not say by itself.
    """

    name: str
    write: Callable[[datetime], str]
    exact: int = 1
    order: str = ""
    needs: str = ""
    unambiguous_zone: bool = False


def _form(pattern: str, exact: int, order: str = "", name: str = "") -> TimeForm:
    return TimeForm(name=name or pattern, write=lambda when: when.strftime(pattern), exact=exact, order=order)


def _loose(sep: str, order: str, year: int, clock: str, exact: int) -> TimeForm:
    """Day and month without leading zeros, as spreadsheets write them back."""

    def write(when: datetime) -> str:
        first, second = (when.day, when.month) if order == "dm" else (when.month, when.day)
        shown = f"{when.year % 100:02d}" if year == 2 else str(when.year)
        return f"{first}{sep}{second}{sep}{shown}" + (when.strftime(clock).replace(" 0", " ") if clock else "")

    return TimeForm(name=f"loose {order} {sep} {year} {clock}", write=write, exact=exact, order=order)


def _zone_words(zone: str, pattern: str) -> Callable[[datetime], str]:
    return lambda when: when.astimezone(ZoneInfo(zone)).strftime(pattern)


def _offset(when: datetime, hours: float, pattern: str) -> str:
    minutes = int(abs(hours) * 60)
    sign = "+" if hours >= 0 else "-"
    return (when + timedelta(hours=hours)).strftime(pattern) + f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


_EXCEL = datetime.fromisoformat("1899-12-30")


def _serial(when: datetime) -> str:
    days = (when.replace(tzinfo=None) - _EXCEL) / timedelta(days=1)
    return f"{days:.5f}"


def _serial_day(when: datetime) -> str:
    return str((when.replace(tzinfo=None) - _EXCEL).days)


def _month_form(language: str, pattern: str, exact: int, *, short: bool) -> TimeForm:
    names = MONTHS[language][short]
    return TimeForm(
        name=f"month {language} {pattern}",
        write=lambda when: pattern.format(
            d=when.day, m=names[when.month - 1], y=when.year, y2=when.year % 100, c=when.strftime("%H:%M"),
            s=when.strftime("%H:%M:%S"), p=when.strftime("%I:%M %p").lstrip("0"),
        ),
        exact=exact,
    )  # fmt: skip


ISO = {
    "iso_z": TimeForm("iso_z", lambda w: w.strftime("%Y-%m-%dT%H:%M:%SZ")),
    "iso_ms": TimeForm("iso_ms", lambda w: w.strftime("%Y-%m-%dT%H:%M:%S.000+0000")),
    "iso_offset": TimeForm("iso_offset", lambda w: w.isoformat()),
    "iso_other_offset": TimeForm(
        "iso_other_offset", lambda w: _offset(w, -5.5 if w.day % 2 else 2, "%Y-%m-%d %H:%M:%S")
    ),
    "iso_naive": _form("%Y-%m-%d %H:%M:%S", 1),
    "iso_naive_t": _form("%Y-%m-%dT%H:%M", 60),
    "iso_micro": _form("%Y-%m-%d %H:%M:%S.000000", 1),
    "iso_day": _form("%Y-%m-%d", 86_400),
    "iso_ampm": _form("%Y-%m-%d %I:%M %p", 60),
    "iso_ampm_small": TimeForm(
        "iso_ampm_small", lambda w: w.strftime("%Y-%m-%d ") + w.strftime("%I:%M:%S%p").lower().lstrip("0")
    ),
    "slash_ymd": _form("%Y/%m/%d %H:%M", 60),
    "dot_ymd": _form("%Y.%m.%d %H:%M:%S", 1),
    "compact": _form("%Y%m%d", 86_400),
}
ZONES = {
    "zone_est": TimeForm("zone_est", _zone_words("America/New_York", "%Y-%m-%d %H:%M:%S %Z")),
    "zone_pst_us": TimeForm("zone_pst_us", _zone_words("America/Los_Angeles", "%m/%d/%Y %I:%M %p %Z"), 60, "md"),
    "zone_cet": TimeForm("zone_cet", _zone_words("Europe/Berlin", "%d.%m.%Y %H:%M %Z"), 60, "dm"),
    "zone_utc": TimeForm("zone_utc", lambda w: w.strftime("%Y-%m-%d %H:%M:%S UTC")),
    "zone_gmt_plus": TimeForm("zone_gmt_plus", lambda w: (w + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M GMT+2"), 60),
    "zone_ist": TimeForm("zone_ist", _zone_words("Asia/Kolkata", "%Y-%m-%d %H:%M:%S IST"), needs="zone_names"),
}
DAY_FIRST = {
    "dot_dmy_s": _form("%d.%m.%Y %H:%M:%S", 1, "dm"),
    "dot_dmy_m": _form("%d.%m.%Y %H:%M", 60, "dm"),
    "dot_dmy_comma": _form("%d.%m.%Y, %H:%M", 60, "dm"),
    "dot_dmy": _form("%d.%m.%Y", 86_400, "dm"),
    "dot_loose": _loose(".", "dm", 4, " %H:%M", 60),
    "slash_dmy_m": _form("%d/%m/%Y %H:%M", 60, "dm"),
    "slash_dmy_ampm": _form("%d/%m/%Y %I:%M %p", 60, "dm"),
    "slash_dmy": _form("%d/%m/%Y", 86_400, "dm"),
    "dash_dmy_m": _form("%d-%m-%Y %H:%M", 60, "dm"),
    "dash_dmy": _form("%d-%m-%Y", 86_400, "dm"),
}
MONTH_FIRST = {
    "slash_mdy_ampm": _form("%m/%d/%Y %I:%M %p", 60, "md"),
    "slash_mdy_ampm_s": _form("%m/%d/%Y %I:%M:%S %p", 1, "md"),
    "slash_mdy_m": _form("%m/%d/%Y %H:%M", 60, "md"),
    "slash_mdy": _form("%m/%d/%Y", 86_400, "md"),
    "slash_mdy_loose": _loose("/", "md", 4, " %I:%M %p", 60),
    "slash_mdy_loose_day": _loose("/", "md", 4, "", 86_400),
}
TWO_DIGITS = {
    "slash_dmy2": _form("%d/%m/%y", 86_400, "dm"),
    "dot_dmy2_m": _form("%d.%m.%y %H:%M", 60, "dm"),
    "dot_dmy2": _form("%d.%m.%y", 86_400, "dm"),
    "slash_mdy2": _form("%m/%d/%y", 86_400, "md"),
    "slash_mdy2_ampm": _form("%m/%d/%y %I:%M %p", 60, "md"),
    "slash_mdy2_loose": _loose("/", "md", 2, "", 86_400),
    "slash_mdy2_loose_m": _loose("/", "md", 2, " %H:%M", 60),
}
SINCE = {
    "epoch_s": TimeForm("epoch_s", lambda w: str(int(w.timestamp()))),
    "epoch_ms": TimeForm("epoch_ms", lambda w: str(int(w.timestamp()) * 1000)),
    "excel_serial": TimeForm("excel_serial", _serial, 2),
    "excel_serial_comma": TimeForm("excel_serial_comma", lambda w: _serial(w).replace(".", ","), 2),
    "excel_days": TimeForm("excel_days", _serial_day, 86_400),
}


def month_forms() -> dict[str, TimeForm]:
    """Return the forms with names of months, by language."""
    found = {}
    for language in MONTHS:
        found[f"month_{language}_long"] = _month_form(language, "{d} {m} {y} {c}", 60, short=False)
        found[f"month_{language}_short"] = _month_form(language, "{d} {m} {y}", 86_400, short=True)
    found["month_de_point"] = _month_form("de", "{d}. {m} {y}, {c}", 60, short=False)
    found["month_en_us"] = _month_form("en", "{m} {d}, {y} {p}", 60, short=True)
    found["month_en_us_day"] = _month_form("en", "{m} {d}, {y}", 86_400, short=False)
    found["month_en_oracle"] = _month_form("en", "{d:02d}-{m}-{y2:02d}", 86_400, short=True)
    found["month_es_de"] = _month_form("es", "{d} de {m} de {y}", 86_400, short=False)
    return found


GROUPS: dict[str, dict[str, TimeForm]] = {
    "iso": ISO,
    "zone_names": ZONES,
    "day_first": DAY_FIRST,
    "month_first": MONTH_FIRST,
    "two_digit_years": TWO_DIGITS,
    "since": SINCE,
    "month_names": month_forms(),
}


def truncated(when: datetime, exact: int) -> datetime:
    """Return what a form of this exactness keeps of a moment."""
    if exact >= 86_400:
        return when.replace(hour=0, minute=0, second=0)
    return when.replace(second=0) if exact == 60 else when


def as_moment(day: object) -> datetime:
    """Return the start of a day (UTC)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)  # type: ignore[attr-defined]
