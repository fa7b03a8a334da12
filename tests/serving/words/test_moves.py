"""How a tier's move is said, and by whose words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from leadq.foundation.problems import ConfigError
from leadq.serving.words.sentence_rules import MOVES
from leadq.serving.words.sentences import Sentences, read_sentences
from leadq.serving.words.text import uncapitalised


@pytest.fixture
def document() -> dict[str, Any]:
    text = (Path(__file__).parents[3] / "serving" / "words" / "sentences.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def written(document: dict[str, Any], folder: Path) -> Path:
    path = folder / "words.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


def test_every_cause_has_a_text_that_names_the_tier() -> None:
    said = read_sentences()
    for why in MOVES:
        sentence = said.move(why, tier="T1", fact="Asked for a demo", rule="hand_raiser", version=5)
        assert sentence.startswith("To T1: ")
        assert len(sentence) <= 100
    assert said.move("lead", tier="T1", fact="Asked for a demo") == "To T1: asked for a demo"
    assert said.move("rule", tier="T1", rule="hand_raiser") == "To T1: agreed rule hand raiser"
    assert said.move("agreement", tier="T2", version=5) == "To T2: agreement version 5"


def test_a_fact_is_put_in_and_never_looked_into() -> None:
    sentence = read_sentences().move("lead", tier="T1", fact="Came from {tier} {rule} " + "x" * 200)
    assert sentence.startswith("To T1: came from {tier} {rule} xxx")
    assert len(sentence) == 100


@pytest.mark.parametrize(
    ("text", "said"),
    [("Company's size", "company's size"), ("IT budget is 3", "IT budget is 3"), ("", ""), ("7 days", "7 days")],
)
def test_a_plain_first_word_begins_small(text: str, said: str) -> None:
    assert uncapitalised(text) == said


def test_a_company_translates_them_and_keeps_its_nouns(document: dict[str, Any], tmp_path: Path) -> None:
    document["moves"]["lead"] = "Nach {tier}: {Fact}"
    said = read_sentences(written(document, tmp_path))
    assert said.move("lead", tier="T1", fact="Demo angefragt") == "Nach T1: Demo angefragt"


def test_an_older_file_of_a_company_has_the_default_texts(document: dict[str, Any], tmp_path: Path) -> None:
    del document["moves"]
    said: Sentences = read_sentences(written(document, tmp_path))
    assert said.move("model", tier="T2") == "To T2: a new model"


def test_what_is_wrong_with_the_texts_is_said_at_once(document: dict[str, Any], tmp_path: Path) -> None:
    document["moves"] |= {
        "lead": "{fact}",
        "model": "To {tier} because of a new model",
        "rule": "To {tier}: {fact}",
        "luck": "To {tier}",
    }
    del document["moves"]["agreement"]
    with pytest.raises(ConfigError) as refused:
        read_sentences(written(document, tmp_path))
    said = str(refused.value)
    for part in ("'lead'", "because", "'rule'", "'luck'", "'agreement'"):
        assert part in said
