"""The source folder for Salesforce: legal, escaped, deterministic, of least rights, and never over what people own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import DISQUALIFIED, Agreement, Tier
from leadq.agreement.template import template_text
from leadq.crm.connectors.salesforce.connector import CONNECTOR as SALESFORCE
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, queries
from leadq.crm.connectors.salesforce.metadata.component_xml import NAMESPACE, formula_text
from leadq.crm.connectors.salesforce.metadata.fields import (
    AFTER_REJECTION,
    HUMAN_FIELDS,
    OUR_FIELDS,
    REASONS_DETAIL,
    lead_fields,
)
from leadq.crm.connectors.salesforce.metadata.source_folder import (
    MARK,
    MetadataSettings,
    salesforce_metadata,
    write_metadata,
)
from leadq.foundation.problems import AgreementError, UsageError
from leadq.serving.delivery.planning.payload import our_fields

ELEMENTS = {
    "CustomField": "fullName formula formulaTreatBlanksAs inlineHelpText label length precision scale required trackHistory type"
    " externalId unique valueSet visibleLines",
    "valueSet": "restricted valueSetDefinition",
    "valueSetDefinition": "sorted value",
    "value": "fullName default label",
    "ValidationRule": "fullName active description errorConditionFormula errorDisplayField errorMessage",
    "CustomPermission": "description isLicensed label",
    "PermissionSet": "customPermissions description fieldPermissions hasActivationRequired label objectPermissions userPermissions",
    "customPermissions": "enabled name",
    "fieldPermissions": "editable field readable",
    "objectPermissions": "allowCreate allowDelete allowEdit allowRead modifyAllRecords object viewAllRecords",
    "userPermissions": "enabled name",
    "Package": "types version",
    "types": "members name",
}
"""Element names of the Metadata API Developer Guide, of the kinds that leadq uses."""

FIELDS = "force-app/main/default/objects/Lead/fields"
RULE = "force-app/main/default/objects/Lead/validationRules/LQ_Rejection_Reason_Needed.validationRule-meta.xml"
SETS = "force-app/main/default/permissionsets"


@pytest.fixture
def agreement() -> Agreement:
    return parse_agreement(template_text(), where="agreement.yaml")


def files_of(agreement: Agreement, **chosen: object) -> dict[str, str]:
    return salesforce_metadata(agreement, MetadataSettings(**chosen))


def parsed(text: str) -> Xml.Element:
    root = Xml.fromstring(text)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    return root


def texts(root: Xml.Element, path: str) -> list[str]:
    return [found.text or "" for found in root.findall(path)]


def rights(text: str) -> dict[str, bool]:
    return {
        given.findtext("field", ""): given.findtext("editable") == "true"
        for given in parsed(text).findall("fieldPermissions")
    }


def test_every_file_holds_only_elements_of_the_metadata_api(agreement: Agreement) -> None:
    files = files_of(agreement, track_history=True, detail=True)
    checked = 0
    for name, text in files.items():
        if not name.endswith(".xml"):
            continue
        assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<')
        for element in parsed(text).iter():
            if element.tag in ELEMENTS and len(element):
                assert {child.tag for child in element} <= set(ELEMENTS[element.tag].split()), name
                checked += 1
            else:
                assert not len(element), f"{name}: {element.tag}"
    assert checked > 100


def test_names_are_legal_and_unique_and_the_manifest_names_every_component(agreement: Agreement) -> None:
    files = files_of(agreement, detail=True)
    manifest = parsed(files["manifest/package.xml"])
    named = {kind.findtext("name"): texts(kind, "members") for kind in manifest.findall("types")}
    folders = {
        "CustomField": ("/fields/", "Lead."),
        "ValidationRule": ("/validationRules/", "Lead."),
        "PermissionSet": ("/permissionsets/", ""),
        "CustomPermission": ("/customPermissions/", ""),
    }
    for kind, (folder, prefix) in folders.items():
        written = [prefix + Path(name).name.split(".")[0] for name in files if folder in name]
        assert sorted(named[kind]) == sorted(written)
        for member in written:
            name = member.removeprefix(prefix).removesuffix("__c")
            assert len(name) <= 40
            assert re.fullmatch(r"[A-Za-z]([A-Za-z0-9]|_(?!_))*(?<!_)", name)
    names = [name.casefold() for name in named["CustomField"]]
    assert len(set(names)) == len(names) == 21
    for field in named["CustomField"]:
        written = parsed(files[f"{FIELDS}/{field.removeprefix('Lead.')}.field-meta.xml"])
        assert f"Lead.{written.findtext('fullName')}" == field


def test_what_delivery_writes_fits_the_fields(agreement: Agreement) -> None:
    files = files_of(agreement)
    kinds = {"number": {"Number", "Percent"}, "text": {"Text"}, "picklist": {"Picklist"}, "moment": {"DateTime"}}
    tiers = [*(tier.id for tier in agreement.tiers), DISQUALIFIED]
    delivered = our_fields(SALESFORCE.field_name, tiers, rejections=True)
    assert {field.name for field in delivered} == {field.name for field in (*OUR_FIELDS, *AFTER_REJECTION)}
    for field in delivered:
        written = parsed(files[f"{FIELDS}/{field.name}.field-meta.xml"])
        assert written.findtext("type") in kinds[field.kind]
        assert int(written.findtext("length", "0")) == field.length
        assert tuple(texts(written, "valueSet/valueSetDefinition/value/fullName")) == field.choices
        assert field.kind != "picklist" or written.findtext("valueSet/restricted") == "true"
        assert written.find("formula") is None
    assert next(field.choices for field in delivered if field.name == "LQ_Tier__c") == tuple(tiers)


def test_delivery_may_edit_its_fields_only_and_sales_only_theirs(agreement: Agreement) -> None:
    files = files_of(agreement, detail=True)
    ours = {f"Lead.{name}" for name in (*(field.name for field in (*OUR_FIELDS, *AFTER_REJECTION)), REASONS_DETAIL)}
    people = {f"Lead.{name}" for name in HUMAN_FIELDS}
    integration = files[f"{SETS}/LQ_Integration.permissionset-meta.xml"]
    sales = files[f"{SETS}/LQ_Sales.permissionset-meta.xml"]
    assert not ours & people
    assert {name for name, edit in rights(integration).items() if edit} == ours
    assert {name for name, edit in rights(sales).items() if edit} == people
    assert rights(integration)["Lead.LQ_Effective_Tier__c"] is False
    assert set(rights(sales)) == {f"Lead.{field.name}" for field in lead_fields(agreement, detail=True)}
    objects = parsed(integration).findall("objectPermissions")
    assert [one.findtext("object") for one in objects if one.findtext("allowEdit") == "true"] == ["Lead"]
    for right in ("allowCreate", "allowDelete", "modifyAllRecords"):
        assert {one.findtext(right) for one in objects} == {"false"}
    assert parsed(integration).findtext("customPermissions/name") == "LQ_Skip_Automation"
    assert parsed(sales).find("objectPermissions") is None
    assert parsed(sales).find("customPermissions") is None


def test_a_rejected_lead_needs_a_reason_of_the_agreement(agreement: Agreement) -> None:
    files = files_of(agreement, disqualified_statuses=('Not "fit" \\ & <over>', "Unqualified"))
    formula = parsed(files[RULE]).findtext("errorConditionFormula", "")
    assert 'ISPICKVAL(Status, "Not \\"fit\\" \\\\ & <over>")' in formula
    assert 'ISPICKVAL(Status, "Unqualified")' in formula
    assert "NOT($Permission.LQ_Skip_Automation)" in formula
    assert formula.count("(") == formula.count(")")
    reasons = parsed(files[f"{FIELDS}/LQ_Rejection_Reason__c.field-meta.xml"])
    assert tuple(texts(reasons, ".//value/fullName")) == agreement.rejection_reasons
    assert "No budget" in texts(reasons, ".//value/label")


def test_without_agreed_reasons_none_is_asked_for(agreement: Agreement) -> None:
    files = files_of(replace(agreement, rejection_reasons=()))
    assert not [name for name in files if "Rejection" in name]
    assert not [name for name, text in files.items() if "LQ_Rejection" in text]


def test_hostile_labels_are_escaped_and_cut(agreement: Agreement) -> None:
    hostile = "</label><restricted>false</restricted>\x00\x1b\ud800]]>&\"'\n=cmd|" + "x" * 400
    tiers = (replace(agreement.tiers[0], label=hostile), *agreement.tiers[1:])
    text = files_of(replace(agreement, tiers=tiers))[f"{FIELDS}/LQ_Tier__c.field-meta.xml"]
    written = parsed(text)
    assert texts(written, "valueSet/restricted") == ["true"]
    label = texts(written, ".//value/label")[0]
    assert label.startswith("T1: </label><restricted>false</restricted>]]>&\"' =cmd|xxx")
    assert len(label) == 255
    text.encode("utf-8")


def test_labels_stay_apart_where_the_words_would_not(agreement: Agreement) -> None:
    alike = replace(agreement, rejection_reasons=("no_budget", "no-budget", "student"))
    text = files_of(alike)[f"{FIELDS}/LQ_Rejection_Reason__c.field-meta.xml"]
    assert texts(parsed(text), ".//value/label") == ["no_budget", "no-budget", "Student"]


def test_values_that_differ_in_capitals_only_are_refused(agreement: Agreement) -> None:
    twins = (*agreement.tiers, Tier(id="t1", label="other", owner="sales"))
    with pytest.raises(AgreementError, match=r"tiers: must differ in more than capital letters.*T1, t1"):
        files_of(replace(agreement, tiers=twins))
    with pytest.raises(AgreementError, match=r"rejection_reasons: .*Student, student"):
        files_of(replace(agreement, rejection_reasons=("Student", "student")))


def test_a_rule_without_a_status_is_refused(agreement: Agreement) -> None:
    with pytest.raises(UsageError, match="--disqualified-status: must not be empty"):
        files_of(agreement, disqualified_statuses=(" ",))


def test_history_is_tracked_only_when_asked(agreement: Agreement) -> None:
    tracked = [name for name, text in files_of(agreement, track_history=True).items() if "trackHistory" in text]
    assert [Path(name).name.split(".")[0] for name in tracked] == [
        "LQ_Rejection_Reason__c",
        "LQ_Score__c",
        "LQ_Tier_Override__c",
        "LQ_Tier__c",
    ]
    assert not [text for text in files_of(agreement).values() if "trackHistory" in text]


def test_the_same_agreement_writes_the_same_bytes_and_replaces_only_its_own_folder(
    agreement: Agreement, tmp_path: Path
) -> None:
    folder = tmp_path / "salesforce"
    write_metadata(folder, files_of(agreement, detail=True))
    assert (folder / FIELDS / "LQ_Reasons_Detail__c.field-meta.xml").is_file()
    write_metadata(folder, files_of(agreement))
    first = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert list(first) != []
    assert first == {name: text.encode() for name, text in files_of(agreement).items()}
    assert MARK in first
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="must be new, empty or written by leadq crm setup"):
        write_metadata(other, files_of(agreement))
    assert (other / "thesis.txt").read_text() == "years of work"


def test_a_salesforce_project_of_ones_own_is_left_alone(agreement: Agreement, tmp_path: Path) -> None:
    own = tmp_path / "acme" / "force-app" / "Billing.cls"
    own.parent.mkdir(parents=True)
    own.write_text("class")
    (tmp_path / "acme" / "sfdx-project.json").write_text('{"name": "acme"}')
    with pytest.raises(UsageError, match="must be new, empty or written by leadq crm setup"):
        write_metadata(tmp_path / "acme", files_of(agreement))
    assert own.read_text() == "class"


def test_a_text_of_a_formula_ends_where_it_should() -> None:
    assert formula_text('a"b\\') == '"a\\"b\\\\"'


NEEDS_NO_RIGHT = {
    *(
        "Id",
        "IsDeleted",
        "CreatedDate",
        "CreatedById",
        "SystemModstamp",
        "OwnerId",
        "Name",
        "Status",
        "StageName",
        "CloseDate",
    ),
    *(
        "IsClosed",
        "IsWon",
        "Field",
        "OldValue",
        "NewValue",
        "LeadId",
        "AccountId",
        "OpportunityId",
        "ContactId",
        "CampaignId",
    ),
    *(
        "MasterRecordId",
        "ConvertedDate",
        "ConvertedAccountId",
        "ConvertedContactId",
        "ConvertedOpportunityId",
        "TaskSubtype",
    ),
    "FirstRespondedDate",
}
"""Required, of the system, or of objects whose fields have no rights of their own."""


def test_the_integration_user_may_read_what_history_asks_for(agreement: Agreement) -> None:
    readable = set(rights(files_of(agreement)[f"{SETS}/LQ_Integration.permissionset-meta.xml"]))
    whole = {"Country": "Address", "BillingCountry": "BillingAddress"}
    asked = {
        f"{query.name}.{whole.get(field, field)}"
        for query in queries(HistorySettings())
        for field in query.fields
        if field not in NEEDS_NO_RIGHT
    }
    assert asked <= readable
    assert {name for name in readable if "LQ_" not in name} == asked | {"Opportunity.AccountId"}


def test_help_says_what_a_score_and_a_chance_mean(agreement: Agreement) -> None:
    help_of = {field.name: field.help for field in lead_fields(agreement)}
    assert help_of["LQ_Score__c"] == "0 to 100, for sorting. 70 means better than 70 of 100 open leads."
    days = agreement.outcome.horizon_days
    assert help_of["LQ_Chance__c"] == f"How many of 100 leads like this one are won within {days} days."
    shown = files_of(agreement)[f"{FIELDS}/LQ_Score__c.field-meta.xml"]
    assert f"<inlineHelpText>{help_of['LQ_Score__c']}</inlineHelpText>" in shown
