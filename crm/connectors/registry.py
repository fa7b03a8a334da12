"""Which kinds of places there are: connectors of leadq and of other packages, found by entry point and imported when they are named.

A package adds a kind with ``[project.entry-points."leadq.connectors"]`` and ``acme = "acme_leadq.connector:CONNECTOR"``. One that cannot
be loaded, or that two packages bring, is named with its package when it is used, and stops nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from leadq.crm.connectors.connector import Connector, TargetSettings
from leadq.foundation.problems import ConfigError, LeadqError, Problem
from leadq.foundation.suggestions import did_you_mean

GROUP = "leadq.connectors"


def installed_kinds() -> tuple[str, ...]:
    """Return the kinds that installed packages offer, in order of name; nothing is imported."""
    return tuple(sorted(_offered()))


def connector_of(kind: str) -> Connector[Any]:
    """Return the connector of a kind, imported now if it was not before.

    Raises
    ------
    ConfigError
        No installed package offers it, two do, or it cannot be loaded.
    """
    found = _loaded(kind)
    if isinstance(found, Problem):
        raise ConfigError(found)
    return found


@contextmanager
def named_faults(kind: str) -> Iterator[None]:
    """Name the package of a connector whose code fails while a place is opened; leadq's own faults are told as such.

    Raises
    ------
    ConfigError
        Another package's connector raised what is no error of leadq.
    """
    try:
        yield
    except LeadqError:
        raise
    except Exception as error:
        others = [one for one in _offered().get(kind, ()) if one.dist is None or one.dist.name != "leadq"]
        if not others:
            raise
        raise ConfigError(_broken(others[0], f"failed when a place was opened ({_line(error)})")) from error


@lru_cache(maxsize=1)
def _offered() -> dict[str, tuple[EntryPoint, ...]]:
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for one in entry_points(group=GROUP):
        others = found.get(one.name, ())
        if (one.value, _package(one)) not in [(other.value, _package(other)) for other in others]:
            found[one.name] = (*others, one)  # a package that lies on the path twice is still one
    return found


@lru_cache(maxsize=64)
def _loaded(kind: str) -> Connector[Any] | Problem:
    offered = _offered().get(kind, ())
    if not offered:
        return _unknown(kind)
    if len(offered) > 1:
        packages = " and ".join(sorted({_package(one) for one in offered}))
        rule, remedy = f"must come from one package; {packages} both bring it", "Uninstall one of them: pip uninstall."
        return Problem(where=f"the kind {kind}", rule=rule, remedy=remedy)
    (only,) = offered
    try:
        connector = only.load()
    except (Exception, SystemExit) as error:  # another package's code: whatever it raises is its own fault
        return _broken(only, f"cannot be loaded ({_line(error)})")
    if why := _why_unfit(connector):
        return _broken(only, why)
    return connector  # type: ignore[no-any-return]


def _why_unfit(connector: object) -> str:
    if not isinstance(connector, Connector):
        return f"must be a Connector of leadq, and is {type(connector).__name__}"
    settings = getattr(connector, "settings", None)
    if not (isinstance(settings, type) and issubclass(settings, TargetSettings)):
        return "must have settings, a class made from TargetSettings"
    if not isinstance(getattr(connector, "title", None), str):
        return "must have a title"
    return ""


def _unknown(kind: str) -> Problem:
    kinds = installed_kinds()
    remedy = did_you_mean(kind, kinds) + (
        f"Installed are: {', '.join(kinds)}. Others come with a package of their own: pip install it."
        if kinds
        else "leadq itself is not installed completely: pip install it again."
    )
    return Problem(where=f"the kind {kind}", rule="must be one that is installed", value=kind, remedy=remedy)


def _broken(one: EntryPoint, why: str) -> Problem:
    remedy = f"Install a version of {_package(one)} that works, or remove its targets from leadq.yaml; the others work without it."
    return Problem(where=f"the connector {one.name} of {_package(one)}", rule=why, value=one.value, remedy=remedy)


def _package(one: EntryPoint) -> str:
    return "an unnamed package" if one.dist is None else f"{one.dist.name} {one.dist.version}"


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:300].rstrip(": ")
