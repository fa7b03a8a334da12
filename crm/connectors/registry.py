"""Which kinds of places there are: connectors of leadq and of other packages, found by entry point and imported when they are named.

A package adds a kind with ``[project.entry-points."leadq.connectors"]`` and ``acme = "acme_leadq.connector:CONNECTOR"``. One that cannot
be loaded, that does not fit, or that two packages bring, is named with its package when it is used, and stops nobody else. What goes
wrong in its code later is named in the same way (:func:`named_faults`). Messages of other packages' errors are told of an import only:
later ones may hold a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import EntryPoint
from types import TracebackType
from typing import Any

from leadq.crm.connectors.connector import Connector
from leadq.crm.connectors.fitness import why_unfit
from leadq.foundation.installed.entry_points import offered, package_of
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
        No installed package offers it, two do, it cannot be loaded, or it does not fit.
    """
    found = _loaded(kind)
    if isinstance(found, Problem):
        raise ConfigError(found)
    return found


def unfit(kind: str, why: str) -> ConfigError:
    """Return the error that names the package which brings a kind, with what is wrong with its connector."""
    return ConfigError(_broken(_offered()[kind][0], why))


def unknown_kind(kind: str) -> Problem:
    """Return what to say of a kind that no installed package offers."""
    kinds = installed_kinds()
    remedy = did_you_mean(kind, kinds) + (
        f"Installed are {', '.join(kinds)}; others come with a package of their own: pip install it."
        if kinds
        else "leadq itself is not installed whole: pip install it again."
    )
    return Problem(where=f"the kind {kind!r}", rule="must be one that is installed", remedy=remedy)


@contextmanager
def named_faults(kind: str, doing: str) -> Iterator[None]:
    """Name the package of a connector whose code fails; leadq's own faults, and errors that are leadq's, go on as they are.

    Parameters
    ----------
    kind : str
    doing : str
        What was done, after "failed": ``"when the place was opened"``.

    Raises
    ------
    ConfigError
        Another package's connector raised what is no error of leadq, or tried to end the process.
    """
    try:
        yield
    except (LeadqError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        points = [one for one in _offered().get(kind, ()) if _raised_in(one, error.__traceback__)]
        if not points:
            raise
        why = f"failed {doing} ({type(error).__name__}; --debug shows it)"
        raise ConfigError(_broken(points[0], why)) from error


@lru_cache(maxsize=1)
def _offered() -> dict[str, tuple[EntryPoint, ...]]:
    return offered(GROUP)


@lru_cache(maxsize=64)
def _loaded(kind: str) -> Connector[Any] | Problem:
    points = _offered().get(kind, ())
    if not points:
        return unknown_kind(kind)
    if len(points) > 1:
        packages = " and ".join(sorted({package_of(one) for one in points}))
        rule, remedy = f"must come from one package; {packages} both bring it", "Uninstall one of them: pip uninstall."
        return Problem(where=f"the kind {kind!r}", rule=rule, remedy=remedy)
    try:
        connector = points[0].load()
        why = why_unfit(connector, kind)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # another package's code: whatever it raises is its own fault
        return _broken(points[0], f"cannot be loaded ({_line(error)})")
    return _broken(points[0], why) if why else connector


def _raised_in(point: EntryPoint, traceback: TracebackType | None) -> bool:
    """Whether an error passed through a module of another package's connector."""
    top = point.module.partition(".")[0]
    while traceback is not None and top != "leadq":
        if str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0] == top:
            return True
        traceback = traceback.tb_next
    return False


def _broken(point: EntryPoint, why: str) -> Problem:
    package = package_of(point)
    remedy = f"Install a version of {package} that works, or remove its targets from leadq.yaml; other targets go on without it."
    return Problem(where=f"the connector {point.name} of {package}", rule=why, value=point.value, remedy=remedy)


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:300].rstrip(": ")
