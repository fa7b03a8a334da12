"""``leadq crm setup salesforce``: the folder that makes an organisation ready to take scores."""

from __future__ import annotations

from leadq.agreement.schema import Agreement
from leadq.crm.connectors.connector import SetupReport
from leadq.crm.connectors.salesforce.metadata.source_folder import (
    DISQUALIFIED_STATUSES,
    MetadataSettings,
    salesforce_metadata,
    write_metadata,
)
from leadq.crm.connectors.salesforce.setup_options import SalesforceSetup
from leadq.foundation.plurals import counted
from leadq.foundation.problems import Problem, UsageError


def set_up(agreement: Agreement, options: SalesforceSetup) -> SetupReport:
    """Write a source folder for Salesforce from the agreement.

    Raises
    ------
    AgreementError, UsageError, StoreError
        No folder is named, or see :func:`leadq.crm.connectors.salesforce.metadata.source_folder.salesforce_metadata` and
        ``write_metadata``.
    """
    if options.folder is None:
        raise UsageError(Problem(where="--folder", rule="is missing", remedy="Name the folder: --folder salesforce."))
    settings = MetadataSettings(
        disqualified_statuses=options.disqualified_status or DISQUALIFIED_STATUSES,
        track_history=options.track_history,
        detail=options.detail,
    )
    files = salesforce_metadata(agreement, settings)
    write_metadata(options.folder, files)
    named = ", ".join(settings.disqualified_statuses)
    rule = f"Leads in the status {named} need a rejection reason."
    if not agreement.rejection_reasons:
        rule = "The agreement has no rejection reasons, so none is required."
    words = [
        f"{options.folder}: wrote {counted(len(files), 'file')} for version {agreement.version} of the agreement.",
        rule,
        f"Next: cd {options.folder} && sf project deploy start --dry-run --manifest manifest/package.xml",
        "docs/howto/salesforce.md describes the steps before and after.",
    ]
    facts = {"folder": str(options.folder), "files": list(files), "agreement_version": agreement.version}
    return SetupReport(facts=facts, words="\n".join(words))
