"""History out of Tryton into files that ``leadq.yaml`` reads: a folder written whole or not at all.

Everything comes from the revisions that Tryton itself keeps of every lead, so the extract holds what was known at any past
moment. Parties have no history in Tryton: of an account only its country and domain are read, as they stand. Leaves out free
text, names, addresses and what leadq itself wrote.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from leadq.crm.connectors.history_source import Extract, TableWriter, new_extract
from leadq.crm.connectors.tryton.history.accounts import account_rows, note_rows, records
from leadq.crm.connectors.tryton.history.revisions import Revision, fetch, leads_of
from leadq.crm.connectors.tryton.history.tables import (
    READ,
    Reading,
    change_rows,
    disposition_rows,
    lead_row,
    opportunity_rows,
    touch_rows,
)
from leadq.crm.connectors.tryton.session import TrytonSession
from leadq.crm.connectors.tryton.settings import TrytonHistory
from leadq.crm.contract.crm_tables import TABLES
from leadq.foundation.problems import LeadqError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonHistorySource:
    """Reads the history with a session."""

    session: TrytonSession
    settings: TrytonHistory

    def extract(self, folder: Path, *, whole: bool, progress: Callable[[str], None]) -> Extract:  # noqa: ARG002
        """Write the contract's tables into ``folder``; a reading is always whole: one page of revisions costs milliseconds.

        Raises
        ------
        LeadqError
            The server cannot be asked, or the folder cannot be written; it is unchanged.
        """
        own = {name: self.settings.columns.get(name, name) for name in self.settings.lead_fields}
        with new_extract(folder) as writer, tempfile.TemporaryDirectory(prefix="leadq-tryton-") as scratch:
            revisions = Path(scratch) / "revisions.parquet"
            if not (found := fetch(self.session, (*READ, *own), revisions, progress)):
                raise LeadqError(_no_leads(self.session))
            currencies = {
                str(row["id"]): str(row["code"]) for row in records(self.session, "currency.currency", ["code"])
            }
            reading = Reading(own=own, currencies=currencies)
            _write(writer, _Spool(revisions=revisions, scratch=Path(scratch) / "engine"), reading, self.session)
            progress("Reading: accounts")
            writer.write("accounts", account_rows(self.session, sorted(_accounts(writer.folder), key=int)))
        return Extract(read={"revisions of leads": found}, rows=writer.rows, notes=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spool:
    """Revisions on disk, gone through once a table."""

    revisions: Path
    scratch: Path

    def leads(self) -> Iterator[list[Revision]]:
        return leads_of(self.revisions, self.scratch)

    def since(self) -> datetime | None:
        table = pq.read_table(self.revisions, columns=["moment"], partitioning=None)
        first: datetime | None = pc.min(table.column(0)).as_py()
        return first


def _write(writer: TableWriter, spool: _Spool, reading: Reading, session: TrytonSession) -> None:
    own = [column for column in reading.own.values() if column not in TABLES["leads"].names]
    since = spool.since()

    def rows(of: Callable[[list[Revision]], Iterable[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        for revisions in spool.leads():
            yield from of(revisions)

    writer.write("leads", rows(lambda lead: [lead_row(lead, reading)]), own=own)
    writer.write("opportunities", rows(lambda lead: opportunity_rows(lead, reading)))
    writer.write("field_history", rows(lambda lead: change_rows(lead, reading, since or lead[0].moment)))
    writer.write("dispositions", rows(disposition_rows))
    notes = note_rows(session)
    writer.write("touches", _both(rows(lambda lead: touch_rows(lead, session.user_id)), notes))


def _both(first: Iterable[dict[str, Any]], second: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from first
    yield from second


def _accounts(folder: Path) -> set[str]:
    """Return every account that the tables speak of: a lead may have been another's once."""
    account = ds.field("field") == "account_id"
    found: set[str] = set()
    for table, column, which in (
        ("leads", "account_id", None),
        ("opportunities", "account_id", None),
        ("field_history", "old_value", account),
        ("field_history", "new_value", account),
    ):
        values = pq.read_table(folder / f"{table}.parquet", columns=[column], filters=which, partitioning=None).column(
            0
        )
        found.update(value for value in pc.unique(values).to_pylist() if value is not None)
    return found


def _no_leads(session: TrytonSession) -> Problem:
    remedy = f"Give the user {session.account.user} access to the company whose leads it should read; the folder was not changed."
    return Problem(
        where=session.account.title, rule="must have leads that leadq's user can see", value="none", remedy=remedy
    )
