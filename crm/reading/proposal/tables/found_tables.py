"""The tables that were found: the leads, what belongs to them, and what became of every file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from leadq.crm.reading.proposal.file_sample import Sample
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.outcome_guess import Outcome
from leadq.crm.reading.proposal.tables.deal_outcome import DealJoin
from leadq.crm.reading.proposal.tables.file_roles import FileRole

Columns = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherTable:
    """A table beside the leads: its file, contract column to columns of the file, and the column that must be filled in its rows.

    ``values``: contract column to its words and what they mean.
    """

    table: str
    sample: Sample
    columns: Columns
    only: str = ""
    values: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The leads and what belongs to them.

    Parameters
    ----------
    leads : LeadGuess
    further : tuple of FurtherTable
    deals : DealJoin or None
        The file of deals that leads became, joined to them.
    of_opportunities : Outcome or None
        The outcome where it is that of the opportunities.
    roles : tuple of FileRole
        What became of every file, those that are not taken with the reason.
    """

    leads: LeadGuess
    further: tuple[FurtherTable, ...] = ()
    deals: DealJoin | None = None
    of_opportunities: Outcome | None = None
    roles: tuple[FileRole, ...] = field(default=())


def said_of(found: Tables, file: str, more: str) -> Tables:
    """Add ``more`` to why ``file`` is taken."""
    roles = tuple(replace(one, evidence=f"{one.evidence}; {more}") if one.file == file else one for one in found.roles)
    return replace(found, roles=roles)


def not_taken(found: Tables, files: list[str], why: str) -> Tables:
    """Take none of ``files``, because of ``why``."""
    roles = tuple(
        replace(one, role="none", evidence=f"looks like {one.role}, but {why}") if one.file in files else one
        for one in found.roles
    )
    return replace(found, roles=roles)
