"""The catalogue of sentences: complete, checked as a whole, replaceable."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
import yaml

from leadq.features.catalogue import Feature
from leadq.foundation.problems import ConfigError
from leadq.serving.words.feature_values import case_of, category_text, fact, number_text
from leadq.serving.words.sentence_rules import FORBIDDEN
from leadq.serving.words.sentences import MAX_SENTENCE, Sentences, read_sentences

DEFAULT = resources.files("leadq.serving.words").joinpath("sentences.yaml").read_text(encoding="utf-8")
FEATURES = (
    "company_industry company_employees company_revenue company_country company_fits_ideal person_seniority person_function "
    "person_email_kind person_country source_name source_campaign intent_demo_request_count_7d intent_demo_request_active_days_30d "
    "intent_W_Nabellen_days_since intent_x_trend engagement_count_30d engagement_active_days_7d engagement_days_since "
    "engagement_trend engagement_kinds_30d account_people account_people_active_30d account_events_30d history_leads history_wins "
    "history_losses history_wins_180d timing_age_days timing_weekday timing_hour completeness_share qualification_budget "
    "own_lead_amount_req own_account_region something_nobody_thought_of"
)


def sentence_feature(name: str, kind: str = "number", unit: str = "count", meaning: str = "calls so far") -> Feature:
    return Feature(name=name, family="any", kind=kind, unit=unit, source="", meaning=meaning, known_because="")


@pytest.fixture(scope="module")
def default_sentences() -> Sentences:
    return read_sentences()


@pytest.mark.parametrize("name", [*FEATURES.split(" company", maxsplit=1)[0].split(), *FEATURES.split()])
def test_every_feature_has_a_sentence_without_its_name(default_sentences: Sentences, name: str) -> None:
    wording = default_sentences.wording(sentence_feature(name))
    for case in ("missing", "zero", "one", "negative", "value"):
        said = default_sentences.sentence(fact(wording, case, "x" * 40), {"rate": "31 %", "n": "1,412", "base": "12 %"})
        assert len(said) <= MAX_SENTENCE
        assert "{" not in said
        assert "_" not in said
        assert not [word for word in FORBIDDEN if word in said.lower()]


def test_the_fact_comes_first_and_then_the_evidence(default_sentences: Sentences) -> None:
    wording = default_sentences.wording(sentence_feature("source_name", "category"))
    said = fact(wording, "value", category_text("partner_referral", wording))
    sentence = default_sentences.sentence(said, {"rate": "31 %", "n": "412", "base": "12 %"})
    assert sentence == "Came from a partner referral: 31 % of 412 such leads were won, against 12 % overall"


def test_a_long_fact_takes_the_short_evidence_and_then_is_cut(default_sentences: Sentences) -> None:
    figures = {"rate": "31 %", "n": "412", "base": "12 %"}
    assert default_sentences.sentence("f" * 60, figures) == "f" * 60 + " (31 % of 412 won, 12 % overall)"
    cut = default_sentences.sentence("f" * 200, figures)
    assert len(cut) == MAX_SENTENCE
    assert cut.endswith("… (31 % of 412 won, 12 % overall)")


@pytest.mark.parametrize(
    ("name", "unit", "value", "said"),
    [
        ("company_employees", "employees", 1200.0, "Company has 1,200 employees"),
        ("company_employees", "employees", float("nan"), "Company size not known"),
        ("company_revenue", "currency", 2_500_000.0, "Company has 2.5 million annual revenue"),
        ("intent_demo_request_count_30d", "count", 0.0, "No demo request in the last 30 days"),
        ("intent_demo_request_count_30d", "count", 1.0, "Asked for a demo once in the last 30 days"),
        ("intent_W_Nabellen offertes_count_7d", "count", 3.0, "W Nabellen offertes 3 times in the last 7 days"),
        ("intent_web_visit_trend", "events a week", -1.5, "Visited the web site: less often than before"),
        ("completeness_share", "share", 0.75, "75 % of the facts about this lead are filled in"),
        ("timing_weekday", "0 = Monday", 4.0, "Came in on a Friday"),
        ("own_lead_newsletter", "0/1", 1.0, "Newsletter is yes"),
        ("own_account_renewal", "days before as-of", 12.0, "Company's renewal is 12 days ago"),
        ("own_account_renewal", "days before as-of", -3.0, "Company's renewal is in 3 days"),
        ("novel_thing", "count", 3.0, "Calls so far: 3"),
    ],
)
def test_numbers_are_said_as_people_say_them(
    default_sentences: Sentences, name: str, unit: str, value: float, said: str
) -> None:
    wording = default_sentences.wording(sentence_feature(name, unit=unit))
    text = "" if value != value else number_text(value, wording, default_sentences)
    assert fact(wording, case_of(value, wording), text) == said


def test_a_value_is_never_looked_into(default_sentences: Sentences) -> None:
    wording = default_sentences.wording(sentence_feature("source_name", "category"))
    assert fact(wording, "value", category_text("{meaning}{value}", wording)) == "Came from {meaning}{value}"


def test_all_that_is_wrong_with_a_file_is_said_at_once(tmp_path: Path) -> None:
    document = yaml.safe_load(DEFAULT)
    document["evidence"]["long"] = "{fact}: increases the chance to {rate}"
    document["features"][0]["value"] = "In {industry} because of {value}"
    document["features"][1]["style"] = "loud"
    document["features"][2]["vaule"] = "typo"
    document["features"].pop()
    document["kinds"]["demo_request"] = "demo"
    del document["strength"]["slight"]
    path = tmp_path / "saetze.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_sentences(path)
    told = "\n".join(map(str, caught.value.problems))
    for expected in (
        "increases the chance",
        "{n}",
        "industry",
        "because",
        "loud",
        "vaule",
        "demo_request",
        "slight",
        "{field}",
    ):
        assert expected in told, expected
    assert all(problem.where.startswith("saetze.yaml") and problem.remedy for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("company: Company", "company: Best because big", "families, company: must not claim a cause"),
        ("company: Company", "company: '{size} company'", "families, company: may name only known parts, got 'size'"),
        ("done: Asked for a demo}", "done: Asked thanks to us}", "kinds, demo_request, done: must not claim a cause"),
        ("syndication: content syndication", "syndication: 'intent_web_count'", "must not name a feature or a column"),
        ("ago: {past: \"{n} days ago\"", "ago: {past: days ago", "ago, past: must name the number of days"),
        ("{label} not known: add it", "{label} results in nothing", "unknown: must not claim a cause"),
        ("strong: strong,", "strong: high logit,", "strength, strong: must not claim a cause"),
        ("({rate} of {n} won, {base} overall)", "({rate} of all the {n} such leads were won, but only {base} overall)", "at most 40"),
        ("match: engagement_trend", "match: '{days}engagement{days}'", "each once"),
    ],
)  # fmt: skip
def test_every_text_is_checked_and_its_line_named(tmp_path: Path, was: str, now: str, expected: str) -> None:
    assert was in DEFAULT
    path = tmp_path / "saetze.yaml"
    path.write_text(DEFAULT.replace(was, now, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_sentences(path)
    (told,) = {str(problem) for problem in caught.value.problems}
    assert expected in told
    line = next(number for number, text in enumerate(DEFAULT.splitlines(), start=1) if was in text)
    assert told.startswith(f"saetze.yaml line {line} ")


def test_a_key_that_stands_twice_is_said(tmp_path: Path) -> None:
    path = tmp_path / "saetze.yaml"
    path.write_text(DEFAULT.replace("families:", "families:\n  company: One\n", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match="must not be given twice"):
        read_sentences(path)


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "version: 1"])
def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sentences.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        read_sentences(path)


def test_a_company_can_say_it_in_its_own_words(tmp_path: Path) -> None:
    document = yaml.safe_load(DEFAULT)
    document["features"].insert(0, {"match": "source_name", "label": "Herkunft", "value": "Kam über {value}"})
    path = tmp_path / "saetze.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    wording = read_sentences(path).wording(sentence_feature("source_name", "category"))
    assert fact(wording, "value", "Messe") == "Kam über Messe"
