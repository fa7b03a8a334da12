"""What a catalogue of sentences must hold to be used: shape, parts that may stand in a text, words that may not.

All that is wrong is found at once. Left out: style and grammar, which are the company's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from typing import Any

from leadq.foundation.problems import Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_reader import first_problems
from leadq.foundation.yaml_scalars import flag_advice, flag_of, number_of
from leadq.foundation.yaml_tree import Document, contents, shortened
from leadq.serving.words.wording_rules import FORBIDDEN, MOST_PATTERN, PART, Place, check_words

__all__ = ["FORBIDDEN", "MOVES", "PART", "check_document"]

STYLES = ("text", "whole", "days", "share", "number", "amount", "flag", "ago")
CASES = ("missing", "zero", "one", "negative", "value")
_ENTRY_KEYS = {"match", "label", "style", "words", "add", *CASES}
MOVES = {
    "lead": {"tier", "fact", "Fact"},
    "lead_family": {"tier", "fact", "Fact"},
    "model": {"tier"},
    "anchor": {"tier"},
    "rule": {"tier", "rule"},
    "rule_ended": {"tier", "rule"},
    "agreement": {"tier", "version"},
    "second_night": {"tier"},
}
"""Texts of a tier's move, and the parts that may stand in them."""
_PART_OF_MOVE = re.compile(r"\{(\w+)\}")
_EVIDENCE = {"long": 60, "short": 40}
"""Characters beside the parts; the short form must leave room for the fact."""
_MAX_TEXT = 80
_MAX_NAME = 48
_SHAPE: dict[str, tuple[str, ...]] = {
    "evidence": ("long", "short"),
    "strength": ("strong", "moderate", "slight"),
    "flag": ("yes", "no"),
    "ago": ("past", "today", "future"),
    "kinds": (),
    "families": (),
}
_OF_PATTERN = {"kind_name", "kind_done", "field_words"}


def check_document(document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Return a catalogue of sentences as it is used, and all that is wrong with it, with lines.

    Returns
    -------
    document : dict
        Dicts, lists and texts as they stand in the file; ``add`` is a flag, ``version`` a whole number. A key without a
        value is not there. To be used only where nothing is wrong.
    problems : list of Problem
    """
    found: dict[str, Any] = contents(document.root, keep_empty=False)
    problems = first_problems(_check_parts(found, Place(document=document)), where=document.where)
    if not problems:
        found["version"] = 1
        for entry in found["features"]:
            if "add" in entry:
                entry["add"] = flag_of(entry["add"])
    return found, problems


def _check_parts(document: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    expected = {"version", "unknown", "features", "moves", *_SHAPE}
    yield from _check_keys(document, expected, place)
    if number_of(str(document.get("version"))) != 1:
        yield place.at("version").problem("must be 1", document.get("version"), "Start from the default file.")
    for key, names in _SHAPE.items():
        part = document.get(key)
        if not isinstance(part, Mapping):
            yield place.at(key).problem("must be a mapping", part, "Copy it from the default file.")
            continue
        for name in names:
            if not isinstance(part.get(name), str):
                yield place.at(key).problem(
                    f"must hold a text {name!r}", part.get(name), "Copy it from the default file."
                )
    yield from _check_evidence(_texts(document, "evidence"), place.at("evidence"))
    yield from _check_unknown(document.get("unknown"), place.at("unknown"))
    yield from _check_small_words(document, place)
    yield from _check_kinds(_texts(document, "kinds"), place.at("kinds"))
    for pattern, label in _texts(document, "families").items():
        allowed = {*PART.findall(str(pattern)), *_OF_PATTERN}
        yield from _check_text(label, place.at("families").at(str(pattern)), allowed, most=_MAX_NAME)
    yield from _check_moves(document.get("moves", {}), place.at("moves"))
    yield from _check_features(document.get("features"), place.at("features"))


def _check_keys(found: Mapping[str, Any], known: Set[str], place: Place) -> Iterator[Problem]:
    for key in found:
        if key not in known:
            remedy = f"{did_you_mean(key, known)}Use {', '.join(sorted(known))}."
            yield place.at(key).problem("must hold only known keys", key, remedy)


def _texts(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = document.get(key)
    return part if isinstance(part, Mapping) else {}


def _check_features(features: object, place: Place) -> Iterator[Problem]:
    if not isinstance(features, list) or not features:
        yield place.problem("must be a list of entries", features, "Copy it from the default file.")
        return
    for number, entry in enumerate(features):
        name = f"entry {number + 1}"
        match = f" ({shortened(str(entry.get('match')))})" if isinstance(entry, Mapping) else ""
        yield from _check_entry(entry, place.at(number, name + match))
    last = features[-1]
    if not (isinstance(last, Mapping) and last.get("match") == "{field}"):
        yield place.problem("the last entry must fit every feature", last, "End with match: '{field}'.")


def _check_evidence(forms: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    for name, most in _EVIDENCE.items():
        form = forms.get(name)
        if isinstance(form, str):
            yield from check_words(form, place.at(name), most=most)
            if sorted(PART.findall(form)) != ["base", "fact", "n", "rate"]:
                rule = "must name {fact}, {rate}, {n} and {base} once each"
                yield place.at(name).problem(rule, form, "Add what is missing.")


def _check_unknown(unknown: object, place: Place) -> Iterator[Problem]:
    if not isinstance(unknown, str) or "{label}" not in unknown:
        yield place.problem("must be a text with {label}", unknown, "Copy it from the default file.")
    else:
        yield from _check_text(unknown, place, {"label"}, most=_MAX_NAME)


def _check_small_words(document: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    for key in ("strength", "flag", "ago"):
        for name, text in _texts(document, key).items():
            if not isinstance(text, str):
                continue  # said already where it is needed
            here = place.at(key).at(str(name))
            yield from _check_text(text, here, {"n"} if key == "ago" else set(), most=_MAX_NAME)
            if key == "ago" and name in ("past", "future") and "{n}" not in text:
                yield here.problem("must name the number of days", text, "Write {n}.")


def _check_moves(moves: object, place: Place) -> Iterator[Problem]:
    if moves == {}:  # a file from before there were moves has the default texts
        return
    texts = moves if isinstance(moves, Mapping) else {}
    yield from _check_keys(texts, MOVES.keys(), place)
    for name, allowed in sorted(MOVES.items()):
        text = texts.get(name)
        parts = _PART_OF_MOVE.findall(text) if isinstance(text, str) else []
        if "tier" not in parts or set(parts) - allowed:
            remedy = f"Write {', '.join(f'{{{part}}}' for part in sorted(allowed))}, or copy it from the default file."
            yield place.at(name).problem(f"must hold a text {name!r} with {{tier}} and known parts", text, remedy)
            continue
        yield from check_words(_PART_OF_MOVE.sub("", str(text)), place.at(name), most=_MAX_TEXT)


def _check_kinds(kinds: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    for kind, said in kinds.items():
        here = place.at(str(kind))
        if not isinstance(said, Mapping) or set(said) - {"name", "done"}:
            yield here.problem("must hold name and done", said, "Write {name: demo request, done: Asked for a demo}.")
            continue
        for key, text in said.items():
            yield from _check_text(text, here.at(str(key)), set(), most=_MAX_NAME)


def _check_entry(entry: object, place: Place) -> Iterator[Problem]:
    if not isinstance(entry, Mapping):
        yield place.problem("must be a mapping", entry, "Write match, label and value.")
        return
    yield from _check_keys(entry, _ENTRY_KEYS, place)
    for key in ("match", "label", "value"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            yield place.at(key).problem(f"must hold a text {key!r}", entry.get(key), "Add it.")
    if entry.get("style", "text") not in STYLES:
        remedy = f"{did_you_mean(str(entry['style']), STYLES)}Use one of {', '.join(STYLES)}."
        yield place.at("style").problem("style must be known", entry["style"], remedy)
    if "add" in entry and (not isinstance(entry["add"], str) or flag_of(entry["add"]) is None):
        yield place.at("add").problem("must be true or false", entry["add"], flag_advice(str(entry["add"])))
    yield from _check_match(str(entry.get("match")), place.at("match"))
    yield from _check_texts(entry, place)


def _check_texts(entry: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    allowed = {*PART.findall(str(entry.get("match"))), "meaning", *_OF_PATTERN}
    for key in ("label", *CASES):
        if entry.get(key):
            parts = allowed if key == "label" else {*allowed, "value"}
            yield from _check_text(entry[key], place.at(key), parts, most=_MAX_TEXT)
    words = entry.get("words") or {}
    if not isinstance(words, Mapping):
        yield place.at("words").problem("must be a mapping", words, "Write {raw value: words}.")
        return
    for raw, said in words.items():
        here = place.at("words").at(raw)
        if isinstance(said, str):
            yield from check_words(said, here, most=_MAX_NAME)
        else:
            yield here.problem("must be a text", said, "Write one text.")


def _check_match(match: str, place: Place) -> Iterator[Problem]:
    if len(match) > MOST_PATTERN:
        yield place.problem(f"must be at most {MOST_PATTERN} characters", match, "Shorten it.")
        return
    parts = Counter(PART.findall(match))
    for part, times in parts.items():
        if times > 1 or part not in ("kind", "field", "days"):
            yield place.problem(
                "may hold {kind}, {field} and {days}, each once", match, "See the head of the default file."
            )


def _check_text(text: object, place: Place, allowed: Set[str], *, most: int) -> Iterator[Problem]:
    if not isinstance(text, str):
        yield place.problem("must be a text", text, "Put it in quotes.")
        return
    yield from check_words(text, place, most=most)
    for part in PART.findall(text):
        if part not in allowed:
            named = ", ".join(f"{{{one}}}" for one in sorted(allowed)) or "no part in braces"
            yield place.problem("may name only known parts", part, f"Use {named}.")
