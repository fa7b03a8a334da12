"""The catalogue: every feature declared once, with all that is known of it, frozen at training.

The catalogue travels in the bundle, so that scoring tonight computes exactly the columns the model was
trained on, whatever new event kinds or values the data has since grown. It holds no expressions; those are
built from it in the modules beside this one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from leadq.features.meaning.lists import Meaning

FeatureKind = Literal["number", "category"]
Absent = Literal["zero", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureWords:
    """How sales hears about a feature whose group brings its own words; keys and meaning as in ``serving/words/sentences.yaml``.

    Parameters
    ----------
    label : str
        ``"Time to the first reply"``.
    value : str
        About a lead, with ``{value}`` where the value stands: ``"Replied within {value} hours"``.
    missing, zero, one, negative : str
        Instead of ``value`` for such a lead; empty takes ``value`` (``missing``: the label and a question mark).
    style : str
        How a number is written, such as ``"whole"``; empty follows the unit.
    add : bool
        Whether a missing value is listed among the facts worth adding.
    """

    label: str
    value: str
    missing: str = ""
    zero: str = ""
    one: str = ""
    negative: str = ""
    style: str = ""
    add: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One column of the model's input.

    Parameters
    ----------
    name : str
        Column name, unique: ``intent_demo_request_count_30d``.
    family : str
        The one reason to a person it belongs to: ``company``, ``person``, ``source``, ``intent_demo_request``, ...
    kind : {"number", "category"}
    unit : str
        ``"count"``, ``"days"``, ``"share"``, ``"category"``, ``"0/1"``, the currency, ...
    source : str
        Table and column it is computed from: ``"events"``, ``"accounts.employees"``.
    meaning : str
        For a person: ``"demo requests in the last 30 days"``.
    known_because : str
        Why it is known at as-of: ``"occurred_at and known_at not after as-of"``.
    absent : {"zero", "missing"}
        What it means that a group has no value of a number: nothing happened, which is 0 (a count), or it is not known (a
        duration, a size). A category without a value is always missing.
    window_days : int or None
    proven : bool
        False for a field used as it stands, without recorded history.
    vocabulary : tuple of str
        For a category: the values known at training, most frequent first; code = position. Other values get the code
        ``len(vocabulary)`` ("other"), a missing value is NaN.
    spellings : tuple of tuple of str
        Of each word of the vocabulary the keys (:func:`leadq.features.meaning.spelling_keys.folded`) that have its code, frozen with
        it. Empty: a value has a word's code only where it is that word, letter by letter.
    words : FeatureWords or None
        How sales hears about it; None leaves that to ``sentences.yaml``.
    group : str
        Name of the plug-in group that computes it, set by leadq; empty for leadq's own groups.
    """

    name: str
    family: str
    kind: FeatureKind
    unit: str
    source: str
    meaning: str
    known_because: str
    absent: Absent = "missing"
    window_days: int | None = None
    proven: bool = True
    vocabulary: tuple[str, ...] = ()
    spellings: tuple[tuple[str, ...], ...] = ()
    words: FeatureWords | None = None
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugIn:
    """A feature group of another package: its name in ``leadq.feature_groups``, and the distribution that brought it at training."""

    name: str
    distribution: str
    version: str

    @property
    def package(self) -> str:
        """``"leadq-acme 1.0"``; without a version, its name alone."""
        return f"{self.distribution} {self.version}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All features of a model, in the order of its columns, and what was frozen with them.

    Parameters
    ----------
    features : tuple of Feature
    horizon_days : int
    ages_days : tuple of float
        Landmarks used in training; a lead older than the last one is not scored.
    event_kinds : tuple of str
        Kinds that became features.
    tracked_since : dict of str to str
        ``"account.employees" -> ISO time``; before it the field is unknown.
    quarantined : dict of str to str
        Features or fields that were left out, and why.
    plug_ins : tuple of PlugIn
        Groups of other packages that the project had named when it was trained.
    meaning : Meaning or None
        The lists by which titles, domains and sizes were read; None of a model from before there were any, or trained without.
    """

    features: tuple[Feature, ...]
    horizon_days: int
    ages_days: tuple[float, ...]
    event_kinds: tuple[str, ...] = ()
    tracked_since: dict[str, str]
    quarantined: dict[str, str]
    plug_ins: tuple[PlugIn, ...] = ()
    meaning: Meaning | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names in column order."""
        return tuple(feature.name for feature in self.features)

    @property
    def families(self) -> tuple[str, ...]:
        """Families in order of first appearance."""
        return tuple(dict.fromkeys(feature.family for feature in self.features))

    @property
    def needed_plug_ins(self) -> tuple[PlugIn, ...]:
        """Plug-ins without which a feature cannot be computed; one whose features were all left out is not needed."""
        used = {feature.group for feature in self.features}
        return tuple(one for one in self.plug_ins if one.name in used)

    def without(self, reasons: dict[str, str]) -> Catalogue:
        """Return a catalogue without the features named in ``reasons``, which are kept as quarantined."""
        kept = tuple(feature for feature in self.features if feature.name not in reasons)
        return replace(self, features=kept, quarantined={**self.quarantined, **reasons})

    def to_json(self) -> str:
        """Text of the catalogue, stable byte for byte; what only plug-ins have, and lists, are left out where there are none."""
        document = asdict(replace(self, meaning=None))
        if not self.plug_ins:
            del document["plug_ins"]
        del document["meaning"]
        if self.meaning is not None:
            document["meaning"] = self.meaning.to_document()
        for row in document["features"]:
            for name in ("words", "group", "spellings"):
                if not row[name]:
                    del row[name]
        return json.dumps(document, indent=1, sort_keys=True) + "\n"

    @staticmethod
    def from_json(text: str) -> Catalogue:
        """Read what :meth:`to_json` wrote, in this version or before features said what absence means."""
        document: dict[str, Any] = json.loads(text)
        features = tuple(_feature(row) for row in document.pop("features"))
        document["ages_days"] = tuple(document["ages_days"])
        document["event_kinds"] = tuple(document["event_kinds"])
        plug_ins = tuple(PlugIn(**row) for row in document.pop("plug_ins", ()))
        lists = document.pop("meaning", None)
        meaning = None if lists is None else Meaning.from_document(lists)
        return Catalogue(features=features, plug_ins=plug_ins, meaning=meaning, **document)


def _feature(row: dict[str, Any]) -> Feature:
    words = row.get("words")
    given = {
        **row,
        "vocabulary": tuple(row["vocabulary"]),
        "spellings": tuple(tuple(keys) for keys in row.get("spellings", ())),
        "absent": row.get("absent") or _absent_before_it_was_said(row),
        "words": None if words is None else FeatureWords(**words),
    }
    return Feature(**given)


def _absent_before_it_was_said(row: dict[str, Any]) -> Absent:
    """Return what absence meant in a catalogue of a former version, where it followed from source, family and name."""
    counted = row["source"] == "events" and not row["name"].endswith("_days_since")
    return "zero" if counted and row["kind"] == "number" and row["family"] != "account" else "missing"
