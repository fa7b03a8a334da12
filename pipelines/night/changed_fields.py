"""Tonight's fields against those that the model learnt from: named, or the night is stopped before anything is written.

A field whose words or unit changed is put back as it was and tonight's leads are scored again (``field_reach.py``). Where so more
than :data:`STOPS_BEYOND` of them are in another tier, nothing is scored; else it is said, with what follows. New words beside those
that were known stop nothing, and neither does what only drifts (docs/decisions/0025).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from leadq.crm.contract.history import History
from leadq.crm.gate.field_drift import FieldDrift, compare_fields
from leadq.crm.gate.field_profiles import FieldProfile, profiles_from_json
from leadq.crm.gate.rule_book import UNSEEN_MOSTLY, UNSEEN_SHARE
from leadq.crm.gate.unit_changes import UnitChange
from leadq.crm.gate.word_changes import WordChange
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped, Problem
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.night.field_reach import AsThen, Reach, TonightsTiers
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.value_lines import values_line

STOPS_BEYOND = 0.01
"""Share of tonight's scored leads that a changed field may put into another tier; two leads are needed as well."""
_SHOWN = 5
_TRAIN = "train again (leadq train, then leadq promote)"
_AS_RECORDED = frozenset(
    {"source_name", "source_campaign", "person_country", "company_industry", "company_country"}
) | frozenset(f"qualification_{name}" for name in ("authority", "budget", "need", "timeline"))
"""Features that are a column of the contract as it stands: their vocabulary is of its values."""


def hold_against_training(
    project: Project, history: History, bundle: Bundle, as_of: datetime, progress: Progress, *, stops: bool = True
) -> FieldDrift:
    """Compare tonight's fields with those at training, and find out what a change does to tonight's tiers.

    Parameters
    ----------
    history : History
        Tonight's.
    bundle : Bundle
        That scores.
    as_of : datetime
        When the leads are looked at.
    stops : bool
        False: what would stop a night is only said.

    Raises
    ------
    GateStopped
        Words or units changed, and tiers move by it.
    """
    drift = field_drift(history, bundle, by_pace=project.config.stale_after.leads is None)
    if not (drift.words or drift.units):
        return drift
    profiles = {one.column: one for one in profiles_from_json(bundle.field_profiles_text)}
    reach = Reach(moved=0, scored=0)
    if bundle.kind == "booster":
        progress("Fields changed: scoring the leads with the words and units of training")
        put_back = [_words_of_then(one, profiles[one.column]) for one in drift.words]
        put_back += [_unit_of_then(one) for one in drift.units]
        reach = TonightsTiers(project, history, bundle, as_of).reach(*put_back)
    moves = reach.moved > 1 and reach.share > STOPS_BEYOND
    if not (moves or _many_leads(drift)):
        return drift  # a few people write a word otherwise, and it is no matter
    problems = tuple(_problems(project, drift, reach))
    if stops and moves and _many_leads(drift):
        raise GateStopped(problems)
    return drift.explained(*problems)


def field_drift(history: History, bundle: Bundle, *, by_pace: bool = True) -> FieldDrift:
    """Hold tonight's own fields, and the contract's that the model uses, against those that the bundle was trained on.

    ``by_pace``: whether quiet days are held against the pace before the training, or leadq.yaml says how long leads may be quiet.
    """
    used = {feature.source for feature in bundle.catalogue.features}
    words = {
        feature.source: feature.vocabulary for feature in bundle.catalogue.features if feature.name in _AS_RECORDED
    }
    text, read_at = bundle.field_profiles_text, str(bundle.trained.get("read_at", ""))
    return compare_fields(
        history,
        profiles_from_json(text) if text else None,
        used=used,
        words=words,
        trained_at=datetime.fromisoformat(read_at) if read_at else None,
        by_pace=by_pace,
    )


def _many_leads(drift: FieldDrift) -> bool:
    """Whether a change is of many leads: a word that a few people write otherwise stops no night."""
    return bool(drift.units) or any(one.share > UNSEEN_SHARE for one in drift.words)


def _words_of_then(change: WordChange, profile: FieldProfile) -> AsThen:
    """Return a field with its words of training.

    Where most of its words are new and it is not known which is which, the most frequent stands for the most frequent: what that
    does to tiers shows how far the field reaches.
    """
    words: dict[str, str | None] = dict(change.renamed)
    if change.share > UNSEEN_MOSTLY:
        frequent = [value for value, _ in profile.shares if value in change.gone]
        gone = [*frequent, *(word for word in change.gone if word not in frequent)]
        words |= dict(zip(change.new, [*gone, *[None] * len(change.new)], strict=False))
    table, _, column = change.column.partition(".")
    return AsThen(table=table, column=column, words=words)


def _unit_of_then(change: UnitChange) -> AsThen:
    table, _, column = change.column.partition(".")
    return AsThen(table=table, column=column, words={}, factor=change.factor)


def _problems(project: Project, drift: FieldDrift, reach: Reach) -> Iterator[Problem]:
    follows = _what_follows(reach, together=len(drift.words) + len(drift.units) > 1)
    for words in drift.words:
        value = f"{words.share:.0%} of the newest {words.of:,} with other words, such as {_first(words)!r:.60}{follows}"
        yield Problem(
            where=words.column,
            rule="must have the words known from training",
            value=value,
            remedy=_remedy_of_words(project, words),
        )
    for unit in drift.units:
        yield Problem(
            where=unit.column,
            rule="must be in the unit it had when the model was trained",
            value=f"values {unit.in_words} than then{follows}",
            remedy=f"Export the column in its former unit and with its former signs, or {_TRAIN}.",
        )


def _what_follows(reach: Reach, *, together: bool) -> str:
    if not reach.scored:
        return ""
    by = "by all of these together" if together else "by it"
    return f"; {reach.moved:,} of tonight's {counted(reach.scored, 'scored lead')} would be in another tier {by}"


def _first(change: WordChange) -> str:
    return change.renamed[0][0] if change.renamed else change.new[0]


def _remedy_of_words(project: Project, change: WordChange) -> str:
    said = []
    if change.renamed:
        line = values_line(project.config, change.column, dict(change.renamed))
        said.append(f"If they mean the same, add to leadq.yaml: {line}")
    if change.new:
        new, gone = _listed(change.new), _listed(change.gone)
        of_then = f" Words of training that are gone: {gone}." if gone else ""
        also = "Also new, and not told apart" if change.renamed else "New"
        place = (
            f" Those are words of {change.other_column}: the columns may have changed places."
            if change.other_column
            else ""
        )
        said.append(f"{also}: {new}.{of_then}{place}")
        if not (change.renamed or change.other_column):
            line = values_line(project.config, change.column, {change.new[0]: "its word of training"})
            said.append(f"If they mean the same, say which is which in leadq.yaml: {line}")
    return " ".join([*said, f"Else export the column as before, or {_TRAIN}."])


def _listed(words: tuple[str, ...]) -> str:
    more = ", ..." if len(words) > _SHOWN else ""
    return ", ".join(f"{word!r:.60}" for word in words[:_SHOWN]) + more
