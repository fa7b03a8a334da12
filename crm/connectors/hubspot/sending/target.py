"""HubSpot as a place that scores are delivered to: records updated by id, never created, only in properties of leadq.

A chunk is one call of 100 rows, so that a killed run sends no more than these again. Rows are looked at before each call: what this
process has not looked at itself just before (a chunk taken up again) is looked at in the step. Leaves out the calls (``batches.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from leadq.crm.connectors.hubspot.errors import shown
from leadq.crm.connectors.hubspot.properties import must_be_allowed, must_take
from leadq.crm.connectors.hubspot.sending.batches import OVERWRITTEN, ROWS_PER_CALL, read, update
from leadq.crm.connectors.hubspot.sending.values import as_read, is_id, sendable
from leadq.crm.connectors.hubspot.session import Call, Session
from leadq.crm.connectors.protocol import Chunk, RowOutcome, Step, TargetField, Value

MERGED = "hs_merged_object_ids"
"""Ids of records that were merged into one, joined by semicolons."""


class HubspotTarget:
    """One account.

    Parameters
    ----------
    name : str
        As in ``leadq.yaml``.
    session : Session
    kind : str
        The object that takes scores: ``contacts`` or ``leads``.
    """

    chunk_rows = ROWS_PER_CALL

    def __init__(self, name: str, session: Session, *, kind: str = "contacts") -> None:
        self.name = name
        self._session = session
        self._kind = kind
        self._looked: frozenset[str] = frozenset()

    def who(self) -> Mapping[str, str]:
        """Return what account this is."""
        told = self._session.ask(Call(method="GET", path="/account-info/v3/details"))
        named = {
            "account": "portalId",
            "type": "accountType",
            "data centre": "dataHostingLocation",
            "time zone": "timeZone",
        }
        return {words: shown(told[name]) for words, name in named.items() if told.get(name)} | {"object": self._kind}

    def check(self, fields: Sequence[TargetField]) -> None:
        """Stop before anything is written where a property is missing, of another type, read-only or lacks a tier.

        Raises
        ------
        GateStopped
            All that is wrong at once; also where a property is not leadq's to write.
        """
        found = self._session.results(Call(method="GET", path=f"/crm/v3/properties/{self._kind}"))
        must_take(fields, {str(one.get("name")): one for one in found})

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return leads that must not be written right now, with why: archived or merged.

        A merged one would be written as the one that survived, which has a score of its own. What is no id of HubSpot is not passed over
        here: :meth:`step` rejects it.
        """
        gone = self._gone(keys)
        self._looked = frozenset(keys)
        return {key: _why(survivor) for key, survivor in gone.items()}

    def _gone(self, keys: Sequence[str]) -> dict[str, str]:
        """Return leads that are there no more, each with the one it was merged into, empty where there is none.

        Only what HubSpot's answer tells: where an error keeps it from telling, the update will.
        """
        ids = [key for key in keys if is_id(key)]
        found, unsure = read(self._session, self._kind, ids, [MERGED])
        into = {}
        for record in found:
            for old in str(record["properties"].get(MERGED) or "").split(";"):
                into[old.strip()] = str(record.get("id"))
        there = {str(record.get("id")) for record in found}
        return {key: into.get(key, "") for key in ids if key not in there and (key in into or key not in unsure)}

    def step(self, chunk: Chunk, remote: Mapping[str, str | int | float | None] | None) -> Step:  # noqa: ARG002
        """Send the chunk, which one call does; values are absolute, so it may be sent again.

        Of a lead that was merged in the meantime, the one that survived has an outcome too, though it be no row of the chunk.

        Raises
        ------
        GateStopped
            A property is not leadq's to write.
        TargetPausedError
            Only time helps; the same step may be taken again.
        HubspotRefusedError
            The whole call is refused for a cause that is in no single row.
        """
        judged = {row.key: sendable(row) for row in chunk.rows}
        outcomes = self._not_looked_at([row.key for row in chunk.rows])
        outcomes |= {key: values for key, values in judged.items() if isinstance(values, RowOutcome)}
        left = (one for one in judged.items() if _state(outcomes, one[0]) != "skipped")
        rows = [(key, values) for key, values in left if not isinstance(values, RowOutcome)]
        for first in range(0, len(rows), ROWS_PER_CALL):
            outcomes |= {one.key: one for one in update(self._session, self._kind, rows[first : first + ROWS_PER_CALL])}
        ours = {row.key: outcomes.pop(row.key) for row in chunk.rows}
        return Step(outcomes=(*ours.values(), *outcomes.values()))

    def _not_looked_at(self, keys: Sequence[str]) -> dict[str, RowOutcome]:
        """Look at rows that were not looked at just before: skipped are those that are gone.

        An earlier process may have sent them unheard, when a merged one was merged already: then its survivor holds another's score.
        """
        unseen = [key for key in keys if key not in self._looked]
        self._looked = frozenset()
        gone = self._gone(unseen) if unseen else {}
        told = {survivor: replace(OVERWRITTEN, key=survivor) for survivor in gone.values() if survivor}
        skipped = {key: RowOutcome(key=key, state="skipped", text=_why(survivor)) for key, survivor in gone.items()}
        return {**told, **skipped}

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """Return what leads hold now; those that are archived or merged are left out."""
        must_be_allowed(names)
        found = read(self._session, self._kind, sorted(filter(is_id, set(keys))), names)
        held = {str(record.get("id")): record["properties"] for record in found.records}
        return {key: {name: as_read(name, held[key].get(name)) for name in names} for key in keys if key in held}


def _why(survivor: str) -> str:
    return f"merged into {shown(survivor)}" if survivor else "archived or not found"


def _state(outcomes: Mapping[str, RowOutcome], key: str) -> str:
    return outcomes[key].state if key in outcomes else ""
