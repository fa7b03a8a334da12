"""Names of countries in every language that pycountry has, and those in use."""

from __future__ import annotations

import pycountry
import pytest

from leadq.features.meaning.countries import code_by_name, share_of_countries, spellings_of, ways_to_write
from leadq.features.meaning.spelling_keys import folded


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("DE", "Germany, DE, DEU, Deutschland, Allemagne, Alemania, Germania, Niemcy, Duitsland, Tyskland, Saksa, 276"),
        ("GB", "United Kingdom, UK, GB, GBR, U.K., England, Vereinigtes Königreich, Royaume-Uni"),
        ("US", "USA, U.S.A., United States, Vereinigte Staaten, États-Unis, Etats-Unis, Estados Unidos, Stati Uniti"),
        ("AT", "Austria, Österreich, Osterreich, Oesterreich, Autriche"),
        (
            "KR",
            "South Korea, Korea, Korea, Republic of, Republic of Korea, Südkorea".replace("Korea, Rep", "Korea Rep"),
        ),
        ("TR", "Türkiye, Turkey, Türkei, TR"),
        ("CZ", "Czechia, Czech Republic, Tschechien"),
        ("NL", "Netherlands, The Netherlands, Holland, Niederlande, Pays-Bas"),
    ],
)
def test_names_of_one_country_are_one(code: str, names: str) -> None:
    known = code_by_name()
    found = {name: known.get(folded(name)) for name in names.split(", ") if name != "Korea Republic of"}
    assert set(found.values()) == {code}, found


def test_every_code_and_english_name_of_the_library_is_its_country() -> None:
    known = code_by_name()
    for one in pycountry.countries:
        for kind in ("alpha_2", "alpha_3", "name", "common_name"):
            if name := getattr(one, kind, None):
                assert known.get(folded(name)) == one.alpha_2, name


def test_countries_that_sound_alike_stay_apart() -> None:
    pairs = [("Niger", "Nigeria"), ("Austria", "Australia"), ("Guinea", "Guinea-Bissau"), ("Slovakia", "Slovenia")]
    pairs += [
        ("Dominica", "Dominican Republic"),
        ("Ireland", "Iceland"),
        ("Congo", "Congo, The Democratic Republic of the"),
    ]
    known = code_by_name()
    for one, other in pairs:
        assert known[folded(one)] != known[folded(other)]
        assert not set(spellings_of(folded(one))) & set(spellings_of(folded(other)))


def test_a_name_of_no_country_is_itself() -> None:
    assert spellings_of("north-west") == ("north-west",)
    assert share_of_countries({"de": 8, "france": 1, "north-west": 1}) == pytest.approx(0.9)
    assert share_of_countries({}) == 0


def test_accents_may_be_left_out() -> None:
    assert ways_to_write("Zarządu Größe") == ("zarządu größe", "zarzadu grosse", "zarządu groesse")
