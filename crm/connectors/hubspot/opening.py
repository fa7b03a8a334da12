"""HubSpot from what ``leadq.yaml`` says of it: a target to deliver to, or a source of history."""

from __future__ import annotations

from collections.abc import Mapping

from leadq.crm.connectors.history_source import HistorySource
from leadq.crm.connectors.hubspot.history.queries import HistorySettings
from leadq.crm.connectors.hubspot.history.reader import HubspotHistorySource
from leadq.crm.connectors.hubspot.sending.target import HubspotTarget
from leadq.crm.connectors.hubspot.session import Session
from leadq.crm.connectors.hubspot.settings import ToHubspot
from leadq.crm.connectors.retries import Patience
from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.secret import secret


def open_session(to: ToHubspot, environment: Mapping[str, str], *, patience: Patience | None = None) -> Session:
    """Return a session; nothing is sent yet.

    Raises
    ------
    ConfigError
        The access token cannot be had.
    """
    token = secret("access token", to.access_token, environment=environment)
    return Session(token, host=to.host or "", patience=patience or Patience())


def open_target(name: str, to: ToHubspot, environment: Mapping[str, str]) -> HubspotTarget:
    """Return it as a place to deliver to."""
    return HubspotTarget(name, open_session(to, environment), kind=to.object)


def open_history(to: ToHubspot, environment: Mapping[str, str]) -> HistorySource:
    """Return it as a source of history.

    Raises
    ------
    ConfigError
        The access token cannot be had, a property must not be read, or scores go to another object than contacts.
    """
    if to.object != "contacts":
        rule = "is not supported yet: its history and its scores would have ids of different objects"
        remedy = "Leave object out, so that contacts are read and scored, or read the history from files."
        raise ConfigError(Problem(where="deliver in leadq.yaml, object", rule=rule, value=to.object, remedy=remedy))
    chosen = HistorySettings(lead_fields=to.history.lead_fields, account_fields=to.history.account_fields)
    return HubspotHistorySource(session=open_session(to, environment), settings=chosen)
