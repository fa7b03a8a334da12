"""What the columns of a file of leads probably are: id, dates, outcome, accounts, order; each is kept where another is odd or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from leadq.crm.reading.proposal.asking.outcome_answers import answered_outcome, answered_words
from leadq.crm.reading.proposal.date_guess import Dates, best_named, guess_dates
from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.proposal.flag_outcomes import Refused, told_apart
from leadq.crm.reading.proposal.heading_names import is_called, may_be_an_id, plain_heading, rank
from leadq.crm.reading.proposal.outcome_evidence import STATE, settle, with_states
from leadq.crm.reading.proposal.outcome_guess import Outcome, guess_outcome
from leadq.crm.reading.proposal.row_order import RowOrder, row_order
from leadq.crm.reading.proposal.same_columns import same_columns
from leadq.crm.reading.proposal.tables.account_fields import AccountFields, account_fields
from leadq.crm.reading.values.words.joined_words import joined_words
from leadq.crm.reading.values.words.outcome_words import flags
from leadq.crm.storage.scratch_database import Connection, Relation, name

_OTHERS = ("account_id", "source", "campaign", "owner", "email", "title", "country")

_OF_RECORDS = 2
"""Rank of the last heading that says lead, deal or opportunity."""
_LEAST_RECORDS = 0.2
_OF_FLAGS = 8
"""Rank of the last heading of a flag that says won or converted and nothing else."""
_LEAST_FILLED = 0.5
"""Share of rows in which a column that is called an id must be filled to be mapped, with what is wrong with it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadGuess:
    """What the columns of a file of leads seem to be.

    Parameters
    ----------
    sample : Sample
    mapping : dict
        Contract column to columns of the file, without dates and outcome.
    outcome : Outcome or None
    dates : Dates
    lead_id : Column or None
    repeated : bool
        The ids are not different in every row, or not filled in every row.
    refused : Refused or None
        Why a flag that looks like the outcome was not taken.
    accounts : AccountFields
    same : tuple of (str, str)
        Columns with the values of an earlier column.
    order : RowOrder
        What says in which order the leads came in, where they have no dates.
    closed_by_deals : bool
        The leads have no closing date of their own, and need none: their opportunities have.
    """

    sample: Sample
    mapping: dict[str, tuple[str, ...]]
    outcome: Outcome | None
    dates: Dates
    lead_id: Column | None
    repeated: bool
    refused: Refused | None = None
    accounts: AccountFields = field(default_factory=AccountFields)
    same: tuple[tuple[str, str], ...] = ()
    order: RowOrder = field(default_factory=RowOrder)
    closed_by_deals: bool = False

    @property
    def dated(self) -> bool:
        """Whether id, creation and closing are known, so that the file is read as dated leads."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """What of the three is not known, in words."""
        known = {
            "an id for each lead": self.lead_id is not None,
            "the date of creation": self.dates.created is not None,
            "the date of closing": bool(self.dates.closed) or self.closed_by_deals,
        }
        return tuple(what for what, there in known.items() if not there)

    @property
    def used(self) -> set[str]:
        """Columns that are read as something."""
        found = {column for columns in self.mapping.values() for column in columns}
        found |= set(self.outcome.columns) if self.outcome else set()
        found |= {*self.dates.closed, *filter(None, [self.dates.created])}
        return found | (set(self.accounts.used) if self.has_accounts else set())

    @property
    def has_accounts(self) -> bool:
        """Whether fields of the file are read as those of its accounts: of companies whose rows differ the newest needs a date."""
        return bool(self.accounts.key) and (self.dated or self.accounts.alike)

    @property
    def told_by_closing(self) -> tuple[str, ...]:
        """Columns that are known only once a lead is closed or converted, and are none of the outcome's."""
        used = {column for columns in self.mapping.values() for column in columns}
        used |= set(self.outcome.columns) if self.outcome else set()
        used |= set(self.dates.closed) if self.dated else set()
        return tuple(one.name for one in self.sample.columns if one.name not in used and _tells_the_end(one))


def guess_leads(connection: Connection, sample: Sample, answers: Mapping[str, str]) -> LeadGuess:
    """Return what the columns of ``sample`` seem to be, with what a person answered."""
    rows = connection.table(sample.looked)
    outcome, dates, refused = _outcome_and_dates(rows, sample, answers)
    ends = () if outcome is None else tuple(column for column in outcome.columns if column not in dates.closed)
    taken = {*ends, *dates.closed, *filter(None, [dates.created])}
    lead_id, repeated = _lead_id(sample, taken)
    taken |= {lead_id.name} if lead_id else set()
    mapping: dict[str, tuple[str, ...]] = {}
    for contract in _OTHERS:
        if column := best_named(contract, sample.columns, taken):
            mapping[contract] = (column.name,)
            taken.add(column.name)
    if lead_id is not None:
        mapping = {"lead_id": (lead_id.name,), **mapping}
    guess = LeadGuess(
        sample=sample, mapping=mapping, outcome=outcome, dates=dates, lead_id=lead_id, repeated=repeated,
        refused=refused, same=same_columns(rows, sample),
    )  # fmt: skip
    guess = replace(guess, accounts=account_fields(rows, sample, mapping, taken))
    return guess if guess.dated else replace(guess, order=row_order(connection, sample, dates, lead_id))


def _outcome_and_dates(
    rows: Relation, sample: Sample, answers: Mapping[str, str]
) -> tuple[Outcome | None, Dates, Refused | None]:
    said = answered_outcome(sample.columns, answers)
    outcome = said or guess_outcome(sample.columns, joined_words(rows))
    dates = guess_dates(*_with_ends(rows, outcome), sample.columns)
    if outcome is None:
        return None, dates, None
    told = outcome if said else told_apart(rows, sample.columns, outcome, dates)
    if isinstance(told, Refused):
        return None, dates, told
    if told.columns != outcome.columns:  # open leads lack the date: what was said of it is said of them
        dates = replace(dates, remark="")
    return answered_words(settle(rows, sample.columns, told, dates), answers), dates, None


def _with_ends(rows: Relation, outcome: Outcome | None) -> tuple[Relation, str]:
    """Rows and the condition of those that are won or lost."""
    if outcome is None:
        return rows, ""
    return with_states(rows, outcome), f"{name(STATE)} IN ('won', 'lost')"


def _tells_the_end(column: Column) -> bool:
    times = column.is_time and any(is_called(contract, column.name) for contract in ("closed_at", "won_at", "lost_at"))
    is_flag = flags(word for word, _ in column.words)
    ended = is_flag and (rank("won_flag", column.name) <= _OF_FLAGS or is_called("closed_flag", column.name))
    return times or ended or plain_heading(column.name).startswith("converted ")


def _lead_id(sample: Sample, taken: set[str]) -> tuple[Column | None, bool]:
    """Return the column of ids, and whether they are odd; one that is different in every row comes first."""
    called = [column for column in sample.columns if column.name not in taken and is_called("lead_id", column.name)]
    called.sort(key=lambda column: rank("lead_id", column.name))
    unique = [column for column in called if column.filled == sample.rows == column.distinct]
    if unique and _names_the_record(called[0], sample) and unique[0] is not called[0]:
        return called[0], True  # a row is, for example, one of its contacts
    if unique:
        return unique[0], False
    alike = [column for column in sample.columns if column.name not in taken and not column.is_time]
    alike = [
        column for column in alike if column.filled == sample.rows == column.distinct and may_be_an_id(column.name)
    ]
    if alike:
        return alike[0], False
    for least in (0.9, _LEAST_FILLED):
        if nearly := [column for column in called if column.filled >= least * sample.rows]:
            return nearly[0], True
    return None, False


def _names_the_record(column: Column, sample: Sample) -> bool:
    """Whether a column of repeated ids is called that of a lead, deal or opportunity, and says of which one a row is."""
    several = _LEAST_RECORDS * sample.rows <= column.distinct
    return rank("lead_id", column.name) <= _OF_RECORDS and column.filled >= 0.9 * sample.rows and several
