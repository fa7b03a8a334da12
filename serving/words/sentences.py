"""The catalogue of sentences: for every feature the words in which sales hears about it.

Read from a YAML file that a company may replace or translate (``sentences.yaml`` beside this module is the default), checked
whole when read. Which reason is chosen is in ``serving/scoring/reasons/``; how values are written is in ``feature_values.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from leadq.features.catalogue import Catalogue, Feature
from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.yaml_reader import parse_yaml, read_yaml
from leadq.serving.words.feature_words import entry_of
from leadq.serving.words.sentence_rules import PART, check_document
from leadq.serving.words.text import capitalised, shorten, uncapitalised, words

MAX_SENTENCE = 100
_MAX_LABEL = 48
_MISSING = "Restore it, or remove the line sentences: from leadq.yaml to use leadq's own."

Case = Literal["missing", "zero", "one", "negative", "value"]
Style = Literal["text", "whole", "days", "share", "number", "amount", "flag", "ago"]
_STYLE_OF_UNIT: dict[str, Style] = {
    "0/1": "flag",
    "days": "days",
    "share": "share",
    "count": "whole",
    "days before as-of": "ago",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one feature is said: texts by case, in which only ``{value}`` is still open."""

    feature: Feature
    label: str
    texts: Mapping[Case, str]
    style: Style
    words: Mapping[str, str]
    add: bool

    def text(self, case: Case) -> str:
        """Return the text of ``case``; ``value`` serves where there is none of its own."""
        return self.texts.get(case, self.texts["value"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """A checked catalogue of sentences.

    Parameters
    ----------
    document : dict
        The file as read and checked: dicts, lists and texts.
    source : str
        File it came from, for messages.
    """

    document: dict[str, Any]
    source: str

    def wording(self, feature: Feature) -> Wording:
        """Return how ``feature`` is said; the last entry serves whatever no other one fits and brings no words of its own."""
        for entry in self.document["features"]:
            if feature.words is not None and entry["match"] == "{field}":
                return self._wording(feature, entry_of(feature.words), {})
            parts = fit(entry["match"], feature.name)
            if parts is not None:
                return self._wording(feature, entry, parts)
        raise ConfigError(
            Problem(
                where=self.source,
                rule="every feature of the model must have a sentence",
                value=feature.name,
                remedy="Add an entry with match: '{field}' at the end of features.",
            )
        )

    def wordings(self, catalogue: Catalogue) -> tuple[Wording, ...]:
        """Return the wording of every feature, in the order of the catalogue."""
        return tuple(self.wording(feature) for feature in catalogue.features)

    def family_label(self, family: str) -> str:
        """Return the heading of a family."""
        for pattern, label in self.document["families"].items():
            parts = fit(pattern, family)
            if parts is not None:
                return shorten(capitalised(self._filled(label, parts, "")), _MAX_LABEL)
        return capitalised(words(family))

    def renamed(self, feature: str, raw: str) -> str:
        """Return a category's value as the catalogue calls it, else as recorded, with spaces."""
        entry: Mapping[str, Any] = next(
            (one for one in self.document["features"] if fit(one["match"], feature) is not None), {}
        )
        return str((entry.get("words") or {}).get(raw, raw.replace("_", " ")))

    def strength(self, name: str) -> str:
        """Return the word for ``strong``, ``moderate`` or ``slight``."""
        return str(self.document["strength"][name])

    def flag(self, value: bool) -> str:
        """Return the word for yes or no."""
        return str(self.document["flag"]["yes" if value else "no"])

    def ago(self, days: float) -> str:
        """Return the words for a day that lies ``days`` back (ahead, where negative)."""
        name = "today" if days == 0 else "past" if days > 0 else "future"
        return str(self.document["ago"][name]).replace("{n}", f"{abs(days):,.0f}")

    def unknown(self, wording: Wording) -> str:
        """Return how a missing fact worth adding is named."""
        return shorten(str(self.document["unknown"]).replace("{label}", wording.label), MAX_SENTENCE)

    def move(self, why: str, *, tier: str, fact: str = "", rule: str = "", version: int = 0) -> str:
        """Return why a lead is in another tier, at most :data:`MAX_SENTENCE` characters.

        Parameters
        ----------
        why : str
            Of :data:`leadq.serving.words.sentence_rules.MOVES`.
        tier : str
            Where it is now.
        fact : str
            What moved it, where it is the lead itself.
        rule : str
            Name of the agreed rule.
        version : int
            Of the agreement.
        """
        parts = {"tier": tier, "fact": uncapitalised(fact), "Fact": fact, "rule": words(rule), "version": str(version)}
        said = re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], str(self.document["moves"][why]))
        return shorten(said, MAX_SENTENCE)

    def sentence(self, fact: str, evidence: Mapping[str, str] | None) -> str:
        """Return the fact with its evidence, at most :data:`MAX_SENTENCE` characters.

        Parameters
        ----------
        fact : str
            About this lead: ``"Came from a partner referral"``.
        evidence : mapping or None
            ``rate``, ``n`` and ``base`` as text; None where too few such leads are known.
        """
        if evidence is None:
            return shorten(fact, MAX_SENTENCE)
        short = ""
        for form in ("long", "short"):
            short = str(self.document["evidence"][form])
            for name, value in evidence.items():
                short = short.replace("{" + name + "}", value)
            if len(short) - len("{fact}") + len(fact) <= MAX_SENTENCE:
                return short.replace("{fact}", fact)
        said = short.replace("{fact}", shorten(fact, MAX_SENTENCE - len(short) + len("{fact}")))
        return shorten(said, MAX_SENTENCE)

    def fact_of(self, sentence: str) -> str:
        """Return the fact of a sentence without its evidence; a sentence without evidence is its fact."""
        for form in ("long", "short"):
            pattern = re.escape(str(self.document["evidence"][form]))
            for name, part in {"fact": "(?P<fact>.+)", "rate": ".+?", "n": ".+?", "base": ".+?"}.items():
                pattern = pattern.replace(re.escape("{" + name + "}"), part)
            if found := re.fullmatch(pattern, sentence, flags=re.DOTALL):
                return found["fact"]
        return sentence

    def _wording(self, feature: Feature, entry: Mapping[str, Any], parts: Mapping[str, str]) -> Wording:
        cases: tuple[Case, ...] = ("missing", "zero", "one", "negative", "value")
        texts: dict[Case, str] = {
            case: capitalised(self._filled(str(entry[case]), parts, feature.meaning)) for case in cases if case in entry
        }
        label = shorten(capitalised(self._filled(str(entry["label"]), parts, feature.meaning)), _MAX_LABEL)
        texts.setdefault("missing", f"{label}: ?")
        style: Style = entry.get("style", _STYLE_OF_UNIT.get(feature.unit, "number"))
        if feature.kind == "category":
            style = "text"
        renamed = {str(raw): str(said) for raw, said in (entry.get("words") or {}).items()}
        return Wording(
            feature=feature, label=label, texts=texts, style=style, words=renamed, add=bool(entry.get("add", False))
        )

    def _filled(self, text: str, parts: Mapping[str, str], meaning: str) -> str:
        kind = parts.get("kind", "")
        said = self.document["kinds"].get(kind, {})
        known = {
            **parts,
            "kind_name": said.get("name", words(kind)),
            "kind_done": said.get("done", capitalised(words(kind))),
            "field_words": capitalised(words(parts.get("field", "")))
            if text.startswith("{field")
            else words(parts.get("field", "")),
            "meaning": shorten(words(meaning), _MAX_LABEL),
        }
        return PART.sub(lambda found: found[0] if found[1] == "value" else known[found[1]], text)


def fit(pattern: str, name: str) -> dict[str, str] | None:
    """Return the parts of ``name`` where it fits ``pattern``, else None.

    Examples
    --------
    >>> fit("intent_{kind}_count_{days}d", "intent_demo_request_count_30d")
    {'kind': 'demo_request', 'days': '30'}
    """
    expression = ""
    end = 0
    for found in PART.finditer(pattern):
        inner = r"\d+" if found[1] == "days" else ".+"
        expression += re.escape(pattern[end : found.start()]) + f"(?P<{found[1]}>{inner})"
        end = found.end()
    match = re.fullmatch(expression + re.escape(pattern[end:]), name, flags=re.DOTALL)
    return None if match is None else match.groupdict()


def read_sentences(path: Path | None = None) -> Sentences:
    """Read a catalogue of sentences, the default one without ``path``.

    Raises
    ------
    ConfigError
        All that is wrong with the file.
    """
    problems: list[Problem] = []
    if path is None:
        text = resources.files("leadq.serving.words").joinpath("sentences.yaml").read_text(encoding="utf-8")
        document = parse_yaml(text, where="sentences.yaml")
    else:
        document = read_yaml(path, missing=_MISSING, problems=problems)
    found, wrong = check_document(document)
    if problems := [*problems, *wrong]:
        raise ConfigError(problems)
    if not found.get("moves"):  # a company's file from before there were moves
        found["moves"] = read_sentences().document["moves"]
    return Sentences(document=found, source=document.where)
