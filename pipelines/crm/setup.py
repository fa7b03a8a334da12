"""``leadq crm setup``: a place made ready to take scores, by its connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from leadq.crm.config.delivery_settings import UnreadSettings
from leadq.crm.connectors.connector import Connector, SetsUp, SetupOptions, SetupReport, Surroundings
from leadq.crm.connectors.registry import named_faults, unfit
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.project.project import Project


def set_up(
    project: Project,
    connector: Connector[Any],
    options: SetupOptions,
    *,
    kind: str,
    environment: Mapping[str, str],
    http: requests.Session | None = None,
) -> Told:
    """Let a connector make its places ready.

    Parameters
    ----------
    project : Project
    connector : Connector
        One that :class:`leadq.crm.connectors.connector.SetsUp`.
    options : SetupOptions
        Of its own class.
    kind : str
    environment : mapping of str to str
        Holds the secrets that leadq.yaml names.
    http : requests.Session, optional
        To be used instead of a session of the connector's own.

    Raises
    ------
    LeadqError
        Something stands in the way; nothing was made.
    """
    assert isinstance(connector, SetsUp)
    named = project.config.deliver.items()
    targets = {name: to for name, to in named if to.kind == kind and not isinstance(to, UnreadSettings)}
    around = Surroundings(environment=environment, databases=project.config.databases, http=http)
    with named_faults(kind, "while it was set up"):
        report = connector.set_up(project.agreement, options, targets, around)
    if not isinstance(report, SetupReport):
        raise unfit(kind, f"set_up must return a SetupReport, and returned {type(report).__name__}")
    return Told(facts=dict(report.facts), words=report.words)
