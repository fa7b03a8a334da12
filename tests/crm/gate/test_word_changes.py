"""Which word of training a new word is: written alike, or as many rows; and what is left to people."""

from __future__ import annotations

import pytest

from leadq.crm.gate.field_profiles import FieldProfile
from leadq.crm.gate.profile_fields import ValueCount
from leadq.crm.gate.word_changes import WordChange, word_change

THEN = {"Cold call": 460, "Referral": 458, "Trade fair": 459, "Web form": 1300}
NEWEST = {"Cold call": 20, "Referral": 30, "Trade fair": 40, "Web form": 110}


def change(words: dict[str, str], *, of_new_leads_only: bool = False, counted: bool = True) -> WordChange:
    """Rename words of all leads, or of the newest."""
    known_rows = tuple(THEN.values()) if counted else ()
    profile = FieldProfile(
        entity="lead", name="source", type="category", rows=200, missing=0, known=tuple(THEN), known_rows=known_rows
    )
    newest = {words.get(word, word): rows for word, rows in NEWEST.items()}
    rows = THEN if of_new_leads_only else {words.get(word, word): rows for word, rows in THEN.items()}
    return word_change(profile, ValueCount(newest=newest, rows=rows))


@pytest.mark.parametrize(
    "write", [str.upper, lambda word: word.lower().replace(" ", "_"), lambda word: f" {word} ", lambda word: f"{word}!"]
)
@pytest.mark.parametrize("of_new_leads_only", [True, False])
@pytest.mark.parametrize("counted", [True, False], ids=["counted", "of a model from before rows were counted"])
def test_words_written_otherwise_are_told_from_their_letters(
    write: object, *, of_new_leads_only: bool, counted: bool
) -> None:
    words = {word: write(word) for word in THEN}  # type: ignore[operator]
    found = change(words, of_new_leads_only=of_new_leads_only, counted=counted)
    assert dict(found.renamed) == {new: old for old, new in words.items()}
    assert (found.new, found.gone) == ((), ())
    assert (found.leads, found.of, found.share) == (200, 200, 1.0)
    assert found.to_document()["renamed"] == dict(found.renamed)


def test_translated_words_are_told_from_how_many_rows_have_them() -> None:
    words = {"Cold call": "Kaltakquise", "Referral": "Empfehlung", "Trade fair": "Messe", "Web form": "Webformular"}
    assert dict(change(words).renamed) == {new: old for old, new in words.items()}


def test_words_of_which_several_have_as_many_rows_are_left_to_people() -> None:
    words = {"Cold call": "Kaltakquise", "Referral": "Empfehlung", "Trade fair": "Messe", "Web form": "Webformular"}
    profile = FieldProfile(
        entity="lead",
        name="source",
        type="category",
        rows=200,
        missing=0,
        known=tuple(THEN),
        known_rows=(450, 450, 450, 1300),
    )
    newest = {words[word]: rows for word, rows in NEWEST.items()}
    rows = dict(zip(words.values(), (450, 450, 450, 1300), strict=True))
    found = word_change(profile, ValueCount(newest=newest, rows=rows))
    assert found.renamed == (("Webformular", "Web form"),)
    assert found.new == ("Messe", "Empfehlung", "Kaltakquise")
    assert found.gone == ("Cold call", "Referral", "Trade fair")


def test_a_word_that_is_new_beside_those_that_were_known_is_no_other_word() -> None:
    profile = FieldProfile(
        entity="lead",
        name="source",
        type="category",
        rows=200,
        missing=0,
        known=tuple(THEN),
        known_rows=tuple(THEN.values()),
    )
    found = word_change(profile, ValueCount(newest={**NEWEST, "Podcast": 30}, rows=THEN))
    assert (found.renamed, found.new, found.gone) == ((), ("Podcast",), ())
    assert found.share == 30 / 230


def test_a_word_of_training_that_old_leads_still_have_did_not_become_another() -> None:
    """A new list for new leads: how many rows have its words tells nothing of the former ones."""
    words = {"Referral": "Empfehlung"}
    found = change(words, of_new_leads_only=True)
    assert (found.renamed, found.new) == ((), ("Empfehlung",))


def test_two_words_of_training_that_are_written_alike_are_not_guessed_between() -> None:
    known = ("Web form", "web-form")
    profile = FieldProfile(
        entity="lead", name="source", type="category", rows=10, missing=0, known=known, known_rows=(50, 50)
    )
    found = word_change(profile, ValueCount(newest={"WEB FORM": 10}, rows={"WEB FORM": 100}))
    assert (found.renamed, found.new) == ((), ("WEB FORM",))


def test_columns_that_changed_places_are_named_and_their_words_not_paired() -> None:
    profile = FieldProfile(
        entity="lead",
        name="source",
        type="category",
        rows=200,
        missing=0,
        known=tuple(THEN),
        known_rows=tuple(THEN.values()),
    )
    other = FieldProfile(entity="lead", name="plan", type="category", rows=200, missing=0, known=("Basic", "Team"))
    found = word_change(
        profile, ValueCount(newest={"Basic": 150, "Team": 50}, rows={"Basic": 1300, "Team": 1377}), [profile, other]
    )
    assert (found.renamed, found.new, found.other_column) == ((), ("Basic", "Team"), "leads.plan")
