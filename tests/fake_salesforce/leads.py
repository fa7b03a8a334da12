"""The Lead object of the fake organisation: standard fields that we read and LQ_ fields that we write or people own."""

from __future__ import annotations

from tests.fake_salesforce.fields import Field

TIERS = ("T1", "T2", "T3", "disqualified")
REJECTION_REASONS = (
    "not_decision_maker",
    "no_budget",
    "timeline_over_12_months",
    "outside_icp",
    "competitor",
    "student",
    "duplicate",
    "unreachable",
)

STANDARD = (
    Field(name="Id", kind="id", length=18, writable=False, nillable=False),
    Field(name="IsDeleted", kind="boolean", writable=False),
    Field(name="MasterRecordId", kind="reference", length=18, writable=False),
    Field(name="CreatedDate", kind="datetime", writable=False),
    Field(name="CreatedById", kind="reference", length=18, writable=False),
    Field(name="LastModifiedDate", kind="datetime", writable=False),
    Field(name="LastModifiedById", kind="reference", length=18, writable=False),
    Field(name="SystemModstamp", kind="datetime", writable=False),
    Field(name="IsConverted", kind="boolean", writable=False),
    Field(name="ConvertedDate", kind="date", writable=False),
    Field(name="ConvertedAccountId", kind="reference", length=18, writable=False),
    Field(name="ConvertedContactId", kind="reference", length=18, writable=False),
    Field(name="ConvertedOpportunityId", kind="reference", length=18, writable=False),
    Field(name="LastName", length=80, nillable=False),
    Field(name="FirstName", length=40),
    Field(name="Company", length=255, nillable=False),
    Field(name="Title", length=128),
    Field(name="Email", kind="email", length=80),
    Field(name="Country", length=80),
    Field(name="LeadSource", kind="picklist", length=255),
    Field(name="Status", kind="picklist", length=255),
    Field(name="Rating", kind="picklist", length=255),
    Field(name="Industry", kind="picklist", length=255),
    Field(name="NumberOfEmployees", kind="int", precision=9),
    Field(name="AnnualRevenue", kind="currency", precision=18),
    Field(name="OwnerId", kind="reference", length=18),
    Field(name="LastActivityDate", kind="date", writable=False),
)

OURS = (
    Field(name="LQ_Score__c", kind="double", precision=3),
    Field(name="LQ_Tier__c", kind="picklist", length=255, choices=TIERS),
    Field(name="LQ_Chance__c", kind="percent", precision=5, scale=2),
    *(Field(name=f"LQ_Reason_{number}__c", length=255) for number in (1, 2, 3)),
    *(Field(name=f"LQ_Reason_Against_{number}__c", length=255) for number in (1, 2, 3)),
    Field(name="LQ_Reasons_Detail__c", kind="textarea", length=32_768),
    Field(name="LQ_Scored_At__c", kind="datetime"),
    Field(name="LQ_Model_Version__c", length=40),
    Field(name="LQ_Status__c", length=255),
    Field(name="LQ_Track__c", length=255),
    Field(name="LQ_Next_Owner__c", length=255),
    Field(name="LQ_Wakes_At__c", kind="datetime"),
    Field(name="LQ_Returned_At__c", kind="datetime"),
    Field(name="LQ_External_Id__c", length=40, external_id=True),
)

PEOPLES = (
    Field(name="LQ_Tier_Override__c", kind="picklist", length=255, choices=TIERS),
    Field(name="LQ_Override_Reason__c", length=255),
    Field(name="LQ_Rejection_Reason__c", kind="picklist", length=255, choices=REJECTION_REASONS),
    Field(name="LQ_Effective_Tier__c", length=255, formula=True, writable=False),
)

LEAD_FIELDS = STANDARD + OURS + PEOPLES
