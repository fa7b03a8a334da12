"""What leadq holds of a group that is not its own: names that are free, features that are whole, one row a point.

leadq's own groups are held to the same by tests, and cost no query for it. Whether values look ahead is for the leak checks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from typing import Any

import ibis.expr.types as ir

from leadq.features.catalogue import Feature, FeatureWords
from leadq.features.groups.plug_ins import LoadedGroup, error_line
from leadq.features.groups.protocol import DeclarationContext, FeatureContext
from leadq.foundation.plurals import counted
from leadq.foundation.problems import ConfigError, InputError, LeadqError, Problem
from leadq.foundation.yaml_tree import shortened

_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")
_KEPT_PREFIXES = ("own_", "intent_")
"""Of names that come out of the data: own fields and kinds of events."""
_KEPT_NAMES = {
    *("point_id", "lead_id", "account_id", "owner", "source", "campaign", "created_at", "handed_off_at"),
    *("age_days", "worked", "status_reason"),
}
"""Columns that stand beside the features of tonight's leads."""
_MOST_DAYS = 36_500
_MEND = "Install a version of the package that fixes it, or remove the group from features: groups in params.yaml."


def declare(loaded: LoadedGroup, context: DeclarationContext, taken: Collection[str]) -> tuple[Feature, ...]:
    """Return what a group declares, each feature with the group's name.

    Parameters
    ----------
    loaded : LoadedGroup
    context : DeclarationContext
    taken : collection of str
        Names of features that others have.

    Raises
    ------
    ConfigError
        The group failed, or a feature is not what a feature must be; all of them at once.
    """
    try:
        features = tuple(loaded.group.declare(context))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # another package's code, which may also try to end the program
        raise ConfigError(_failed(loaded, "declare its features", error)) from error
    names: set[str] = set(taken)
    problems: list[Problem] = []
    for feature in features:
        for value, rule in _wrong(feature, names):
            problems.append(Problem(where=loaded.title, rule=rule, value=value, remedy=_MEND))
        if isinstance(feature, Feature):
            names.add(_shown(feature.name))
    if problems:
        raise ConfigError(problems)
    return tuple(replace(feature, group=loaded.plug_in.name, vocabulary=(), spellings=()) for feature in features)


def _wrong(feature: Any, taken: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what is at fault and the rule it breaks."""
    if not isinstance(feature, Feature):
        yield type(feature).__name__, "must declare features of leadq (leadq.features.catalogue.Feature)"
        return
    called = _shown(feature.name)
    for what, name in (("name", feature.name), ("family", feature.family)):
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield _shown(name), f"must give a feature a {what} of small letters, digits and _"
        elif name.startswith(_KEPT_PREFIXES):
            yield name, f"must not give a feature a {what} that begins with own_ or intent_, which come out of the data"
    if called in _KEPT_NAMES or called in taken:
        yield called, "must not give a feature the name of another feature or column"
    for rule in (*_wrong_kind(feature), *_wrong_texts(feature), *_wrong_words(feature.words)):
        yield called, rule


def _shown(name: object) -> str:
    return shortened(name) if isinstance(name, str) else type(name).__name__


def _wrong_kind(feature: Any) -> Iterator[str]:
    if feature.kind not in ("number", "category") or feature.absent not in ("zero", "missing"):
        yield "must say of a feature whether it is a number or a category, and what absence means"
    elif feature.kind == "category" and feature.absent == "zero":
        yield 'must say absent="missing" of a category'
    days = feature.window_days
    if days is not None and (type(days) is not int or not 0 < days <= _MOST_DAYS):
        yield f"must give a feature a window_days of whole days, 1 to {_MOST_DAYS}, or None"
    if not isinstance(feature.proven, bool):
        yield "must say of a feature whether it is proven, True or False"


def _wrong_texts(feature: Feature) -> Iterator[str]:
    for name in ("meaning", "unit", "source", "known_because"):
        text = getattr(feature, name)
        if not isinstance(text, str) or not text.strip():
            yield (
                "must say what a feature means, for people"
                if name == "meaning"
                else f"must give a feature a {name}, a text"
            )
        elif not text.isprintable():
            yield f"must give a feature a {name} of one line, without control characters"


def _wrong_words(words: Any) -> Iterator[str]:
    """Say what keeps the words of a feature from being read; whether people may read them is for ``serving/words/feature_words.py``."""
    if words is None:
        return
    if not isinstance(words, FeatureWords):
        yield "must give a feature its words as FeatureWords of leadq (leadq.features.catalogue.FeatureWords), or None"
        return
    for one in fields(words):
        said: Any = getattr(words, one.name)
        if one.name == "add":
            if not isinstance(said, bool):
                yield "must say add of a feature's words, True or False"
        elif not isinstance(said, str) or not said.isprintable():
            yield f"must give a feature's words a {one.name} of one line of text, without control characters"


def compute(loaded: LoadedGroup, context: FeatureContext, names: Collection[str]) -> ir.Table:
    """Return what a group computes, materialised.

    Parameters
    ----------
    loaded : LoadedGroup
    context : FeatureContext
    names : collection of str
        Columns it must have.

    Raises
    ------
    InputError
        The group failed, a column is not there, or a point has several rows.
    """
    backend = context.tables.backend
    try:
        table = loaded.group.compute(context)
        lacking = sorted(set(names) - set(table.columns))
        if lacking or "point_id" not in table.columns:
            rule = "must compute point_id and every feature it declares"
            raise InputError(Problem(where=loaded.title, rule=rule, value=f"no {', '.join(lacking)}", remedy=_MEND))
        chosen = table.select("point_id", *names)
        kept: ir.Table = backend.create_table(
            f"{context.points.get_name()}_{loaded.plug_in.name}", chosen, temp=True, overwrite=True
        )
        rows = kept.aggregate(rows=kept.count(), points=kept.point_id.nunique()).to_pyarrow().to_pylist()[0]
    except (LeadqError, KeyboardInterrupt):
        raise
    except BaseException as error:  # another package's code, or the engine on its expression
        raise InputError(_failed(loaded, "compute its features", error)) from error
    if rows["rows"] != rows["points"]:
        value = f"{counted(rows['rows'], 'row')} for {rows['points']:,} points"
        raise InputError(Problem(where=loaded.title, rule="must have one row per point", value=value, remedy=_MEND))
    return kept


def _failed(loaded: LoadedGroup, what: str, error: BaseException) -> Problem:
    return Problem(where=loaded.title, rule=f"must {what}", value=error_line(error), remedy=_MEND)
