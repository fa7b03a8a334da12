"""The shape of ``leadq.yaml`` as strict, frozen models; reading it and its problems are in ``crm/config/leadq_yaml.py``.

The shape, in full and with comments, is ``crm/config/templates/leadq.yaml``. Leaves out whether the named columns exist: that is
only known with the files in hand.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    model_validator,
)

from leadq.crm.config.delivery_settings import DeliverTo, TargetName
from leadq.crm.config.desk_settings import DeskSettings
from leadq.crm.config.stale_after import StaleAfter
from leadq.crm.config.value_types import (
    MailAddress,
    Moment,
    OneOrMore,
    TimeFormat,
    TimeZone,
    ValueMap,
    Words,
)
from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.storage.source_locations import Database, FilePath, Part, Place, ScoreTable

EXTRA_COLUMNS: dict[str, tuple[str, ...]] = {"leads": ("email",), "touches": ("automatic", "message")}
"""Columns a source may map that are not stored as they are: of ``email`` only the domain is, of ``message`` nothing."""
ONLY_WHERE_MAPPED = frozenset({("touches", "automatic"), ("touches", "message")})
"""Columns that a file's column of that name is not taken for: it was there before they were known."""

FIRST_FILLED = "_leadq_first_"
"""Begins the name of a column that is the first filled of several."""


class ReadAs(Part):
    """How values of single columns are written, where the reader must not judge by the values (docs/howto/describe-a-file.md).

    ``read``: column to the form of its values: a strptime format, ``iso``, ``epoch_s``, ``epoch_ms``, ``excel_days``; 1234.5 as it
    would be written (``1.234,5``); ``text``, ``flag`` or ``id``. ``missing``: column to the words that count as missing in it.
    """

    read: dict[str, Words] = Field(default_factory=dict)
    missing: dict[str, Words] = Field(default_factory=dict)


class Join(ReadAs, Place):
    """Columns taken from a second file or table by a key that is unique there; ``on`` is a column or {left: right}."""

    on: str | dict[str, str]
    take: tuple[str, ...]
    values: ValueMap = Field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, str]:
        """Key column of the source and of the joined file."""
        return (self.on, self.on) if isinstance(self.on, str) else next(iter(self.on.items()))

    @model_validator(mode="after")
    def _one_key(self) -> Join:
        if not isinstance(self.on, str) and len(self.on) != 1:
            raise ValueError("on must name one column, or one pair {left: right}")
        return self


class OwnFields(Part):
    """Which of the company's own columns are taken; names are those of the source (or of ``rename``)."""

    take: Literal["all"] | tuple[str, ...] = "all"
    refuse: dict[str, str] = Field(default_factory=dict)
    vouch: dict[str, str] = Field(default_factory=dict)
    rename: dict[str, str] = Field(default_factory=dict)
    types: dict[str, Literal["number", "category", "flag", "date"]] = Field(default_factory=dict)


class Source(ReadAs, Place):
    """Where the rows of one contract table come from; a contract column may have several source columns, the first filled counts.

    ``newest_by`` names the column with the time of a row's last change: of several rows of one id the newest counts.
    """

    columns: dict[str, Words] = Field(default_factory=dict)
    values: ValueMap = Field(default_factory=dict)
    where: dict[str, Words] = Field(default_factory=dict)
    join: tuple[Join, ...] = ()
    own_fields: OwnFields = OwnFields()
    time_format: TimeFormat | None = None
    newest_by: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """Contract column to the one column it is read from: the source's, or the first filled of several under a name of leadq's."""
        return {new: old[0] if len(old) == 1 else FIRST_FILLED + new for new, old in self.columns.items()}


class Events(Source):
    """The events source; ``ignore_kinds`` names kinds that are not read (outcomes in disguise, noise)."""

    ignore_kinds: tuple[str, ...] = ()


class Touches(Source):
    """The touches source; ``bulk``: leads from which on one message at once is no work on each of them (docs/howto/describe-a-file.md)."""

    bulk: int | None = Field(default=None, ge=2)


class Flat(Source):
    """One file or table, a row a lead, an outcome column, no dates; ``order`` names the column that orders the rows.

    ``order_is_time``: false where nothing proves that the rows are in the order in which leads came in; then nothing is said of time.
    ``account`` maps columns of accounts, such as industry and employees, to columns of the file: fields of each lead's company.
    """

    outcome: OneOrMore
    won: Words
    lost: Words
    open: Words = ()
    order: str | None = None
    order_is_time: bool = True
    account: dict[str, Words] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order(self) -> Flat:
        if self.database is not None and self.order is None:
            raise ValueError("rows of a database have no order, so order must name the column to sort them by")
        if self.account and "account_id" not in self.columns:
            raise ValueError("account needs account_id under columns: the column of the company, or that of lead_id")
        return self

    @property
    def accounts(self) -> Source | None:
        """The accounts that are made of the same rows; None where no field of them is mapped."""
        if not self.account:
            return None
        shared = {field: getattr(self, field) for field in Source.model_fields}
        columns = {"account_id": self.columns["account_id"], **self.account}
        return Source.model_construct(
            None, **{**shared, "columns": columns, "own_fields": OwnFields(take=()), "join": ()}
        )


class Sources(Part):
    """One entry a contract table; only leads are required."""

    leads: Source
    accounts: Source | None = None
    opportunities: Source | None = None
    events: Events | None = None
    field_history: Source | None = None
    touches: Touches | None = None
    dispositions: Source | None = None
    lead_aliases: Source | None = None
    campaign_costs: Source | None = None
    owners: Source | None = None
    customers: Source | None = None
    sales_costs: Source | None = None

    def items(self) -> list[tuple[str, Source]]:
        """Tables that have a source, in the contract's order."""
        found = ((table, getattr(self, table)) for table in TABLES)
        return [(table, source) for table, source in found if source is not None]


class _OutcomeWords(Part):
    """Words of the outcome. ``closed_status``: words of a lead's status that close it where its outcome is open, as lost.

    ``open_status``: words of a status that look closed, and sales works on such leads all the same.
    """

    won: Words
    lost: Words
    closed_status: Words = ()
    open_status: Words = ()

    @model_validator(mode="after")
    def _told_apart(self) -> _OutcomeWords:
        if not self.won:
            raise ValueError("won must name at least one word of the data")
        opened = getattr(self, "open", ()) if "open" in self.model_fields_set else ()
        words = [*self.won, *self.lost, *opened]
        if twice := sorted(word for word, times in Counter(words).items() if times > 1):
            raise ValueError(
                f"a word must appear in only one of won, lost and open, but {', '.join(twice)} appears in two"
            )
        if both := sorted({*self.closed_status} & {*self.open_status}):
            raise ValueError(f"a status must be in closed_status or in open_status, but {', '.join(both)} is in both")
        return self


class FromOpportunities(_OutcomeWords):
    """Values of ``opportunities.outcome``; an opportunity of an account is credited within so many days."""

    origin: Literal["opportunities"] = Field(alias="from")
    open: Words = ("open",)
    credit_within_days: int = Field(default=365, gt=0)


class FromLeadColumns(_OutcomeWords):
    """Values of a column of the lead (contract or source name), or of several joined by ``" | "``; the time is ``leads.closed_at``."""

    origin: Literal["lead_columns"] = Field(alias="from")
    column: OneOrMore = ("status",)
    open: Words = ("open",)


class FromEventKinds(_OutcomeWords):
    """Kinds of events that are outcomes and never features."""

    origin: Literal["event_kinds"] = Field(alias="from")


OutcomeSource = Annotated[FromOpportunities | FromLeadColumns | FromEventKinds, Field(discriminator="origin")]


class Spark(Part):
    """Which Spark computes where ``engine: spark``: its master (this machine where absent) and further settings of Spark."""

    master: str | None = None
    config: dict[str, str] = Field(default_factory=dict)


class Config(Part):
    """The whole of ``leadq.yaml``; every path in it is absolute or relative to the working directory.

    ``people`` maps owners to their e-mail addresses, which stand nowhere else: they are personal and never enter the store.

    ``vouch`` names features (``engagement_kinds_30d``) or fields (``accounts.industry``) that are known beforehand, and why,
    whatever the leak checks suspect. ``sentences`` and ``playbook`` are the company's own words, in place of leadq's.
    """

    store: FilePath
    agreement: FilePath
    time_zone: TimeZone | None = None
    sources: Sources | None = None
    flat: Flat | None = None
    outcome: OutcomeSource | None = None
    tracked_since: dict[str, Moment] = Field(default_factory=dict)
    vouch: dict[str, str] = Field(default_factory=dict)
    reading: int | None = Field(default=None, ge=1, le=2)
    zone_names: dict[str, str] = Field(default_factory=dict)
    stale_after: StaleAfter = StaleAfter()
    rejected_share: float = Field(default=0.01, ge=0, le=0.5)
    databases: dict[str, Database] = Field(default_factory=dict)
    score_table: ScoreTable | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: Spark = Spark()
    sentences: FilePath | None = None
    playbook: FilePath | None = None
    people: dict[str, MailAddress] = Field(default_factory=dict)
    desk: DeskSettings = DeskSettings()
    deliver: dict[TargetName, DeliverTo] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Config:
        if (self.sources is None) == (self.flat is None):
            raise ValueError("must have either sources or flat")
        if self.sources is not None and self.outcome is None:
            raise ValueError("must say where the outcome is: opportunities, lead_columns or event_kinds")
        tables = {"opportunities": "opportunities", "event_kinds": "events"}
        needed = tables.get(self.outcome.origin) if self.outcome is not None else None
        if needed is not None and (self.sources is None or getattr(self.sources, needed) is None):
            raise ValueError(f"takes the outcome from {needed}, so sources must have {needed}")
        if why := self.stale_after.wrong(
            None if self.sources is None else [table for table, _ in self.sources.items()]
        ):
            raise ValueError(why)
        return self

    def tables(self) -> list[tuple[str, Source]]:
        """Tables that have a source, in the contract's order; those of a flat file are its leads and their accounts."""
        if self.flat is None:
            return self.sources.items() if self.sources is not None else []
        accounts = self.flat.accounts
        return [("leads", self.flat), *([("accounts", accounts)] if accounts is not None else [])]

    def places(self) -> list[tuple[str, Place]]:
        """Every place rows are read from, under the name of the table they are staged as."""
        sources = self.tables()
        found: list[tuple[str, Place]] = []
        for table, source in sources:
            found.append((f"raw_{table}", source))
            found += [(f"join_{table}_{place}", join) for place, join in enumerate(source.join)]
        return found

    def moment(self, when: datetime) -> datetime:
        """``when`` in UTC; without an offset it is local to ``time_zone``, or UTC."""
        local = when if when.tzinfo else when.replace(tzinfo=ZoneInfo(self.time_zone or "UTC"))
        return local.astimezone(UTC)
