"""What is asked of HubSpot for the history.

Names of people, addresses and phone numbers are never asked for, nor any subject or text of a call, e-mail or note; of an e-mail
address HubSpot itself gives the domain. Properties that delivery writes are never read: a score must not become a feature of the
next one. Nor is the life-cycle stage, which HubSpot moves by itself when a deal is made or won.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from leadq.crm.connectors.hubspot.properties import ALLOWED, DECISION, REJECTION_REASON
from leadq.crm.connectors.hubspot.sending.target import MERGED
from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.contract.personal_data import Contents, why_personal
from leadq.foundation.problems import ConfigError, Problem

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_ANSWERED = frozenset({"authority", "budget", "need", "timeline"})
"""Columns of the contract that only a company's own properties can fill."""
_NOTHING_SEEN = Contents(email=0, phone=0, street=0, person=0, distinct=0)
_AFTER_THE_FACT = re.compile(
    r"lifecyclestage|hs_lifecycle|hs_date_entered|hs_date_exited|hs_time_in|hs_v2_|notes_|num_associated_deals|recent_deal|first_deal"
    r"|hs_lastmodified|lastmodified|days_to_close|total_revenue|hs_is_closed|hs_predictive|hs_sales_email_last|num_contacted_notes"
    r"|hs_last_sales_activity|engagements_last|closedate|hs_object_"
)

OWNER = "hubspot_owner_id"
LEAD_NAMES = {
    "jobtitle": "title",
    "country": "country",
    "hs_analytics_source": "source",
    "hs_analytics_first_touch_converting_campaign": "campaign",
    "hs_lead_status": "status",
    OWNER: "owner",
    "industry": "industry",
    "numemployees": "employees",
    "annualrevenue": "annual_revenue",
}
"""Properties of a contact whose history is read, and the contract's names of them; those of a company keep theirs."""
ACCOUNT_NAMES = {
    "industry": "industry",
    "country": "country",
    "numberofemployees": "employees",
    "annualrevenue": "annual_revenue",
}
EVENT_DATES = {
    "recent_conversion_date": "form_submission",
    "hs_email_last_open_date": "email_open",
    "hs_email_last_click_date": "email_click",
    "hs_analytics_last_visit_timestamp": "site_visit",
}
"""Properties that hold when something happened last: their history holds when it happened before."""
FORM, FORM_DATE = "recent_conversion_event_name", "recent_conversion_date"
FIRST_FORM, FIRST_FORM_DATE = "first_conversion_event_name", "first_conversion_date"
COMPANY, EMAIL_DOMAIN, STAGE = "associatedcompanyid", "hs_email_domain", "dealstage"
CREATED = "createdate"
ENGAGEMENTS = {"calls": "call", "emails": "email", "meetings": "meeting", "notes": "note", "tasks": "task"}
DIRECTIONS = ("hs_call_direction", "hs_email_direction")
INBOUND = frozenset({"INBOUND", "INCOMING_EMAIL"})
"""What a buyer did; everything else that sales keeps is a touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """What a company may choose to read: properties of its own, of contacts and of companies."""

    lead_fields: tuple[str, ...] = ()
    account_fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no property, is personal, is written by delivery, or gives the outcome away."""
        asked = ((self.lead_fields, LEAD_NAMES, "leads"), (self.account_fields, ACCOUNT_NAMES, "accounts"))
        problems = [
            Problem(where=f"hubspot property {name!r}", rule=why, remedy="Remove it from deliver in leadq.yaml.")
            for names, read, table in asked
            for place, name in enumerate(names)
            if (
                why := _why_not(
                    name, {*read, *read.values(), *names[:place]}, frozenset(TABLES[table].names) - _ANSWERED
                )
            )
        ]
        if problems:
            raise ConfigError(problems)

    @property
    def lead_names(self) -> dict[str, str]:
        """Properties of a contact with a history, and the columns they become."""
        return {**LEAD_NAMES, **{name: name for name in self.lead_fields}}

    @property
    def account_names(self) -> dict[str, str]:
        """Properties of a company with a history, and the columns they become."""
        return {**ACCOUNT_NAMES, **{name: name for name in self.account_fields}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectQuery:
    """One object: its properties as they stand, those with their history, and what it is tied to."""

    kind: str
    properties: tuple[str, ...] = ()
    with_history: tuple[str, ...] = ()
    tied_to: tuple[str, ...] = ()


def queries(settings: HistorySettings) -> tuple[ObjectQuery, ...]:
    """Return what is asked, one query an object."""
    answers = (*EVENT_DATES, FORM, FIRST_FORM, FIRST_FORM_DATE, DECISION, REJECTION_REASON, MERGED, COMPANY)
    deal = ("amount", "deal_currency_code", "closedate", "closed_lost_reason", "hs_is_closed", "hs_is_closed_won")
    engagement = ("hs_timestamp", "hs_createdate", OWNER, *DIRECTIONS)
    return (
        ObjectQuery(kind="contacts", properties=(EMAIL_DOMAIN, CREATED), with_history=(*settings.lead_names, *answers)),
        ObjectQuery(
            kind="companies", properties=("name", "domain", MERGED), with_history=tuple(settings.account_names)
        ),
        ObjectQuery(kind="deals", properties=deal, with_history=(STAGE,), tied_to=("contacts", "companies")),
        *(ObjectQuery(kind=kind, properties=engagement, tied_to=("contacts",)) for kind in ENGAGEMENTS),
    )


def _why_not(name: str, read_already: set[str], taken: frozenset[str]) -> str | None:
    if not _NAME.fullmatch(name):
        return "must be the internal name of a property"
    if name in read_already or name in (
        *EVENT_DATES,
        FORM,
        FIRST_FORM,
        FIRST_FORM_DATE,
        MERGED,
        COMPANY,
        EMAIL_DOMAIN,
        OWNER,
        CREATED,
    ):
        return "is already read"
    if name in taken:
        return "is the name of one of leadq's columns, with another meaning"
    if _AFTER_THE_FACT.match(name):
        return "changes with the outcome or with what sales did, and would give it away"
    if name in ALLOWED or name.startswith("lq_"):
        return "is written by leadq: a score must not become a feature of the next one"
    why = why_personal(name, _NOTHING_SEEN, harmless=False)
    return f"{why} and is never read" if why else None
