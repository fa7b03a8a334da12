"""What a catalogue of sentences must hold to be used: shape, parts that may stand in a text, words that may not.

All that is wrong is found at once. Left out: style and grammar, which are the company's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agreement.problems import Problem

PART = re.compile(r"\{([a-z_]+)\}")
FORBIDDEN = (
    "because",
    "increases the chance",
    "due to",
    "leads to",
    "causes",
    "log-odds",
    "shap",
    "coefficient",
    "feature",
)
"""Words that claim a cause or belong to the data team."""

STYLES = ("text", "whole", "days", "share", "number", "amount", "flag", "ago")
CASES = ("missing", "zero", "one", "negative", "value")
_ENTRY_KEYS = {"match", "label", "style", "words", "add", *CASES}
_MAX_TEXT = 80
_SHAPE: dict[str, tuple[str, ...]] = {
    "evidence": ("long", "short"),
    "strength": ("strong", "moderate", "slight"),
    "flag": ("yes", "no"),
    "ago": ("past", "today", "future"),
    "kinds": (),
    "families": (),
}


def check_document(document: object, source: str) -> tuple[Problem, ...]:
    """Return all that is wrong with a catalogue of sentences read from YAML."""
    if not isinstance(document, Mapping):
        return (_problem(source, "must be a mapping", type(document).__name__, "Start from the default file."),)
    return tuple(_check_parts(document, source))


def _problem(where: str, rule: str, value: object, remedy: str) -> Problem:
    return Problem(where=where, rule=rule, value=repr(value)[:80], remedy=remedy)


def _check_parts(document: Mapping[str, Any], source: str) -> Iterator[Problem]:
    expected = {"version", "unknown", "features", *_SHAPE}
    for key in sorted(set(map(str, document)) - expected):
        yield _problem(source, "must hold only known keys", key, f"Use {', '.join(sorted(expected))}.")
    if document.get("version") != 1:
        yield _problem(source, "version must be 1", document.get("version"), "Start from the default file.")
    for key, names in _SHAPE.items():
        part = document.get(key)
        if not isinstance(part, Mapping):
            yield _problem(f"{source} {key}", "must be a mapping", part, "Copy it from the default file.")
            continue
        for name in names:
            if not isinstance(part.get(name), str):
                yield _problem(
                    f"{source} {key}", f"must hold a text {name!r}", part.get(name), "Copy it from the default file."
                )
    yield from _check_evidence(document, source)
    yield from _check_kinds(document.get("kinds"), source)
    features = document.get("features")
    if not isinstance(features, list) or not features:
        yield _problem(f"{source} features", "must be a list of entries", features, "Copy it from the default file.")
        return
    for number, entry in enumerate(features, start=1):
        yield from _check_entry(entry, f"{source} features, entry {number}")
    last = features[-1]
    if not (isinstance(last, Mapping) and last.get("match") == "{field}"):
        yield _problem(
            f"{source} features", "the last entry must fit every feature", last, "End with match: '{field}'."
        )


def _check_evidence(document: Mapping[str, Any], source: str) -> Iterator[Problem]:
    evidence = document.get("evidence")
    forms = evidence if isinstance(evidence, Mapping) else {}
    for name in ("long", "short"):
        form = forms.get(name)
        if isinstance(form, str):
            yield from _check_words(form, f"{source} evidence {name}")
            if sorted(PART.findall(form)) != ["base", "fact", "n", "rate"]:
                yield _problem(
                    f"{source} evidence {name}",
                    "must name {fact}, {rate}, {n} and {base} once each",
                    form,
                    "Add what is missing.",
                )
    unknown = document.get("unknown")
    if not isinstance(unknown, str) or "{label}" not in unknown:
        yield _problem(f"{source} unknown", "must be a text with {label}", unknown, "Copy it from the default file.")


def _check_kinds(kinds: object, source: str) -> Iterator[Problem]:
    for kind, said in kinds.items() if isinstance(kinds, Mapping) else ():
        where = f"{source} kinds, {kind}"
        if not isinstance(said, Mapping) or set(said) - {"name", "done"}:
            yield _problem(
                where, "must hold name and done", said, "Write {name: demo request, done: Asked for a demo}."
            )
            continue
        for text in said.values():
            yield from _check_words(str(text), where)


def _check_entry(entry: object, where: str) -> Iterator[Problem]:
    if not isinstance(entry, Mapping):
        yield _problem(where, "must be a mapping", entry, "Write match, label and value.")
        return
    where = f"{where} ({entry.get('match')})"
    for key in sorted(set(map(str, entry)) - _ENTRY_KEYS):
        yield _problem(where, "must hold only known keys", key, f"Use {', '.join(sorted(_ENTRY_KEYS))}.")
    for key in ("match", "label", "value"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            yield _problem(where, f"must hold a text {key!r}", entry.get(key), "Add it.")
    if entry.get("style", "text") not in STYLES:
        yield _problem(where, "style must be known", entry["style"], f"Use one of {', '.join(STYLES)}.")
    if not isinstance(entry.get("words") or {}, Mapping):
        yield _problem(where, "words must be a mapping", entry["words"], "Write {raw value: words}.")
    yield from _check_texts(entry, where)


def _check_texts(entry: Mapping[str, Any], where: str) -> Iterator[Problem]:
    allowed = {*PART.findall(str(entry.get("match"))), "meaning", "kind_name", "kind_done", "field_words"}
    for key in ("label", *CASES):
        text = entry.get(key)
        if not isinstance(text, str):
            continue
        yield from _check_words(text, f"{where}, {key}")
        for part in PART.findall(text):
            if part not in allowed and not (part == "value" and key != "label"):
                yield _problem(
                    f"{where}, {key}", "may name only known parts", part, f"Use {', '.join(sorted(allowed))}."
                )


def _check_words(text: str, where: str) -> Iterator[Problem]:
    if len(PART.sub("", text)) > _MAX_TEXT:
        yield _problem(where, f"must be at most {_MAX_TEXT} characters", text, "Shorten it; a rep reads it in seconds.")
    for word in FORBIDDEN:
        if re.search(rf"\b{re.escape(word)}\b", text, flags=re.IGNORECASE):
            yield _problem(
                where, "must not claim a cause or use the data team's words", word, "Say what is so, with its figures."
            )
