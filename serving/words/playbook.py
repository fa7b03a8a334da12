"""The playbook: next steps that sales wrote for what a lead shows or lacks, apart from the reasons of the score.

Read from a YAML file that sales owns (``playbook.yaml`` beside this module is the default; ``leadq init`` copies it into the
project), checked whole when read. A step may only be about what can change: no step turns one industry into another. Leaves
out whether a step works: nothing here comes from the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_reader import first_problems, parse_yaml, read_yaml
from leadq.foundation.yaml_scalars import whole_of
from leadq.foundation.yaml_tree import contents
from leadq.serving.words.sentences import fit
from leadq.serving.words.wording_rules import MOST_PATTERN, PART, Place, check_words

MAX_STEP = 120
"""Longest step, in characters."""
MAX_STEPS = 2
"""Most steps shown for one lead."""
FIXED = ("company", "person", "source", "history", "timing")
"""Families that nobody can change by a call."""

When = Literal["for", "against", "unknown"]
STOP, FIRST, USUAL = "stop", "first", "usual"
PRIORITIES = (STOP, FIRST, USUAL)
_KEYS = {"family", "when", "step"}
_MAY = {*_KEYS, "priority"}
_TOP = ("version", "owner", "steps")
_MISSING = "Restore it, or remove the line playbook: from leadq.yaml to use the default."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do when a family that fits ``family`` speaks for a lead, speaks against it, or is not known.

    Of ``priority`` one of :data:`PRIORITIES`: what comes first is shown before what is usual, and a stop alone.
    """

    family: str
    when: When
    step: str
    priority: str = USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A checked playbook.

    Parameters
    ----------
    version : int
        Raised by its owner with every change.
    owner : str
    entries : tuple of Step
        In order: the first that fits a family counts.
    """

    version: int
    owner: str
    entries: tuple[Step, ...]

    def steps(
        self, families_for: Sequence[str], families_against: Sequence[str], families_unknown: Sequence[str]
    ) -> tuple[str, ...]:
        """Return at most :data:`MAX_STEPS` steps, each once, by priority and then in the order of the families given.

        Where a stop is among them nothing but stops is returned: nobody shall sell to somebody who asked not to be contacted.
        """
        given: tuple[tuple[When, Sequence[str]], ...] = (
            ("for", families_for),
            ("against", families_against),
            ("unknown", families_unknown),
        )
        spoken = (self._step(family, when) for when, families in given for family in families)
        found = sorted((one for one in spoken if one is not None), key=lambda one: PRIORITIES.index(one.priority))
        stops = [one for one in found if one.priority == STOP]
        return tuple(dict.fromkeys(one.step for one in stops or found))[:MAX_STEPS]

    def _step(self, family: str, when: When) -> Step | None:
        fitting = (one for one in self.entries if one.when == when and fit(one.family, family) is not None)
        return next(fitting, None) if family not in FIXED else None


def default_playbook() -> str:
    """Return the text of the default playbook, as ``leadq init`` writes it."""
    return resources.files("leadq.serving.words").joinpath("playbook.yaml").read_text(encoding="utf-8")


def read_playbook(path: Path | None = None) -> Playbook:
    """Read a playbook, the default one without ``path``.

    Raises
    ------
    ConfigError
        All that is wrong with the file, with lines.
    """
    problems: list[Problem] = []
    if path is None:
        document = parse_yaml(default_playbook(), where="playbook.yaml")
    else:
        document = read_yaml(path, missing=_MISSING, problems=problems)
    found = contents(document.root, keep_empty=False)
    problems += first_problems(_check(found, Place(document=document)), where=document.where)
    if problems:
        raise ConfigError(problems)
    entries = tuple(Step(**entry) for entry in found["steps"])
    return Playbook(version=int(found["version"]), owner=found["owner"], entries=entries)


def _check(document: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    for key in document:
        if key not in _TOP:
            remedy = f"{did_you_mean(key, _TOP)}Use version, owner and steps."
            yield place.at(key).problem("must hold only known keys", key, remedy)
    version, owner, steps = document.get("version"), document.get("owner"), document.get("steps")
    if (whole_of(version) or 0 if isinstance(version, str) else 0) < 1:
        yield place.at("version").problem(
            "must be a whole number from 1", version, "Write a whole number such as 2, without a point, quotes or unit."
        )
    if not isinstance(owner, str) or not owner.strip():
        yield place.at("owner").problem("must say who owns it", owner, "Write for example owner: head of sales.")
    if not isinstance(steps, list):
        yield place.at("steps").problem(
            "must be a list", steps, "Write - {family: engagement, when: against, step: ...}."
        )
        return
    for number, entry in enumerate(steps):
        yield from _check_entry(entry, place.at("steps").at(number, f"entry {number + 1}"))


def _check_entry(entry: object, place: Place) -> Iterator[Problem]:
    if not isinstance(entry, Mapping) or not _KEYS <= set(entry) <= _MAY or not all(map(_is_text, entry.values())):
        rule = "must hold the texts family, when and step, and may hold priority"
        yield place.problem(rule, entry, "See the head of the default file.")
        return
    if entry.get("priority", USUAL) not in PRIORITIES:
        hint = did_you_mean(entry["priority"], PRIORITIES)
        yield place.at("priority").problem(
            f"must be {STOP}, {FIRST} or {USUAL}", entry["priority"], f"{hint}Choose one of the three, or leave it out."
        )
    if entry["when"] not in get_args(When):
        yield place.at("when").problem("must be for, against or unknown", entry["when"], "Choose one of the three.")
    yield from _check_family(entry["family"], place.at("family"))
    if not entry["step"].strip() or "{" in entry["step"]:
        yield place.at("step").problem("must be a plain text without braces", entry["step"], "Write what to do.")
    yield from check_words(entry["step"], place.at("step"), most=MAX_STEP)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _check_family(family: str, place: Place) -> Iterator[Problem]:
    if len(family) > MOST_PATTERN:
        yield place.problem(f"must be at most {MOST_PATTERN} characters", family, "Shorten it.")
        return
    parts = PART.findall(family)
    if len(set(parts)) < len(parts) or set(parts) - {"kind", "field"} or not PART.sub("", family):
        yield place.problem("must be a family, or a pattern with {kind} or {field}", family, "Write intent_{kind}.")
    elif fixed := [one for one in FIXED if fit(family, one) is not None]:
        yield place.problem("must be a family that can change", fixed[0], "Remove the step: nobody can act on it.")
