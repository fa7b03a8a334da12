"""The CRM that ``--from`` names, as leadq.yaml has it."""

from __future__ import annotations

from typing import Any

from leadq.crm.config.delivery_settings import UnreadSettings, connector_for
from leadq.crm.connectors.connector import Connector, ReadsHistory, TargetSettings
from leadq.foundation.problems import ConfigError, Problem
from leadq.pipelines.project.project import Project


def named_crm(project: Project, name: str) -> tuple[Connector[Any], TargetSettings]:
    """Return a CRM under ``deliver``: what opens it, and what leadq.yaml says of it.

    Raises
    ------
    ConfigError
        No such CRM is named, or its connector cannot be loaded.
    """
    to = project.config.deliver.get(name)
    if isinstance(to, UnreadSettings):
        raise ConfigError(to.problem)
    if to is None or not _gives_history(to):
        known = ", ".join(sorted(key for key, one in project.config.deliver.items() if _gives_history(one)))
        remedy = f"Use one of {known}." if known else "Add one: docs/howto/deliver.md."
        rule = "must name a CRM under deliver in leadq.yaml"
        raise ConfigError(Problem(where="--from", rule=rule, value=name, remedy=remedy))
    return connector_for(to), to


def _gives_history(to: TargetSettings) -> bool:
    return not isinstance(to, UnreadSettings) and isinstance(connector_for(to), ReadsHistory)
