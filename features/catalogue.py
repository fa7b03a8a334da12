"""The catalogue: every feature declared once, with all that is known of it, frozen at training.

The catalogue travels in the bundle, so that scoring tonight computes exactly the columns the model was
trained on, whatever new event kinds or values the data has since grown. It holds no expressions; those are
built from it in the modules beside this one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

FeatureKind = Literal["number", "category"]


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
    window_days : int or None
    proven : bool
        False for a field used as it stands, without recorded history.
    vocabulary : tuple of str
        For a category: the values known at training, most frequent first; code = position. Other values get the code
        ``len(vocabulary)`` ("other"), a missing value is NaN.
    """

    name: str
    family: str
    kind: FeatureKind
    unit: str
    source: str
    meaning: str
    known_because: str
    window_days: int | None = None
    proven: bool = True
    vocabulary: tuple[str, ...] = ()


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
    """

    features: tuple[Feature, ...]
    horizon_days: int
    ages_days: tuple[float, ...]
    event_kinds: tuple[str, ...] = ()
    tracked_since: dict[str, str]
    quarantined: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names in column order."""
        return tuple(feature.name for feature in self.features)

    @property
    def families(self) -> tuple[str, ...]:
        """Families in order of first appearance."""
        return tuple(dict.fromkeys(feature.family for feature in self.features))

    def without(self, reasons: dict[str, str]) -> Catalogue:
        """Return a catalogue without the features named in ``reasons``, which are kept as quarantined."""
        kept = tuple(feature for feature in self.features if feature.name not in reasons)
        return replace(self, features=kept, quarantined={**self.quarantined, **reasons})

    def to_json(self) -> str:
        """Text of the catalogue, stable byte for byte."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @staticmethod
    def from_json(text: str) -> Catalogue:
        """Read what :meth:`to_json` wrote."""
        document: dict[str, Any] = json.loads(text)
        features = tuple(Feature(**{**row, "vocabulary": tuple(row["vocabulary"])}) for row in document.pop("features"))
        document["ages_days"] = tuple(document["ages_days"])
        document["event_kinds"] = tuple(document["event_kinds"])
        return Catalogue(features=features, **document)
