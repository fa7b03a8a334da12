"""``leadq crm verify``: what leadq assumes of a CRM, tried on the real one, and told as a table."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import requests

from leadq.crm.connectors.connector import Connector, Surroundings, TargetSettings, Verifies
from leadq.crm.connectors.opening import open_target, open_verification
from leadq.crm.connectors.registry import named_faults
from leadq.crm.connectors.verification import FieldsOnly, Finding, Verification, Verified
from leadq.pipelines.console.command_result import DONE, STOPPED_BY_GATE, Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.crm.named_crm import named_place
from leadq.pipelines.delivery.target_session import fields_of
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.store_lock import only_writer

_WRITTEN = {
    True: "One lead was written, with the values it already had.",
    False: "Nothing was written to a lead.",
    None: "It is not known whether the lead was written (with the values it already had): an answer was missing.",
}
_SIGNS = {"confirmed": "confirmed", "not confirmed": "not confirmed", "differs": "DIFFERS"}


def verify_crm(
    project: Project,
    progress: Progress,
    *,
    name: str,
    lead_id: str = "",
    environment: Mapping[str, str],
    http: requests.Session | None = None,
) -> Told:
    """Try what leadq assumes of the CRM ``name``.

    Parameters
    ----------
    project : Project
    progress : Progress
    name : str
        Of a CRM under ``deliver`` in leadq.yaml.
    lead_id : str
        A lead whose present values of leadq's fields are written again; empty to write nothing.
    environment : mapping of str to str
        Holds the secrets that leadq.yaml names.
    http : requests.Session, optional
        To be used instead of a session of the connector's own.

    Raises
    ------
    ConfigError
        No such CRM is named, or it does not let us in.
    UsageError
        There is no such lead.
    StoreError
        A lead is named, and a delivery to that CRM runs.
    LeadqError
        It cannot be asked.
    """
    connector, to = named_place(project, name)
    progress(f"Checking {name}")
    around = Surroundings(environment=environment, databases=project.config.databases, http=http)
    fields = fields_of(connector, to, project)
    lock = (
        project.store.folder / f"deliver-{name}.lock"
    )  # a delivery's new values must not be undone by those read before
    with only_writer(lock, doing=f"trying {name}", now=project.now) if lead_id else nullcontext():
        trials = verification_of(connector, name, to, around)
        with named_faults(to.kind, "while it was tried"):
            verified = trials.verify(fields, lead_id=lead_id)
    bad = [one for one in verified.findings if one.verdict == "differs" and not one.harmless]
    return Told(
        facts=_facts(name, verified),
        words=_words(name, to.kind, verified),
        exit_code=STOPPED_BY_GATE if bad else DONE,
    )


def verification_of(connector: Connector[Any], name: str, to: TargetSettings, around: Surroundings) -> Verification:
    """Open a CRM to be tried; one without trials of its own is asked whether it would take our fields.

    Raises
    ------
    LeadqError
        A secret is not set, or what the kind needs is not installed.
    """
    if isinstance(connector, Verifies):
        return open_verification(connector, name, to, around)
    return FieldsOnly(target=open_target(connector, name, to, around))


def _facts(name: str, verified: Verified) -> dict[str, object]:
    findings = [
        {"what": one.what, "verdict": one.verdict, "found": one.found, "harmless": one.harmless}
        for one in verified.findings
    ]
    return {
        "target": name,
        "who": dict(verified.who),
        "findings": findings,
        "counts": _counts(verified),
        "written": verified.written,
    }


def _counts(verified: Verified) -> dict[str, int]:
    verdicts: list[str] = [one.verdict for one in verified.findings]
    return {verdict: verdicts.count(verdict) for verdict in _SIGNS}


def _words(name: str, kind: str, verified: Verified) -> str:
    lines = [f"{name} ({kind}):", *(f"  {key}: {value}" for key, value in verified.who.items()), ""]
    width = max((len(_sign(one)) for one in verified.findings), default=0)
    for one in verified.findings:
        found = f" ({one.found})" if one.found else ""
        lines.append(f"  {_sign(one):{width}}  {one.what}{found}")
    told = ", ".join(f"{count} {verdict}" for verdict, count in _counts(verified).items())
    return "\n".join([*lines, "", f"{told}. {_WRITTEN[verified.written]}"])


def _sign(one: Finding) -> str:
    return f"{_SIGNS[one.verdict]}{', harmless' if one.verdict == 'differs' and one.harmless else ''}"
