"""Names of countries: ISO codes, names, official and common names, in every language that pycountry has, and those that people use.

Only training asks: the spellings of the countries that a model knows are frozen in its catalogue. A name that two countries share says
nothing, unless it is a code, or a name in use, of one of them.
"""

from __future__ import annotations

import gettext
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

from leadq.features.meaning.spelling_keys import folded

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "å": "a", "ł": "l"})


def ways_to_write(name: str) -> tuple[str, ...]:
    """Return a name's key as it is, without its accents, and with two letters for an umlaut; each once.

    >>> ways_to_write("Österreich")
    ('österreich', 'osterreich', 'oesterreich')
    """
    key = folded(name)
    if key.isascii():
        return (key,)
    bare = "".join(one for one in unicodedata.normalize("NFKD", key) if not unicodedata.combining(one))
    bare = unicodedata.normalize("NFC", bare.translate(_UMLAUTS))
    return tuple(dict.fromkeys((key, bare, key.translate(_UMLAUTS))))


@cache
def code_by_name() -> dict[str, str]:
    """Map every key of a name (:func:`ways_to_write`) to the country's ISO code of two letters."""
    found: dict[str, str] = {}
    for names in (_codes(), _in_use(), _english(), _translated()):
        new: dict[str, str] = {}
        shared: set[str] = set()
        for code, name in dict.fromkeys(names):
            for key in ways_to_write(name):
                if key and key not in found and new.setdefault(key, code) != code:
                    shared.add(key)
        found.update((key, code) for key, code in new.items() if key not in shared)
    return found


@cache
def _names_by_code() -> dict[str, tuple[str, ...]]:
    names: dict[str, list[str]] = {}
    for key, code in code_by_name().items():
        names.setdefault(code, []).append(key)
    return {code: tuple(sorted(keys)) for code, keys in names.items()}


def spellings_of(key: str) -> tuple[str, ...]:
    """Return the keys of all names of the country that ``key`` names; ``key`` alone where it names none."""
    code = code_by_name().get(key)
    return (key,) if code is None else _names_by_code()[code]


def share_of_countries(leads_by_key: Mapping[str, int]) -> float:
    """Return the share of leads, in [0, 1], whose value is the name of a country."""
    known = code_by_name()
    total = sum(leads_by_key.values())
    return sum(leads for key, leads in leads_by_key.items() if key in known) / total if total else 0.0


def _countries() -> Iterable[object]:
    import pycountry  # noqa: PLC0415 - of the extra train; nights do without it

    return pycountry.countries


def _codes() -> Iterator[tuple[str, str]]:
    for one in _countries():
        for kind in ("alpha_2", "alpha_3", "numeric"):
            yield one.alpha_2, getattr(one, kind)  # type: ignore[attr-defined]


def _in_use() -> Iterator[tuple[str, str]]:
    text = (resources.files(__package__) / "country_names.toml").read_text(encoding="utf-8")
    for code, names in tomllib.loads(text).items():
        for name in names.split(", "):
            yield code, name


def _names(country: object) -> Iterator[str]:
    for kind in ("name", "official_name", "common_name"):
        if name := getattr(country, kind, None):
            yield name


def _english() -> Iterator[tuple[str, str]]:
    for one in _countries():
        for name in _names(one):
            yield one.alpha_2, name  # type: ignore[attr-defined]
            before, comma, after = name.partition(", ")
            if comma:  # "Korea, Republic of"
                yield one.alpha_2, f"{after} {before}"  # type: ignore[attr-defined]


def _translated() -> Iterator[tuple[str, str]]:
    import pycountry  # noqa: PLC0415 - as above

    with resources.as_file(resources.files("pycountry") / "locales") as folder:
        for language in sorted(path.name for path in folder.iterdir()):
            try:
                words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
            except OSError:  # a language without names of countries
                continue
            for one in _countries():
                for name in _names(one):
                    yield one.alpha_2, words.gettext(name)  # type: ignore[attr-defined]
