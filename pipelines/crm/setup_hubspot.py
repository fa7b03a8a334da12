"""``leadq crm setup hubspot``: the properties that make an account ready to take scores, made over its API."""

from __future__ import annotations

from collections.abc import Mapping

from leadq.crm.connectors.hubspot.opening import open_session
from leadq.crm.connectors.hubspot.properties import HUMAN_PROPERTIES, wanted
from leadq.crm.connectors.hubspot.settings import ToHubspot
from leadq.crm.connectors.hubspot.setup import SetUp, set_up
from leadq.foundation.problems import ConfigError, Problem
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.project.project import Project


def setup_hubspot(project: Project, *, name: str, dry_run: bool, environment: Mapping[str, str]) -> Told:
    """Make group and properties from the project's agreement; what is there is left, tiers are brought up to date.

    Parameters
    ----------
    project : Project
    name : str
        Of a HubSpot account under ``deliver`` in leadq.yaml; may be empty where there is one only.
    dry_run : bool
        Say what it would do.
    environment : mapping of str to str
        Holds the access token.

    Raises
    ------
    ConfigError
        No such account is named, or it does not let us in.
    GateStopped
        A property of that name is there and of another type; nothing was made.
    """
    name, to = _account(project, name)
    session = open_session(to, environment)
    done = set_up(session, to.object, wanted(project.agreement), dry_run=dry_run)
    facts = {
        "target": name,
        "object": to.object,
        "dry_run": dry_run,
        "made": list(done.made),
        "changed": list(done.changed),
        "there": list(done.there),
        "agreement_version": project.agreement.version,
    }
    return Told(facts=facts, words=_words(name, to.object, done, dry_run=dry_run))


def _account(project: Project, name: str) -> tuple[str, ToHubspot]:
    found = {key: to for key, to in project.config.deliver.items() if isinstance(to, ToHubspot)}
    if not name and len(found) == 1:
        return next(iter(found.items()))
    if name in found:
        return name, found[name]
    remedy = f"Named are: {', '.join(sorted(found))}." if found else "Add one: docs/howto/hubspot.md."
    rule = "must name a HubSpot account under deliver in leadq.yaml"
    raise ConfigError(Problem(where="--from", rule=rule, value=name, remedy=remedy))


def _words(name: str, kind: str, done: SetUp, *, dry_run: bool) -> str:
    made, changed = ("would make", "would change") if dry_run else ("made", "changed")
    lines = [f"{name} ({kind}): {len(done.there)} properties are there already."]
    if done.made:
        lines.append(f"  {made}: {', '.join(done.made)}")
    if done.changed:
        lines.append(f"  {changed} the options of: {', '.join(done.changed)}")
    if not dry_run:
        lines.append(f"People own {', '.join(HUMAN_PROPERTIES)}: put them on the record's page. docs/howto/hubspot.md.")
    return "\n".join(lines)
