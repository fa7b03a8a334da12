"""Rows of Salesforce to the contract's tables, in SQL over Parquet: pure, the same rows give the same bytes.

Three traps of Salesforce decide how:

- A lead gets its account on conversion only. ``ConvertedAccountId`` as the lead's account would tell of every lead whether it
  was converted, so an account is taken from a lookup that holds before, or not at all; firmographics of the lead itself stand
  on the lead. Opportunities still find their lead by what it was converted into.
- On conversion a lead's tasks and campaigns move to its contact. They are led back, else converted leads would seem never to have been
  called, and to have come from nowhere.
- ``CloseDate`` is edited by people. The clock of an outcome is when the opportunity's stage last turned into it.
"""

# ruff: noqa: S608 - identifiers are quoted, values are literals made by text()

from __future__ import annotations

from collections.abc import Sequence

from leadq.crm.connectors.salesforce.history.queries import (
    ACCOUNT_NAMES,
    LEAD_FIRMOGRAPHICS,
    LEAD_NAMES,
    OWNER_CHANGES,
    HistorySettings,
)
from leadq.crm.connectors.salesforce.metadata.fields import REJECTION_REASON
from leadq.crm.contract.crm_tables import WITHDRAWN
from leadq.crm.storage.scratch_database import name, text

CREDIT_DAYS = 365
"""A later opportunity of the account a lead was converted into is that lead's so many days after the lead came in.

Later than the conversion: an account's earlier deals were nobody's business of the lead, and crediting them by what it was converted into
afterwards would tell of the past what nobody knew then.
"""
DAY_OVER_HOURS = 36
"""From midnight UTC until a day is over on all the earth: Salesforce keeps only the day of a conversion and of an answer."""


_CAME_WITH_DAYS = 1
"""A campaign joined later is not the one that brought the lead: it was not known when the lead came in."""


def table_queries(settings: HistorySettings) -> dict[str, str]:
    """Return table of the contract to the SQL that makes it of the views named as Salesforce's objects, in a total order."""
    return {
        "leads": _leads(settings),
        "accounts": _accounts(settings),
        "opportunities": _opportunities(settings),
        "events": _events(),
        "field_history": _field_history(settings),
        "touches": _touches(settings),
        "dispositions": _dispositions(settings),
        "lead_aliases": _aliases(),
    }


def moment(column: str) -> str:
    """Return the SQL of a time as Salesforce writes it, in UTC; null where it is none."""
    return f"TRY_CAST(regexp_replace({column}, '\\+0000$', 'Z') AS TIMESTAMPTZ)"


_PRESENT = "coalesce(IsDeleted, 'false') <> 'true'"


def _number(column: str) -> str:
    return f"TRY_CAST({column} AS DOUBLE)"


def _own(fields: Sequence[str]) -> str:
    return "".join(f", {name(field)}" for field in fields)


def _leads(settings: HistorySettings) -> str:
    account = name(settings.matched_account) if settings.matched_account else "NULL::VARCHAR"
    return f"""
        WITH {_PERSON}, member AS (
            SELECT Id, coalesce(LeadId, ContactId) AS who, CampaignId, CreatedDate, {moment("CreatedDate")} AS happened
            FROM CampaignMember WHERE {_PRESENT}
        ), first_campaign AS (
            SELECT once.lead_id AS LeadId, arg_min(CampaignId, (member.CreatedDate, member.Id)) AS campaign
            FROM member ASOF JOIN once ON member.who = once.who AND member.happened >= once.since
            WHERE member.happened <= once.since + INTERVAL {_CAME_WITH_DAYS} DAY
            GROUP BY once.lead_id
        )
        SELECT Id AS lead_id, {moment("CreatedDate")} AS created_at, {account} AS account_id, LeadSource AS source, campaign,
            OwnerId AS owner, EmailDomain AS email_domain, Title AS title, Country AS country, Status AS status,
            Industry AS industry, {_number("NumberOfEmployees")} AS employees, {_number("AnnualRevenue")} AS annual_revenue
            {_own(settings.lead_fields)}
        FROM Lead LEFT JOIN first_campaign ON Lead.Id = first_campaign.LeadId
        WHERE {_PRESENT} OR MasterRecordId IS NOT NULL
        ORDER BY lead_id"""


def _accounts(settings: HistorySettings) -> str:
    return f"""
        SELECT Id AS account_id, Name AS name, Website AS domain, Industry AS industry,
            {_number("NumberOfEmployees")} AS employees, {_number("AnnualRevenue")} AS annual_revenue,
            BillingCountry AS country {_own(settings.account_fields)}
        FROM Account WHERE {_PRESENT} ORDER BY account_id"""


def _opportunities(settings: HistorySettings) -> str:
    currency = "CurrencyIsoCode" if settings.with_currency else "NULL::VARCHAR"
    outcome = "CASE WHEN IsWon = 'true' THEN 'won' WHEN IsClosed = 'true' THEN 'lost' ELSE 'open' END"
    return f"""
        WITH deal AS (
            SELECT *, {outcome} AS outcome, {moment("CreatedDate")} AS created_at FROM Opportunity WHERE {_PRESENT}
        ), stage AS (
            SELECT StageName, mode({outcome} ORDER BY {outcome}) AS outcome FROM Opportunity GROUP BY StageName
        ), step AS (
            SELECT OpportunityId, {moment("CreatedDate")} AS happened, coalesce(stage.outcome, 'open') AS outcome
            FROM OpportunityHistory LEFT JOIN stage USING (StageName)
        ), other AS (
            SELECT deal.Id, max(happened) AS happened FROM deal JOIN step ON step.OpportunityId = deal.Id
            WHERE step.outcome <> deal.outcome GROUP BY deal.Id
        ), turned AS (
            SELECT deal.Id, min(step.happened) AS happened FROM deal JOIN step ON step.OpportunityId = deal.Id
            LEFT JOIN other ON other.Id = deal.Id
            WHERE step.outcome = deal.outcome AND (other.happened IS NULL OR step.happened > other.happened) GROUP BY deal.Id
        ), named AS (
            SELECT ConvertedOpportunityId AS Id, max_by(Id, (CreatedDate, Id)) AS lead_id
            FROM Lead WHERE ConvertedOpportunityId IS NOT NULL AND {_PRESENT} GROUP BY ConvertedOpportunityId
        ), followed AS (
            SELECT deal.Id, max_by(Lead.Id, (Lead.CreatedDate, Lead.Id)) AS lead_id
            FROM deal JOIN Lead ON Lead.ConvertedAccountId = deal.AccountId
            WHERE coalesce(Lead.IsDeleted, 'false') <> 'true'
                AND TRY_CAST(Lead.ConvertedDate AS TIMESTAMPTZ) + INTERVAL {DAY_OVER_HOURS} HOUR <= deal.created_at
                AND deal.created_at < {moment("Lead.CreatedDate")} + INTERVAL {CREDIT_DAYS} DAY
            GROUP BY deal.Id
        )
        SELECT deal.Id AS opportunity_id, coalesce(named.lead_id, followed.lead_id) AS lead_id, AccountId AS account_id,
            deal.created_at,
            CASE WHEN deal.outcome <> 'open' THEN coalesce(turned.happened, TRY_CAST(CloseDate AS TIMESTAMPTZ)) END AS closed_at,
            deal.outcome, {_number("Amount")} AS amount, {currency} AS currency, StageName AS stage
        FROM deal LEFT JOIN turned ON turned.Id = deal.Id LEFT JOIN named ON named.Id = deal.Id
            LEFT JOIN followed ON followed.Id = deal.Id
        ORDER BY opportunity_id"""


_PERSON = f"""
    person AS (
        SELECT Id AS who, Id AS lead_id, {moment("CreatedDate")} AS since FROM Lead
        UNION ALL
        SELECT ConvertedContactId, Id, {moment("CreatedDate")} FROM Lead WHERE ConvertedContactId IS NOT NULL AND {_PRESENT}
    ), once AS (SELECT who, since, max(lead_id) AS lead_id FROM person GROUP BY who, since)"""
"""Who a task is about, a lead or the contact it became, and from when on."""


def _touches(settings: HistorySettings) -> str:
    human = f"coalesce(CreatedById, '') <> {text(settings.our_user)}"
    return f"""
        WITH {_PERSON}, activity AS (
            SELECT Id, WhoId, {moment("CreatedDate")} AS happened, lower(coalesce(TaskSubtype, 'task')) AS kind, OwnerId
            FROM Task WHERE {_PRESENT} AND {human}
            UNION ALL
            SELECT Id, WhoId, {moment("CreatedDate")}, 'meeting', OwnerId FROM Event WHERE {_PRESENT} AND {human}
        )
        SELECT once.lead_id, activity.happened AS occurred_at, kind, OwnerId AS rep
        FROM activity ASOF JOIN once ON activity.WhoId = once.who AND activity.happened >= once.since
        ORDER BY once.lead_id, occurred_at, kind, rep, activity.Id"""


def _events() -> str:
    """Say when somebody joined a campaign and answered it; an answer has a day only, known once that day is over."""
    return f"""
        WITH {_PERSON}, member AS (
            SELECT Id, coalesce(LeadId, ContactId) AS who, CampaignId, {moment("CreatedDate")} AS happened,
                TRY_CAST(FirstRespondedDate AS TIMESTAMPTZ) AS responded
            FROM CampaignMember WHERE {_PRESENT}
        ), mine AS (
            SELECT member.*, once.lead_id FROM member ASOF JOIN once ON member.who = once.who AND member.happened >= once.since
        )
        SELECT * EXCLUDE (order_key) FROM (
            SELECT lead_id, happened AS occurred_at, 'campaign_member' AS kind, happened AS known_at, CampaignId AS topic, Id AS order_key
            FROM mine
            UNION ALL
            SELECT lead_id, responded, 'campaign_response', greatest(happened, responded + INTERVAL {DAY_OVER_HOURS} HOUR), CampaignId, Id
            FROM mine WHERE responded IS NOT NULL
        ) ORDER BY lead_id, occurred_at, kind, order_key"""


def _field_history(settings: HistorySettings) -> str:
    parts = [
        _changes(
            "lead",
            "LeadHistory",
            "LeadId",
            {**LEAD_NAMES, **OWNER_CHANGES, **LEAD_FIRMOGRAPHICS},
            settings.lead_fields,
            settings,
        ),
        _changes("account", "AccountHistory", "AccountId", ACCOUNT_NAMES, settings.account_fields, settings),
    ]
    columns = "entity, entity_id, field, changed_at, old_value, new_value"
    return (
        f"SELECT {columns} FROM ({' UNION ALL '.join(parts)}) ORDER BY entity, entity_id, changed_at, field, order_key"
    )


def _changes(
    entity: str, source: str, key: str, names: dict[str, str], own: Sequence[str], settings: HistorySettings
) -> str:
    """Salesforce says which fields changed; what was not asked for is left out here too, and owners that were told by name."""
    known = {**names, **{field: field for field in own}}
    cases = " ".join(f"WHEN {text(old)} THEN {text(new)}" for old, new in known.items())
    by_name = f"Field IN ({', '.join(map(text, OWNER_CHANGES))}) AND OldValue IS NULL AND NewValue IS NULL"
    return f"""
        SELECT {text(entity)} AS entity, {key} AS entity_id, CASE Field {cases} END AS field,
            {moment("CreatedDate")} AS changed_at, OldValue AS old_value, NewValue AS new_value, Id AS order_key
        FROM {source}
        WHERE CASE Field {cases} END IS NOT NULL AND NOT ({by_name})
            AND coalesce(CreatedById, '') <> {text(settings.our_user)} AND {_PRESENT}"""


def _dispositions(settings: HistorySettings) -> str:
    """Say when a reason was given, and when it was emptied: the rejection is taken back."""
    wanted = (
        "TRUE" if settings.with_rejection_reason else "FALSE"
    )  # rows of an earlier reading may hold them all the same
    return f"""
        SELECT LeadId AS lead_id, {moment("CreatedDate")} AS decided_at,
            CASE WHEN NewValue IS NULL THEN {text(WITHDRAWN)} ELSE 'rejected' END AS decision, NewValue AS reason,
            CreatedById AS rep, 'crm' AS channel
        FROM LeadHistory WHERE Field = {text(REJECTION_REASON)} AND coalesce(NewValue, OldValue) IS NOT NULL AND {_PRESENT} AND {wanted}
        ORDER BY lead_id, decided_at, Id"""


def _aliases() -> str:
    """Say which lead went into which; the merge deletes the old one, which then changes no more."""
    return f"""
        SELECT Id AS old_lead_id, MasterRecordId AS lead_id, {moment("SystemModstamp")} AS merged_at
        FROM Lead WHERE MasterRecordId IS NOT NULL ORDER BY old_lead_id"""
