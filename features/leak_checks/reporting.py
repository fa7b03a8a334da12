"""Each suspicion once, worst first: what is found by several checks, or of a column that no feature is made of, is said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from leadq.crm.contract.history import History
from leadq.features.leak_checks.finding import BY_NAME, LeakFinding
from leadq.features.leak_checks.vouching import column_of
from leadq.features.training_data import TrainingData
from leadq.foundation.plurals import counted

_RANK = {"stop": 0, "quarantine": 1, "name": 2}
_LAST = 100


def worth_saying(found: list[LeakFinding], history: History) -> Iterator[LeakFinding]:
    """Say one thing of a column that never becomes a feature, and nothing of the values of one that is left out anyway."""
    own = {column_of(field) for field in history.own_fields}
    left_out = {finding.field for finding in found if finding.consequence == "quarantine"}
    said: set[str] = set()
    for finding in sorted(found, key=worst_first):
        never = finding.check in (4, 5) and not finding.features and finding.field not in own
        never = never and finding.field.startswith(("leads.", "opportunities."))
        if (finding.check == 5 and (never or finding.field in left_out)) or (never and finding.field in said):
            continue
        said.add(finding.field)
        yield finding


def worst_first(finding: LeakFinding) -> tuple[int, int, float, str]:
    """Sort key: worst first; what was measured before what is only named so."""
    measured = finding.check if finding.check != BY_NAME else _LAST
    return _RANK[finding.consequence], measured, -finding.figure, finding.field


def with_features(finding: LeakFinding, data: TrainingData) -> LeakFinding:
    """Add the features that are made of the finding's field."""
    made = tuple(feature.name for feature in data.catalogue.features if feature.source == finding.field)
    return replace(finding, features=made) if made else finding


def not_said_yet(fresh: Iterable[LeakFinding], said: list[LeakFinding]) -> Iterator[LeakFinding]:
    """Leave out what was already said of a feature's field with the same or a graver consequence."""
    told = {(name, finding.check): _RANK[finding.consequence] for finding in said for name in finding.features}
    for finding in fresh:
        (name,) = finding.features
        if told.get((name, finding.check), len(_RANK)) > _RANK[finding.consequence]:
            yield finding


def once_a_family(found: Iterable[LeakFinding], data: TrainingData) -> Iterator[LeakFinding]:
    """Name a family once: several counts of one kind of event are one suspicion to a person."""
    family = {feature.name: feature.family for feature in data.catalogue.features}
    named: dict[tuple[str, str], list[LeakFinding]] = {}
    for finding in found:
        if finding.consequence == "name" and finding.check == 4 and finding.field in family:
            named.setdefault((family[finding.field], finding.name), []).append(finding)
        else:
            yield finding
    for alike in named.values():
        worst = max(alike, key=lambda finding: finding.figure)
        also = f" The same is true of {counted(len(alike) - 1, 'more feature')} of this kind." if len(alike) > 1 else ""
        features = tuple(finding.field for finding in alike)
        yield replace(worst, features=features, sentence=f"{worst.sentence}{also}")


def once_a_field(found: Iterable[LeakFinding]) -> tuple[LeakFinding, ...]:
    """Say one thing of each field: the worst that was found, and by what else it is suspected.

    Parameters
    ----------
    found : iterable of LeakFinding
        The worst first.
    """
    by_field: dict[str, list[LeakFinding]] = {}
    for finding in found:
        by_field.setdefault(finding.field, []).append(finding)
    return tuple(_together(worst, others) for worst, *others in by_field.values())


def _together(worst: LeakFinding, others: list[LeakFinding]) -> LeakFinding:
    names = dict.fromkeys(one.name for one in others if one.name != worst.name)
    if not names:
        return worst
    return replace(worst, sentence=f"{worst.sentence} Also found: {', '.join(names)}.")
