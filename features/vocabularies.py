"""The words of every category, frozen at training: those that enough leads have, most frequent first, and what else spells them.

Without lists (``same_meaning: false``) a word is what it is, letter by letter. With them, words that differ in capitals and blanks are
one, under the spelling that most leads have; so are the names of a country. A lead that was spelt in two ways over time counts
for both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from leadq.features.catalogue import Catalogue, Feature
from leadq.features.feature_settings import FeatureSettings
from leadq.features.meaning.countries import code_by_name, share_of_countries, spellings_of
from leadq.features.meaning.spelling_keys import folded

MOSTLY = 0.9
"""Share of leads whose value must be a country's name for a field to hold countries."""
_MOST_VALUES = 20_000
"""Values of a field that are looked at, the most frequent ones; a rarer one has no code of its own."""
_OUR_OWN_WORDS = ("leads.title", "leads.email_domain")
"""What is read out of these are labels of ours, spelt in one way."""


def with_vocabularies(catalogue: Catalogue, points: ir.Table, raw: ir.Table, settings: FeatureSettings) -> Catalogue:
    """Freeze every category's values: those seen on enough leads, most frequent first (ties by value)."""
    joined = raw.inner_join(points.select("point_id", "lead_id"), "point_id")
    features = []
    for feature in catalogue.features:
        if feature.kind != "category":
            features.append(feature)
        elif catalogue.meaning is None or feature.source in _OUR_OWN_WORDS:
            features.append(replace(feature, vocabulary=_as_recorded(joined, feature, settings)))
        else:
            features.append(_with_spellings(joined, feature, settings))
    return replace(catalogue, features=tuple(features))


def _as_recorded(joined: ir.Table, feature: Feature, settings: FeatureSettings) -> tuple[str, ...]:
    seen = _seen(joined, feature)
    seen = seen.filter(seen.value.notnull() & (seen.leads >= settings.min_rows_of_value))
    words = seen.order_by(ibis._.leads.desc(), "value").limit(settings.max_values).value.to_pyarrow().to_pylist()
    return tuple(words)


def _seen(joined: ir.Table, feature: Feature) -> ir.Table:
    return joined.group_by(value=joined[feature.name]).agg(leads=joined.lead_id.nunique())


def _with_spellings(joined: ir.Table, feature: Feature, settings: FeatureSettings) -> Feature:
    seen = _seen(joined, feature).filter(ibis._.value.notnull()).order_by(ibis._.leads.desc(), "value")
    rows = seen.limit(_MOST_VALUES).to_pyarrow().to_pylist()
    leads: dict[str, int] = defaultdict(int)
    for row in rows:
        leads[folded(row["value"])] += row["leads"]
    group_of = _groups(leads)
    total: dict[str, int] = defaultdict(int)
    words: dict[str, str] = {}
    for row in rows:  # most frequent first: the first spelling of a group is its word
        group = group_of[folded(row["value"])]
        total[group] += row["leads"]
        words.setdefault(group, row["value"])
    chosen = [group for group in words if total[group] >= settings.min_rows_of_value]
    chosen = sorted(chosen, key=lambda group: (-total[group], words[group]))[: settings.max_values]
    keys_of: dict[str, list[str]] = {group: [] for group in chosen}
    for key, group in group_of.items():
        if group in keys_of:
            keys_of[group].append(key)
    spellings = tuple(tuple(sorted(keys)) for keys in keys_of.values())
    return replace(feature, vocabulary=tuple(words[group] for group in chosen), spellings=spellings)


def _groups(leads: Mapping[str, int]) -> dict[str, str]:
    """Map keys, of words that were seen and of all that mean the same as one of them, to the name of their group."""
    groups = {key: key for key in leads}
    if share_of_countries(leads) >= MOSTLY:
        known = code_by_name()
        for key in leads:
            if key in known:
                groups.update(dict.fromkeys(spellings_of(key), known[key]))
    return groups
