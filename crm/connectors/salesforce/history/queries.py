"""What is asked of Salesforce for the history, and what of the answer is kept.

Addresses and phone numbers are never asked for, nor are names of people; of an e-mail address only the domain goes on. Salesforce keeps
a change of an owner as two rows that cannot be told apart in a query, one with names and one with ids: that with names is emptied
while its page is read. Fields that delivery writes are never read: a score must not become a feature of the next one.
"""

# ruff: noqa: S608 - names of objects and fields are ours or checked to be identifiers

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leadq.crm.connectors.salesforce.history.owner_ids import owners_by_id
from leadq.crm.connectors.salesforce.metadata.fields import (
    AFTER_REJECTION,
    HUMAN_FIELDS,
    OUR_FIELDS,
    REASONS_DETAIL,
    REJECTION_REASON,
)
from leadq.crm.contract.personal_data import Contents, why_personal
from leadq.foundation.plurals import counted
from leadq.foundation.problems import ConfigError, InputError, Problem

EMAIL, EMAIL_DOMAIN = "Email", "EmailDomain"
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_NOTHING_SEEN = Contents(email=0, phone=0, street=0, person=0, distinct=0)
_NEVER = {name.casefold() for name in (*(field.name for field in (*OUR_FIELDS, *AFTER_REJECTION)), REASONS_DETAIL)}
_PEOPLES = {name.casefold() for name in HUMAN_FIELDS}
_LONGEST_FIELD = 1_000_000

LEAD_NAMES = {"Status": "status", "LeadSource": "source", "Title": "title", "Country": "country"}
"""Fields whose changes are read, and the contract's names of them; those of a company keep theirs."""
OWNER_CHANGES = {"Owner": "owner", "ownerAssignment": "owner", "ownerAccepted": "owner"}
"""Under which names the history has a lead's change of owner: by hand, by an assignment rule, taken out of a queue."""
LEAD_FIRMOGRAPHICS = {"Industry": "industry", "NumberOfEmployees": "employees", "AnnualRevenue": "annual_revenue"}
ACCOUNT_NAMES = {**LEAD_FIRMOGRAPHICS, "BillingCountry": "country"}
_READ_ALREADY = {
    name.casefold()
    for name in (
        *(*LEAD_NAMES, *LEAD_FIRMOGRAPHICS, *ACCOUNT_NAMES, *LEAD_NAMES.values(), *ACCOUNT_NAMES.values()),
        *("Id", "CreatedDate", "IsDeleted", "OwnerId", "Website", "MasterRecordId", REJECTION_REASON),
    )
}
_AFTER_THE_FACT = re.compile(
    r"(?i)(IsConverted|Converted|LastModified|LastActivity|LastViewed|LastReferenced|SystemModstamp)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """What a company may choose to read.

    Parameters
    ----------
    lead_fields, account_fields : tuple of str
        Its own fields, by API name.
    matched_account : str
        Lookup on the lead that names its account before it is converted; without one no lead has an account, see
        :mod:`leadq.crm.connectors.salesforce.history.tables`.
    with_rejection_reason : bool
        The fields of ``leadq crm setup salesforce`` are there, and the history of the rejection reason is kept.
    with_currency : bool
        The organisation has several currencies.
    overlap : timedelta
        How far before the newest change of the last reading the next one begins: transactions that were under way then.
    our_user : str
        Id of the integration user, whose changes are no facts about a lead.
    """

    lead_fields: tuple[str, ...] = ()
    account_fields: tuple[str, ...] = ()
    matched_account: str = ""
    with_rejection_reason: bool = False
    with_currency: bool = False
    overlap: timedelta = timedelta(hours=1)
    our_user: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no field, is personal, or is written by delivery."""
        asked = (self.lead_fields, self.account_fields, tuple(filter(None, [self.matched_account])))
        problems = [
            Problem(where=f"salesforce field {name!r}", rule=why, remedy="Remove it from the fields to read.")
            for names in asked
            for place, name in enumerate(names)
            if (why := why_not_read(name, names[:place]))
        ]
        if problems:
            raise ConfigError(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectQuery:
    """One object and what is asked of it.

    Parameters
    ----------
    name : str
        Of the object.
    fields : tuple of str
        With ``Id`` first.
    clock : str
        Field that moves whenever a row changes; rows of a history never change, there it is their creation.
    only : str
        Further condition.
    """

    name: str
    fields: tuple[str, ...]
    clock: str = "SystemModstamp"
    only: str = ""

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns that go on, the address of a person reduced to its domain."""
        return tuple(EMAIL_DOMAIN if field == EMAIL else field for field in self.fields)

    @property
    def is_history(self) -> bool:
        """Whether rows are changes: they never change again, and Salesforce forgets them after some time."""
        return self.clock == "CreatedDate"

    def soql(self, since: datetime | None) -> str:
        """Return the query for all rows, or for those changed at or after ``since``."""
        conditions = [self.only] if self.only else []
        if since is not None:
            conditions.append(f"{self.clock} >= {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {', '.join(self.fields)} FROM {self.name}{where}"


def queries(settings: HistorySettings) -> tuple[ObjectQuery, ...]:
    """Return what is asked, one query an object."""
    rejection = (REJECTION_REASON,) if settings.with_rejection_reason else ()
    matched = tuple(filter(None, [settings.matched_account]))
    return (
        _query(
            "Lead",
            "CreatedDate OwnerId Email",
            *LEAD_NAMES,
            *LEAD_FIRMOGRAPHICS,
            *settings.lead_fields,
            *matched,
            "ConvertedDate ConvertedAccountId ConvertedContactId ConvertedOpportunityId MasterRecordId",
        ),
        _query("Account", "Name Website", *ACCOUNT_NAMES, *settings.account_fields),
        _query(
            "Opportunity",
            "AccountId CreatedDate Amount StageName IsClosed IsWon CloseDate",
            *(("CurrencyIsoCode",) if settings.with_currency else ()),
        ),
        _history("OpportunityHistory", "OpportunityId StageName"),
        _history(
            "LeadHistory",
            "LeadId Field OldValue NewValue CreatedById",
            tracked=(*LEAD_NAMES, *OWNER_CHANGES, *LEAD_FIRMOGRAPHICS, *settings.lead_fields, *rejection),
        ),
        _history(
            "AccountHistory",
            "AccountId Field OldValue NewValue CreatedById",
            tracked=(*ACCOUNT_NAMES, *settings.account_fields),
        ),
        _query("Task", "WhoId CreatedDate TaskSubtype OwnerId CreatedById"),
        _query("Event", "WhoId CreatedDate OwnerId CreatedById"),
        _query("CampaignMember", "LeadId ContactId CampaignId CreatedDate FirstRespondedDate"),
    )


def rows_of(page: str, query: ObjectQuery) -> Iterator[dict[str, str | None]]:
    """Return the rows of one page of CSV, cleaned: only the columns asked for, of an e-mail address only the domain, of owners ids only.

    Raises
    ------
    InputError
        The page is torn or holds other columns.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.DictReader(io.StringIO(page, newline=""), restval=None, strict=True)
    try:
        if tuple(reader.fieldnames or ()) != query.fields:
            raise InputError(_torn(query, "must have the columns asked for", ", ".join(reader.fieldnames or ())[:200]))
        for row in reader:
            if None in row or any(value is None for value in row.values()):
                raise InputError(
                    _torn(query, "must have complete rows", f"a row of {counted(reader.line_num, 'line')}")
                )
            cleaned = {
                EMAIL_DOMAIN if field == EMAIL else field: _domain(row[field]) if field == EMAIL else row[field] or None
                for field in query.fields
            }
            yield owners_by_id(cleaned) if query.is_history and cleaned.get("Field") in OWNER_CHANGES else cleaned
    except csv.Error as error:  # it ends within quotes
        raise InputError(_torn(query, "must have complete rows", str(error))) from None


def _query(name: str, *fields: str) -> ObjectQuery:
    asked = " ".join(("Id", *fields, "IsDeleted SystemModstamp")).split()
    return ObjectQuery(name=name, fields=tuple(dict.fromkeys(asked)))


def _history(name: str, fields: str, *, tracked: tuple[str, ...] = ()) -> ObjectQuery:
    listed = ", ".join(f"'{field}'" for field in dict.fromkeys(tracked))
    only = f"Field IN ({listed})" if tracked else ""
    asked = f"Id {fields} CreatedDate IsDeleted".split()
    return ObjectQuery(name=name, fields=tuple(asked), clock="CreatedDate", only=only)


def why_not_read(field: str, before: tuple[str, ...] = ()) -> str | None:
    """Return why a company may not choose a field, or None where it may; ``before`` are those it has chosen already."""
    if not _IDENTIFIER.fullmatch(field):
        return "must be the API name of a field"
    folded = field.casefold()  # Salesforce does not tell names apart by case
    if folded in _READ_ALREADY | {name.casefold() for name in before}:
        return "is already read"
    if _AFTER_THE_FACT.match(field):
        return "changes with the outcome or with what leadq writes, and would give it away"
    if folded in _NEVER or (folded.startswith("lq_") and folded not in _PEOPLES):
        return "is written by leadq: a score must not become a feature of the next one"
    why = why_personal(field, _NOTHING_SEEN, harmless=False)
    return f"{why} and is never read" if why else None


def _domain(address: str | None) -> str | None:
    """Return what follows the last @; an address without one says nothing."""
    _, at, domain = (address or "").strip().rpartition("@")
    return domain.lower() or None if at else None


def _torn(query: ObjectQuery, rule: str, value: str) -> Problem:
    remedy = "Run the command again; nothing was kept of this reading."
    return Problem(where=f"salesforce answer for {query.name}", rule=rule, value=value, remedy=remedy)
