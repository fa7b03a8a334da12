"""The target that ``--from`` names, as leadq.yaml has it."""

from __future__ import annotations

from typing import Any

from leadq.crm.config.delivery_settings import UnreadSettings, connector_for
from leadq.crm.connectors.connector import Connector, ReadsHistory, TargetSettings, Verifies
from leadq.foundation.problems import ConfigError, Problem
from leadq.pipelines.project.project import Project


def named_crm(project: Project, name: str) -> tuple[Connector[Any], TargetSettings]:
    """Return a CRM under ``deliver`` that gives its history: what opens it, and what leadq.yaml says of it.

    Raises
    ------
    ConfigError
        No such CRM is named, or its connector cannot be loaded.
    """
    return _named(project, name, (ReadsHistory,))


def named_place(project: Project, name: str) -> tuple[Connector[Any], TargetSettings]:
    """Return a CRM under ``deliver``, or another target with trials of its own; as :func:`named_crm` else."""
    return _named(project, name, (ReadsHistory, Verifies))


def _named(project: Project, name: str, wanted: tuple[type, ...]) -> tuple[Connector[Any], TargetSettings]:
    targets = project.config.deliver
    to = targets.get(name)
    if isinstance(to, UnreadSettings):
        raise ConfigError(to.problem)
    if to is None or not isinstance(connector_for(to), wanted):
        fit = [key for key, one in targets.items() if _is_one(one, wanted)]
        remedy = f"Use one of {', '.join(sorted(fit))}." if fit else "Add one: docs/howto/deliver.md."
        rule = "must name a CRM under deliver in leadq.yaml"
        raise ConfigError(Problem(where="--from", rule=rule, value=name, remedy=remedy))
    return connector_for(to), to


def _is_one(to: TargetSettings, wanted: tuple[type, ...]) -> bool:
    return not isinstance(to, UnreadSettings) and isinstance(connector_for(to), wanted)
