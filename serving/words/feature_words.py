"""Words that a feature brings with it: those of groups of other packages, kept in the model; checked like a company's own sentences.

A company's ``sentences.yaml`` has the last word: an entry that fits the feature's name goes before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from leadq.features.catalogue import Feature, FeatureWords
from leadq.foundation.problems import Problem
from leadq.foundation.yaml_reader import parse_yaml
from leadq.serving.words.sentence_rules import CASES, STYLES
from leadq.serving.words.wording_rules import PART, Place, check_words

_MOST = 80
_REMEDY = "Install a version of the package that fixes it, or remove the group from features: groups in params.yaml."


def entry_of(words: FeatureWords) -> Mapping[str, Any]:
    """Return the words as an entry of ``sentences.yaml``; what is empty is left out."""
    return {name: value for name, value in asdict(words).items() if value}


def feature_words_problems(features: Iterable[Feature]) -> tuple[Problem, ...]:
    """Find what is wrong with the words that features bring: too long, claiming a cause, naming a column, an unknown part.

    The meaning of a feature of another package is held to the same, for sales reads it where there are no words.
    """
    return tuple(
        problem for feature in features for problem in (*_wrong_meaning(feature), *_wrong(feature, feature.words))
    )


def _wrong_meaning(feature: Feature) -> Iterator[Problem]:
    where = f"feature group {feature.group}, meaning of {feature.name}"
    if feature.group:
        for problem in check_words(feature.meaning, Place(document=parse_yaml("", where=where)), most=_MOST):
            yield replace(problem, where=where, remedy=_REMEDY)


def _wrong(feature: Feature, words: FeatureWords | None) -> Iterator[Problem]:
    if words is None:
        return
    where = f"feature group {feature.group}, words of {feature.name}"
    place = Place(document=parse_yaml("", where=where))
    for name in ("label", *CASES):
        text = getattr(words, name)
        if not isinstance(text, str) or (name in ("label", "value") and not text.strip()):
            yield Problem(where=where, rule=f"must hold a text {name!r}", value=repr(text)[:80], remedy=_REMEDY)
            continue
        for problem in check_words(text, place, most=_MOST):
            yield replace(problem, where=f"{where}, {name}", remedy=_REMEDY)
        for part in PART.findall(text):
            if part != "value" or name == "label":
                yield Problem(where=f"{where}, {name}", rule="may name only {value}", value=part, remedy=_REMEDY)
    if words.style not in ("", *STYLES):
        rule = f"style must be one of {', '.join(STYLES)}"
        yield Problem(where=where, rule=rule, value=str(words.style)[:80], remedy=_REMEDY)
