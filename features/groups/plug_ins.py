"""Feature groups of other packages: found by entry point, imported only where a project or a model names them.

A package adds one with ``[project.entry-points."leadq.feature_groups"]`` and ``replies = "leadq_replies:GROUP"``. A project trains with it
by naming it in ``params.yaml`` (``features: {groups: [replies]}``); a model that was trained with it computes it every night. What is
merely installed changes nothing. One that cannot be loaded is named with its package, and stops nobody who did not ask for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint

from leadq.features.catalogue import Catalogue, PlugIn
from leadq.features.groups.protocol import FeatureGroup
from leadq.features.groups.registry import BUILT_IN
from leadq.foundation.installed.entry_points import name_and_version, offered, package_of
from leadq.foundation.problems import BundleError, ConfigError, Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_tree import shortened

ENTRY_POINTS = "leadq.feature_groups"
NAMED_IN = "params.yaml features: groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedGroup:
    """A group of another package, and where it comes from."""

    group: FeatureGroup
    plug_in: PlugIn

    @property
    def title(self) -> str:
        """How a message names it."""
        return f"feature group {self.plug_in.name} of {self.plug_in.package}"


def installed_groups() -> tuple[str, ...]:
    """Return the names that installed packages offer, in their order; nothing is imported."""
    return tuple(offered(ENTRY_POINTS))


def load_named(names: Iterable[str]) -> tuple[LoadedGroup, ...]:
    """Load the groups that a project names, in order of name.

    Raises
    ------
    ConfigError
        Everything that is wrong with any of them: not installed, of two packages, broken, named twice.
    """
    counted = Counter(names)
    found = [_load(name) for name in sorted(counted)]
    problems = [one for one in found if isinstance(one, Problem)]
    problems += [
        Problem(where=NAMED_IN, rule="must not name a group twice", value=name, remedy="Keep one of the two.")
        for name, times in counted.items()
        if times > 1
    ]
    if problems:
        raise ConfigError(problems)
    return tuple(one for one in found if isinstance(one, LoadedGroup))


def load_for(catalogue: Catalogue) -> tuple[LoadedGroup, ...]:
    """Load the groups that a model's features need.

    Raises
    ------
    BundleError
        As :func:`plug_in_problems` has it.
    """
    found = [_as_trained(one) for one in catalogue.needed_plug_ins]
    if problems := [one for one in found if isinstance(one, Problem)]:
        raise BundleError(problems)
    return tuple(one for one in found if isinstance(one, LoadedGroup))


def plug_in_problems(catalogue: Catalogue) -> tuple[Problem, ...]:
    """Say which groups that a model was trained with are not here, are of another version, or cannot be loaded."""
    found = (_as_trained(one) for one in catalogue.needed_plug_ins)
    return tuple(one for one in found if isinstance(one, Problem))


def _as_trained(wanted: PlugIn) -> LoadedGroup | Problem:
    where = f"the model's feature group {wanted.name}"
    rule = f"needs {wanted.package}, as when the model was trained"
    command = f": pip install '{wanted.distribution}=={wanted.version}'" if wanted.version else ""
    again = f"Install it{command}. Or train and promote a model"
    if wanted.name not in installed_groups():
        remedy = f"{again} without it ({NAMED_IN})."
        return Problem(where=where, rule=rule, value="no such group installed", remedy=remedy)
    found = _load(wanted.name)
    if isinstance(found, LoadedGroup) and found.plug_in != wanted:
        return Problem(where=where, rule=rule, value=found.plug_in.package, remedy=f"{again} with what is installed.")
    return found


def _load(name: str) -> LoadedGroup | Problem:
    if name in {group.name for group in BUILT_IN}:
        remedy = "Leave it out: leadq's own groups are always there. A package must call its group something else."
        return Problem(where=NAMED_IN, rule="must name groups of other packages", value=name, remedy=remedy)
    points = offered(ENTRY_POINTS).get(name, ())
    if not points:
        known = installed_groups()
        listed = f"Installed are: {', '.join(known)}. " if known else ""
        remedy = f"{did_you_mean(name, known)}{listed}Install the package that brings it, or leave the name out."
        return Problem(where=NAMED_IN, rule="must be a feature group that is installed", value=name, remedy=remedy)
    if len(points) > 1:
        rule = f"must come from one package; {' and '.join(sorted({package_of(one) for one in points}))} both bring it"
        return Problem(where=f"feature group {name}", rule=rule, remedy="Uninstall one of them: pip uninstall.")
    (only,) = points
    try:
        group = only.load()
        unfit = next(_unfit(group, name), "")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # another package's code: whatever it raises is its own fault
        return _broken(only, f"cannot be loaded ({error_line(error)})")
    if unfit:
        return _broken(only, unfit)
    distribution, version = name_and_version(only)
    return LoadedGroup(group=group, plug_in=PlugIn(name=name, distribution=distribution, version=version))


def _unfit(group: object, name: str) -> Iterator[str]:
    if isinstance(group, type):
        yield f"must be an object, not the class {group.__name__}"
    if lacking := [part for part in _PARTS if not hasattr(group, part)]:
        yield f"must have {', '.join(lacking)}, which {type(group).__name__} has not"
    called = getattr(group, "name", "")
    if called != name or not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        yield f"must be called as in the entry points, in small letters, digits and _, and is called {called!s:.60}"
    if not all(isinstance(getattr(group, part, None), bool) for part in ("needs_dates", "across_leads")):
        yield "must say needs_dates and across_leads, each True or False"


_PARTS = ("name", "needs_dates", "across_leads", "declare", "compute")


def _broken(one: EntryPoint, why: str) -> Problem:
    package = package_of(one)
    remedy = f"Install a version of {package} that works, or take {one.name} out of {NAMED_IN} and train without it."
    return Problem(where=f"feature group {one.name} of {package}", rule=why, value=one.value, remedy=remedy)


def error_line(error: BaseException) -> str:
    """Return an error of another package's code in one line."""
    try:
        text = str(error)
    except Exception:  # another package's class
        text = ""
    return shortened(f"{type(error).__name__}: {text}", most=300).rstrip(": .")
