"""``leadq crm setup hubspot``: the properties that make an account ready to take scores, made over its API."""

from __future__ import annotations

from collections.abc import Mapping

from leadq.agreement.schema import Agreement
from leadq.crm.connectors.connector import SetupReport, Surroundings
from leadq.crm.connectors.hubspot.opening import open_session
from leadq.crm.connectors.hubspot.properties import HUMAN_PROPERTIES, wanted
from leadq.crm.connectors.hubspot.settings import ToHubspot
from leadq.crm.connectors.hubspot.setup import SetUp, set_up
from leadq.foundation.plurals import counted
from leadq.foundation.problems import ConfigError, Problem


def set_up_account(
    agreement: Agreement, targets: Mapping[str, ToHubspot], around: Surroundings, *, name: str, dry_run: bool
) -> SetupReport:
    """Make group and properties from the agreement; what is there is left, tiers are brought up to date.

    Parameters
    ----------
    agreement : Agreement
    targets : mapping of str to ToHubspot
        Accounts that leadq.yaml names.
    around : Surroundings
        Holds the access token.
    name : str
        Of one of them; may be empty where there is one only.
    dry_run : bool
        Say what it would do.

    Raises
    ------
    ConfigError
        No such account is named, or it does not let us in.
    GateStopped
        A property of that name is there and of another type; nothing was made.
    """
    name, to = _account(targets, name)
    done = set_up(open_session(to, around.environment), to.object, wanted(agreement), dry_run=dry_run)
    facts = {
        "target": name,
        "object": to.object,
        "dry_run": dry_run,
        "made": list(done.made),
        "changed": list(done.changed),
        "there": list(done.there),
        "agreement_version": agreement.version,
    }
    return SetupReport(facts=facts, words=_words(name, to.object, done, dry_run=dry_run))


def _account(targets: Mapping[str, ToHubspot], name: str) -> tuple[str, ToHubspot]:
    if not name and len(targets) == 1:
        return next(iter(targets.items()))
    if name in targets:
        return name, targets[name]
    remedy = f"Use one of {', '.join(sorted(targets))}." if targets else "Add one: docs/howto/hubspot.md."
    rule = "must name a HubSpot account under deliver in leadq.yaml"
    raise ConfigError(Problem(where="--from", rule=rule, value=name, remedy=remedy))


def _words(name: str, kind: str, done: SetUp, *, dry_run: bool) -> str:
    made, changed = ("would create", "would change") if dry_run else ("made", "changed")
    lines = [f"{name} ({kind}): {counted(len(done.there), 'property is', 'properties are')} already there."]
    if done.made:
        lines.append(f"  {made}: {', '.join(done.made)}")
    if done.changed:
        lines.append(f"  {changed} the options of: {', '.join(done.changed)}")
    if not dry_run:
        lines.append(
            f"Your people fill in {', '.join(HUMAN_PROPERTIES)}: add them to the record page (see docs/howto/hubspot.md)."
        )
    return "\n".join(lines)
