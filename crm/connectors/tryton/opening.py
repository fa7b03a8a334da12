"""Tryton from what ``leadq.yaml`` says of it: a target to deliver to, or a source of history."""

from __future__ import annotations

from collections.abc import Mapping

from leadq.crm.connectors.tryton.history.reader import TrytonHistorySource
from leadq.crm.connectors.tryton.sending.target import TrytonTarget
from leadq.crm.connectors.tryton.session import Account, TrytonSession
from leadq.crm.connectors.tryton.settings import ToTryton
from leadq.foundation.secret import secret


def open_target(name: str, to: ToTryton, environment: Mapping[str, str]) -> TrytonTarget:
    """Return it as a place to deliver to.

    Raises
    ------
    ConfigError
        The password cannot be had.
    """
    return TrytonTarget(name, _session(to, environment))


def open_history(to: ToTryton, environment: Mapping[str, str]) -> TrytonHistorySource:
    """Return it as a source of history.

    Raises
    ------
    ConfigError
        The password cannot be had.
    """
    return TrytonHistorySource(session=_session(to, environment), settings=to.history)


def _session(to: ToTryton, environment: Mapping[str, str]) -> TrytonSession:
    password = secret("password", to.password, environment=environment)
    return TrytonSession(Account(address=to.address, database=to.database, user=to.user, password=password))
