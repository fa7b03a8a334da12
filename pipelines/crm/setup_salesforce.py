"""``leadq crm setup salesforce``: the folder that makes a CRM ready to take scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leadq.crm.connectors.salesforce.metadata.source_folder import (
    DISQUALIFIED_STATUSES,
    MetadataSettings,
    salesforce_metadata,
    write_metadata,
)
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.project.project import Project


def setup_salesforce(
    project: Project, *, folder: Path, statuses: Sequence[str] = (), track_history: bool = False, detail: bool = False
) -> Told:
    """Write a source folder for Salesforce from the project's agreement.

    Parameters
    ----------
    project : Project
    folder : Path
        New, empty, or written by an earlier run, which is replaced.
    statuses : sequence of str
        Values of the lead's status that mean rejected; Salesforce's own names if none is given.
    track_history, detail : bool
        See :class:`leadq.crm.connectors.salesforce.metadata.source_folder.MetadataSettings`.

    Raises
    ------
    AgreementError, UsageError, StoreError
        See :func:`leadq.crm.connectors.salesforce.metadata.source_folder.salesforce_metadata` and ``write_metadata``.
    """
    settings = MetadataSettings(
        disqualified_statuses=tuple(statuses) or DISQUALIFIED_STATUSES, track_history=track_history, detail=detail
    )
    files = salesforce_metadata(project.agreement, settings)
    write_metadata(folder, files)
    named = ", ".join(settings.disqualified_statuses)
    rule = f"A rejection reason is asked for in the status {named}."
    if not project.agreement.rejection_reasons:
        rule = "The agreement names no rejection reasons, so none is asked for."
    words = [
        f"{folder}: wrote {len(files)} files from version {project.agreement.version} of the agreement.",
        rule,
        f"Then: cd {folder} && sf project deploy start --dry-run --manifest manifest/package.xml",
        "The steps before and after are in docs/howto/salesforce.md.",
    ]
    facts = {"folder": str(folder), "files": list(files), "agreement_version": project.agreement.version}
    return Told(facts=facts, words="\n".join(words))
