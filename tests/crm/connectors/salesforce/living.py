"""An organisation in the fake whose leads change from day to day, with the history that Salesforce keeps of tracked fields."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from leadq.crm.connectors.salesforce.history.queries import HistorySettings, queries
from tests.fake_salesforce.fields import Field, moment_text
from tests.fake_salesforce.ids import full_id, new_id
from tests.fake_salesforce.records import Table
from tests.fake_salesforce.server import FakeSalesforce

BEGIN = datetime(2026, 1, 1, 6, tzinfo=UTC)
TRACKED, UNTRACKED, MATCHED = "Use_Case__c", "Plan__c", "Matched_Account__c"
SETTINGS = HistorySettings(lead_fields=(TRACKED, UNTRACKED), matched_account=MATCHED)
OWNERS = {new_id("User", 11): "Zora Quill", new_id("User", 12): "Bo Li", full_id("00GFk0000000001"): "New leads"}
"""Two who sell, and a queue, with the names that the history of owners holds beside their ids."""
_VALUES = {
    "Status": ("Open", "Working", "Nurture"),
    "Title": ("Head of IT", "Buyer", 'Engineer, "senior"', ""),
    "Country": ("DE", "FR", "NL", ""),
    "NumberOfEmployees": ("20", "250", "4000", ""),
    TRACKED: ("migration", "reporting", "Größe", ""),
    UNTRACKED: ("basic", "pro", "trial"),
}

_KINDS = {
    **dict.fromkeys(("CreatedDate", "SystemModstamp"), "datetime"),
    **dict.fromkeys(("IsDeleted", "IsClosed", "IsWon"), "boolean"),
    "Amount": "double",
}


@dataclass
class Clock:
    """A clock that the company's days move."""

    moment: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Company:
    """What happens in the organisation, by chance and the same each time."""

    fake: FakeSalesforce
    clock: Clock
    chance: random.Random = field(default_factory=lambda: random.Random(11))
    assigning: random.Random = field(default_factory=lambda: random.Random(12))
    open_leads: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    deals: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for query in queries(SETTINGS):
            known = self.fake.organisation.tables.get(query.name)
            unknown = [name for name in query.fields if known is None or name not in known.fields]
            fields = [Field(name=name, kind=_KINDS.get(name, "string")) for name in unknown]
            self.fake.organisation.put(query.name, [], fields)
        self.accounts = [
            self._table("Account").add(Name=f"Company {number}", Website=f"c{number}.example", Industry="software")
            for number in range(40)
        ]

    def live(self, until: datetime) -> None:
        """Let the company go on until a moment."""
        happenings = (self._lead,) * 4 + (self._change,) * 8 + (self._touch,) * 6 + (self._member,) * 2
        happenings += (self._respond, self._account, self._convert, self._stage, self._stage)
        while self.clock.moment < until:
            self.clock.moment += timedelta(seconds=self.chance.randrange(1, 5400))
            if self.clock.moment < until:
                self.chance.choice(happenings)()
                if self.assigning.random() < 0.1:
                    self._assign()
        self.clock.moment = until

    def _table(self, name: str) -> Table:
        return self.fake.organisation.tables[name]

    def _set(self, table: str, key: str, **values: str | bool) -> None:
        moment = moment_text(self.clock())
        self._table(table).rows[key].update({**values, "SystemModstamp": moment, "LastModifiedDate": moment})

    def _lead(self) -> None:
        drawn = {name: self.chance.choice(values) or None for name, values in _VALUES.items()}
        number = len(self._table("Lead").rows)
        matched = self.chance.choice([None, *self.accounts[:10]])
        key = self._table("Lead").add(
            **drawn, LastName=f"Person {number}", Email=f"p{number}@c{number % 40}.example", LeadSource="Web",
            Company="C", IsConverted=False, OwnerId=self.assigning.choice(list(OWNERS)), **{MATCHED: matched},
        )  # fmt: skip
        self.open_leads.append(key)

    def _change(self) -> None:
        if not self.open_leads:
            return
        key, name = self.chance.choice(self.open_leads), self.chance.choice(list(_VALUES))
        old, new = self._table("Lead").rows[key][name], self.chance.choice(_VALUES[name]) or None
        if old == new:
            return
        self._set("Lead", key, **{name: new})
        if name != UNTRACKED:
            self._table("LeadHistory").add(LeadId=key, Field=name, OldValue=old, NewValue=new)

    def _assign(self) -> None:
        """Give a lead to another: Salesforce keeps the change twice, by id and by name, in one moment."""
        key, new = self.assigning.choice(self.open_leads or [""]), self.assigning.choice(list(OWNERS))
        old = str(self._table("Lead").rows[key]["OwnerId"]) if key else new
        if old != new:
            self._set("Lead", key, OwnerId=new)
            name = self.assigning.choice(("Owner", "Owner", "ownerAssignment"))
            self._table("LeadHistory").add(LeadId=key, Field=name, OldValue=OWNERS[old], NewValue=OWNERS[new])
            self._table("LeadHistory").add(LeadId=key, Field=name, OldValue=old, NewValue=new)

    def _account(self) -> None:
        key, new = self.chance.choice(self.accounts), self.chance.choice(["software", "logistics", "retail"])
        old = self._table("Account").rows[key]["Industry"]
        self._set("Account", key, Industry=new)
        self._table("AccountHistory").add(AccountId=key, Field="Industry", OldValue=old, NewValue=new)

    def _touch(self) -> None:
        if self.open_leads:
            key, kind = self.chance.choice(self.open_leads), self.chance.choice(["Call", "Email", ""])
            if kind:
                self._table("Task").add(WhoId=key, TaskSubtype=kind, OwnerId="005REP")
            else:
                self._table("Event").add(WhoId=key, OwnerId="005REP")

    def _member(self) -> None:
        if self.open_leads:
            key, campaign = self.chance.choice(self.open_leads), self.chance.choice(["701FAIR", "701WEB"])
            self.members.append(self._table("CampaignMember").add(LeadId=key, CampaignId=campaign))

    def _respond(self) -> None:
        if self.members:
            key = self.members.pop(self.chance.randrange(len(self.members)))
            self._set("CampaignMember", key, FirstRespondedDate=self.clock().date().isoformat())

    def _convert(self) -> None:
        """Convert a lead: its tasks and memberships move to a contact; mostly into an account that has had deals before."""
        if len(self.open_leads) < 30:
            return
        key = self.open_leads.pop(self.chance.randrange(len(self.open_leads)))
        contact, account = f"003{key[3:]}", self.chance.choice(self.accounts)
        deal = self._deal(account)
        ids = {"ConvertedContactId": contact, "ConvertedAccountId": account, "ConvertedOpportunityId": deal}
        self._table("Lead").convert(key, **ids)
        self._set("Lead", key, Status="Closed - Converted")
        for table, who in (("Task", "WhoId"), ("Event", "WhoId"), ("CampaignMember", "LeadId")):
            for moved, row in self._table(table).rows.items():
                if row.get(who) == key:
                    goes = {"WhoId": contact} if who == "WhoId" else {"LeadId": None, "ContactId": contact}
                    self._set(table, moved, **goes)

    def _deal(self, account: str) -> str:
        state = {"StageName": "Prospecting", "IsClosed": False, "IsWon": False}
        deal = self._table("Opportunity").add(AccountId=account, Amount=1200.0, CloseDate="2026-12-31", **state)
        self._table("OpportunityHistory").add(OpportunityId=deal, StageName="Prospecting")
        self.deals.append(deal)
        return deal

    def _stage(self) -> None:
        """Close a deal; now and then a company that is nobody's lead yet begins one by itself."""
        if not self.deals or self.chance.random() < 0.3:
            self._deal(self.chance.choice(self.accounts))
            return
        deal = self.deals.pop(self.chance.randrange(len(self.deals)))
        won = self.chance.random() < 0.7
        stage = "Closed Won" if won else "Closed Lost"
        self._set("Opportunity", deal, StageName=stage, IsClosed=True, IsWon=won)
        self._table("OpportunityHistory").add(OpportunityId=deal, StageName=stage)
