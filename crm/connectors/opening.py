"""A place opened by its connector, for what leadq wants of it; a connector that gives something else is named with its package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from leadq.crm.connectors.connector import Connector, Surroundings, TargetSettings
from leadq.crm.connectors.fitness import why_wrong
from leadq.crm.connectors.history_source import HistorySource
from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.registry import named_faults, unfit
from leadq.crm.connectors.verification import Verification

Made = TypeVar("Made")


def open_target(connector: Connector[Any], name: str, to: TargetSettings, around: Surroundings) -> Target:
    """Open a place to deliver to.

    Raises
    ------
    LeadqError
        It cannot be opened, or its connector is broken.
    """
    return _fit(to.kind, "open_target", lambda: connector.open_target(name, to, around))


def open_history(connector: Any, to: TargetSettings, around: Surroundings) -> HistorySource:
    """Open a place to read from; as :func:`open_target` else."""
    source: HistorySource = _fit(to.kind, "open_history", lambda: connector.open_history(to, around))
    return source


def open_verification(connector: Any, name: str, to: TargetSettings, around: Surroundings) -> Verification:
    """Open a place to be tried; as :func:`open_target` else."""
    trials: Verification = _fit(to.kind, "open_verification", lambda: connector.open_verification(name, to, around))
    return trials


def identity(connector: Connector[Any], to: TargetSettings, around: Surroundings, target: Target) -> str:
    """Say what and where a place is; never nothing, for the ledger keeps what was delivered by it.

    Raises
    ------
    LeadqError
        It cannot be said.
    """
    with named_faults(to.kind, "when it was asked which place it is"):
        place = connector.identity(to, around, target)
    if not isinstance(place, str) or not place.strip():
        raise unfit(to.kind, f"identity must say which place it is, and returned {place!r:.40}")
    return place


def _fit(kind: str, method: str, make: Callable[[], Made]) -> Made:
    with named_faults(kind, "when the place was opened"):
        made = make()
    if why := why_wrong(method, made):
        raise unfit(kind, why)
    return made
