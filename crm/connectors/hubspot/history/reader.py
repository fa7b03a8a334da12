"""History out of HubSpot into files that ``leadq.yaml`` reads: a folder written whole or not at all.

Each object is read once, into a file of its own that goes when the tables are written, so that memory stays bounded. Everything is
read each time (``pages.py`` says why). Leaves out what is asked (``queries.py``) and what rows become of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from leadq.crm.connectors.history_source import Extract, TableWriter, new_extract
from leadq.crm.connectors.hubspot.history.deals import opportunity, stages
from leadq.crm.connectors.hubspot.history.pages import Record, records
from leadq.crm.connectors.hubspot.history.queries import ENGAGEMENTS, HistorySettings, queries
from leadq.crm.connectors.hubspot.history.records import came_in, is_cut, merged_into
from leadq.crm.connectors.hubspot.history.tables import (
    Row,
    account,
    aliases,
    contact_events,
    dispositions,
    engagement,
    field_changes,
    is_inbound,
    lead,
)
from leadq.crm.connectors.hubspot.session import Session
from leadq.crm.contract.crm_tables import TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class HubspotHistorySource:
    """Reads the history of one account."""

    session: Session
    settings: HistorySettings

    def extract(self, folder: Path, *, whole: bool, progress: Callable[[str], None]) -> Extract:  # noqa: ARG002 - always
        """Write the contract's tables into ``folder``, whole or not at all.

        Raises
        ------
        LeadqError
            HubSpot cannot be asked, or the folder cannot be written; it is unchanged.
        """
        with new_extract(folder) as writer:
            scratch = writer.folder / "scratch"
            scratch.mkdir()
            read = {}
            for query in queries(self.settings):
                progress(f"Reading: {query.kind}")
                read[query.kind] = _spool(scratch / query.kind, records(self.session, query))
            meaning = stages(self.session)
            notes = _Tables(scratch, self.settings, meaning).write(writer)
            shutil.rmtree(scratch)
        return Extract(read=read, rows=writer.rows, notes=notes)


def _spool(path: Path, found: Iterator[Record]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for one in found:
            count += 1
            file.write(json.dumps(one, separators=(",", ":")) + "\n")
    return count


class _Tables:
    """The tables of one reading."""

    def __init__(self, scratch: Path, settings: HistorySettings, meaning: Mapping[str, str]) -> None:
        self._scratch, self._settings, self._meaning = scratch, settings, meaning
        self._created: dict[str, datetime] = {}
        self._into = merged_into(self._of("companies"))
        self._notes: dict[str, int] = {}

    def write(self, writer: TableWriter) -> tuple[str, ...]:
        """Write all of them and return what a person should know."""
        own = {
            "leads": [name for name in self._settings.lead_names.values() if name not in TABLES["leads"].names],
            "accounts": [
                name for name in self._settings.account_names.values() if name not in TABLES["accounts"].names
            ],
        }
        writer.write("leads", self._leads(), own=own["leads"])
        writer.write("accounts", (account(one, self._settings) for one in self._of("companies")), own=own["accounts"])
        writer.write("opportunities", self._opportunities())
        writer.write("events", chain(self._contacts(contact_events), self._engagements(inbound=True)))
        writer.write("field_history", self._field_history())
        writer.write("touches", self._engagements(inbound=False))
        writer.write("dispositions", self._contacts(dispositions))
        writer.write("lead_aliases", self._contacts(aliases))
        return tuple(f"{words}: {count:,}" for words, count in self._notes.items() if count)

    def _of(self, kind: str) -> Iterator[Record]:
        with (self._scratch / kind).open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def _leads(self) -> Iterator[Row]:
        for one in self._of("contacts"):
            if (created := came_in(one)) is not None:
                self._created[one["id"]] = created
            yield lead(one, self._settings, self._into)

    def _contacts(self, rows_of: Callable[[Record], Iterator[Row]]) -> Iterator[Row]:
        for one in self._of("contacts"):
            yield from rows_of(one)

    def _field_history(self) -> Iterator[Row]:
        for kind, names in (("contacts", self._settings.lead_names), ("companies", self._settings.account_names)):
            for one in self._of(kind):
                for name in names:
                    self._note("histories whose beginning HubSpot no longer has", when=is_cut(one, kind, name))
                yield from field_changes(one, kind, names)

    def _opportunities(self) -> Iterator[Row]:
        for one in self._of("deals"):
            row = opportunity(one, self._meaning, self._created, self._into)
            self._note("opportunities without a contact", when=row["lead_id"] is None)
            self._note("stages that do not belong to a pipeline", when=row["stage"] not in self._meaning)
            yield row

    def _engagements(self, *, inbound: bool) -> Iterator[Row]:
        for kind, name in ENGAGEMENTS.items():
            for one in self._of(kind):
                if is_inbound(one) != inbound:
                    continue
                rows = list(engagement(one, name, self._created))
                self._note(
                    f"{kind} without a date, or without a contact that was read (archived, or none assigned)",
                    when=not rows,
                )
                yield from rows

    def _note(self, words: str, *, when: bool) -> None:
        self._notes[words] = self._notes.get(words, 0) + when
