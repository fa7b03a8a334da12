"""The CRM that ``--from`` names, as leadq.yaml has it."""

from __future__ import annotations

from leadq.crm.config.delivery_settings import ToCrm
from leadq.foundation.problems import ConfigError, Problem
from leadq.pipelines.project.project import Project


def named_crm(project: Project, name: str) -> ToCrm:
    """Return what leadq.yaml says of a CRM under ``deliver``.

    Raises
    ------
    ConfigError
        No such CRM is named.
    """
    to = project.config.deliver.get(name)
    if not isinstance(to, ToCrm):
        known = ", ".join(sorted(key for key, one in project.config.deliver.items() if isinstance(one, ToCrm)))
        remedy = f"Named are: {known}." if known else "Add one: docs/howto/salesforce.md."
        rule = "must name a CRM under deliver in leadq.yaml"
        raise ConfigError(Problem(where="--from", rule=rule, value=name, remedy=remedy))
    return to
