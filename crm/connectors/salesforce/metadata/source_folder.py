"""A source folder that the Salesforce command line deploys: fields, rights and the rule behind them, from the agreement.

The same agreement gives the same bytes. Reads and writes nothing of Salesforce; the steps are in ``docs/howto/salesforce.md``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leadq.agreement.schema import Agreement
from leadq.crm.connectors.salesforce.metadata.component_xml import (
    API_VERSION,
    Content,
    document,
    field_document,
    formula_text,
    permission_set_document,
)
from leadq.crm.connectors.salesforce.metadata.fields import (
    AFTER_REJECTION,
    HUMAN_FIELDS,
    OUR_FIELDS,
    REASONS_DETAIL,
    REJECTION_REASON,
    LeadField,
    lead_fields,
)
from leadq.foundation.atomic_files import new_folder
from leadq.foundation.owned_folders import replaceable
from leadq.foundation.problems import Problem, UsageError

SKIP_AUTOMATION = "LQ_Skip_Automation"
INTEGRATION, SALES = "LQ_Integration", "LQ_Sales"
RULE = "LQ_Rejection_Reason_Needed"
MARK = "leadq-setup.txt"
"""Stands in every folder written here and in nobody else's: only a folder that holds it is replaced."""
_MARK_SAYS = "Written by leadq crm setup, which replaces this whole folder: do not keep your own files in it.\n"

DISQUALIFIED_STATUSES = ("Closed - Not Converted", "Unqualified")
"""Names that Salesforce gives the status of a rejected lead; a company may have its own."""

READ_OBJECTS = ("Account", "Campaign", "Contact", "Lead", "Opportunity")
READ_FIELDS = (
    *(f"Account.{field}" for field in ("AnnualRevenue", "BillingAddress", "Industry", "NumberOfEmployees", "Website")),
    "Event.WhoId",
    *(f"Lead.{field}" for field in ("Address", "AnnualRevenue", "Email", "Industry", "LeadSource")),
    *(f"Lead.{field}" for field in ("NumberOfEmployees", "Title")),
    *(f"Opportunity.{field}" for field in ("AccountId", "Amount")),
    "Task.WhoId",
)
"""Optional fields that history is read from; required ones need no right, and Salesforce refuses to give it. The right to a country
comes only with the whole address, of which nothing else is asked for."""

_ROOT = "force-app/main/default"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSettings:
    """What a company may choose.

    Parameters
    ----------
    disqualified_statuses : tuple of str
        Values of the lead's status in which a rejection reason must be given.
    track_history : bool
        Ask Salesforce to keep the history of tier, score, override and rejection reason; the lead must have history switched on.
    detail : bool
        With the long text of all reasons.
    """

    disqualified_statuses: tuple[str, ...] = DISQUALIFIED_STATUSES
    track_history: bool = False
    detail: bool = False


def salesforce_metadata(agreement: Agreement, settings: MetadataSettings) -> dict[str, str]:
    """Return the files of the source folder: path within it to text, in order of path.

    Raises
    ------
    AgreementError
        Tiers or reasons that Salesforce cannot tell apart.
    UsageError
        No status is named in which a rejection reason must be given.
    """
    statuses = tuple(dict.fromkeys(status.strip() for status in settings.disqualified_statuses if status.strip()))
    if not statuses:
        remedy = "Name at least one value of the lead's status, such as Unqualified."
        raise UsageError(Problem(where="--disqualified-status", rule="must not be empty", remedy=remedy))
    fields = lead_fields(agreement, detail=settings.detail)
    files = {
        f"{_ROOT}/objects/Lead/fields/{field.name}.field-meta.xml": field_document(
            field, track_history=settings.track_history
        )
        for field in fields
    }
    with_rule = bool(agreement.rejection_reasons)
    if with_rule:
        files[f"{_ROOT}/objects/Lead/validationRules/{RULE}.validationRule-meta.xml"] = _rule(statuses)
    files[f"{_ROOT}/customPermissions/{SKIP_AUTOMATION}.customPermission-meta.xml"] = _skip_automation()
    files[f"{_ROOT}/permissionsets/{INTEGRATION}.permissionset-meta.xml"] = _integration(fields)
    files[f"{_ROOT}/permissionsets/{SALES}.permissionset-meta.xml"] = _sales(fields)
    files["manifest/package.xml"] = _manifest(fields, with_rule=with_rule)
    files["sfdx-project.json"] = _project()
    files[MARK] = _MARK_SAYS
    return dict(sorted(files.items()))


def write_metadata(folder: Path, files: dict[str, str]) -> None:
    """Write the source folder whole or not at all; one that an earlier run wrote is replaced.

    Raises
    ------
    UsageError
        ``folder`` holds something else, which is left as it is.
    StoreError
        It cannot be written.
    """
    with new_folder(replaceable(folder, mark=MARK, writer="leadq crm setup")) as partial:
        for name, text in sorted(
            files.items(), key=lambda file: file[0] != MARK
        ):  # the mark first: a killed run is known by it
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")


def _rule(statuses: Sequence[str]) -> str:
    """Judge only what changes, so that leads rejected before the rule can still be edited."""
    rejected = ", ".join(f"ISPICKVAL(Status, {formula_text(status)})" for status in statuses)
    formula = (
        f"AND(NOT($Permission.{SKIP_AUTOMATION}), OR(ISNEW(), ISCHANGED(Status), ISCHANGED({REJECTION_REASON})), "
        f"OR({rejected}), ISBLANK(TEXT({REJECTION_REASON})))"
    )
    return document(
        "ValidationRule",
        [
            ("fullName", RULE),
            ("active", True),
            ("description", "A rejected lead needs one of the reasons that sales and marketing agreed on."),
            ("errorConditionFormula", formula),
            ("errorDisplayField", REJECTION_REASON),
            ("errorMessage", "Choose why this lead is rejected: marketing learns from it."),
        ],
    )


def _skip_automation() -> str:
    words = "For the integration user: flows and validation rules that check for it do not block the nightly scores."
    return document(
        "CustomPermission", [("description", words), ("isLicensed", False), ("label", "LQ Skip Automation")]
    )


def _integration(fields: Sequence[LeadField]) -> str:
    ours = {field.name for field in (*OUR_FIELDS, *AFTER_REJECTION)} | {REASONS_DETAIL}
    return permission_set_document(
        label="LQ Integration",
        description="For leadq's user: reads leads and their history, and edits only leadq's fields.",
        editable=[f"Lead.{field.name}" for field in fields if field.name in ours],
        readable=[*(f"Lead.{field.name}" for field in fields), *READ_FIELDS],
        objects={entity: entity == "Lead" for entity in READ_OBJECTS},
        custom_permission=SKIP_AUTOMATION,
        user_permissions=("ApiEnabled",),
    )


def _sales(fields: Sequence[LeadField]) -> str:
    return permission_set_document(
        label="LQ Sales",
        description="For sales: reads the score and its reasons, and edits the override and the rejection reason.",
        editable=[f"Lead.{field.name}" for field in fields if field.name in HUMAN_FIELDS],
        readable=[f"Lead.{field.name}" for field in fields],
        objects={},
    )


def _manifest(fields: Sequence[LeadField], *, with_rule: bool) -> str:
    members = {
        "CustomField": sorted(f"Lead.{field.name}" for field in fields),
        "CustomPermission": [SKIP_AUTOMATION],
        "PermissionSet": [INTEGRATION, SALES],
        "ValidationRule": [f"Lead.{RULE}"] if with_rule else [],
    }
    content: list[tuple[str, str | Content]] = [
        ("types", [*(("members", member) for member in named), ("name", kind)])
        for kind, named in members.items()
        if named
    ]
    return document("Package", [*content, ("version", API_VERSION)])


def _project() -> str:
    project = {
        "name": "leadq",
        "namespace": "",
        "packageDirectories": [{"default": True, "path": "force-app"}],
        "sourceApiVersion": API_VERSION,
    }
    return json.dumps(project, indent=2) + "\n"
