"""What an account holds: records with the history of every property, properties, groups, pipelines, and who wrote what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tests.fake_hubspot.definitions import CONTACTS, NUMBERS, Definition, ValueRefused

OUR_APP = "leadq-app"
CONTACT_VERSIONS, OTHER_VERSIONS = 45, 20


class Write(NamedTuple):
    """A property that was written, changed or not."""

    record_id: str
    name: str
    before: str | None
    after: str | None
    by: str


@dataclass(slots=True, kw_only=True)
class Record:
    """One record; ``history`` is newest first, ``associations`` are ids by the other's type."""

    id: str
    created_at: datetime
    updated_at: datetime
    properties: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    associations: dict[str, list[str]] = field(default_factory=dict)
    archived: bool = False
    merged_into: str | None = None


class Account:
    """One account.

    Parameters
    ----------
    now : callable
        Returns the present moment, aware.

    Attributes
    ----------
    judges_rows : bool
        Whether a value that is not taken refuses its row alone instead of the whole batch.
    merges_anew : bool
        Whether a merge makes a new record of which both old ids are names, as HubSpot's changelog says of contacts and companies.
    inline : int
        Associations of a record that a list names at once.
    refused, refusal : frozenset of str, str
        Ids of records that take no value over the API, and why.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.judges_rows = False
        self.merges_anew = False
        self.inline = 100
        self.refused: frozenset[str] = frozenset()
        self.refusal = "This record takes no values now"
        self.records: dict[str, dict[str, Record]] = {"contacts": {}, "companies": {}, "deals": {}, "leads": {}}
        self.definitions: dict[str, dict[str, Definition]] = {
            "contacts": {one.name: one for one in CONTACTS},
            "companies": {one.name: one for one in NUMBERS},
        }
        self.groups: dict[str, dict[str, str]] = {"contacts": {"contactinformation": "Contact information"}}
        self.pipelines: list[dict[str, Any]] = [pipeline("default", {"closedwon": 1.0, "closedlost": 0.0, "open": 0.4})]
        self.writes: list[Write] = []
        self._next_id = 1_000

    def add(self, kind: str, *, at: datetime | None = None, by: str = "IMPORT", **values: str) -> str:
        """Put a record in as of a moment, with a first version of each value, and return its id."""
        with self.lock:
            self._next_id += 1
            moment = at or self.now()
            record = Record(id=str(self._next_id), created_at=moment, updated_at=moment)
            self.records.setdefault(kind, {})[record.id] = record
            created = {"hs_createdate": moment.isoformat()} if kind not in ("contacts", "companies", "deals") else {}
            self._set(kind, record, {"createdate": moment.isoformat(), **created, **values}, moment, by)
            return record.id

    def change(
        self, kind: str, record_id: str, *, at: datetime | None = None, by: str = "CRM_UI", **values: str
    ) -> None:
        """Let somebody change a record; this is no write over the API."""
        with self.lock:
            self._set(kind, self.records[kind][record_id], values, at or self.now(), by)

    def write(self, kind: str, record_id: str, values: Mapping[str, object]) -> Record:
        """Write over the API, audited.

        Raises
        ------
        KeyError
            No such record, or it is archived.
        ValueRefused
            A value is not taken; nothing is written.
        """
        record = self.found(kind, record_id)
        self.judge_record(record_id)
        for name, value in values.items():
            self.judge(kind, name, value)
        texts = {name: str(value) for name, value in values.items()}
        for name, value in texts.items():
            self.writes.append(Write(record.id, name, record.properties.get(name), value or None, OUR_APP))
        self._set(kind, record, texts, self.now(), "INTEGRATION")
        return record

    def judge_record(self, record_id: str) -> None:
        """Raise ValueRefused where a record takes no values."""
        if record_id in self.refused:
            raise ValueRefused("NOT_EDITABLE", "lq_score", self.refusal)

    def judge(self, kind: str, name: str, value: object) -> None:
        """Raise ValueRefused where a value is not taken."""
        definition = self.definitions.get(kind, {}).get(name)
        if definition is None:
            raise ValueRefused("PROPERTY_DOESNT_EXIST", name, f'Property "{name}" does not exist')
        definition.judge(value)

    def found(self, kind: str, record_id: str) -> Record:
        """Return a record, or the one it was merged into."""
        record = self.records[kind][record_id]
        while record.merged_into:
            record = self.records[kind][record.merged_into]
        if record.archived:
            raise KeyError(record_id)
        return record

    def merge(self, kind: str, old: str, into: str, *, at: datetime | None = None) -> str:
        """Merge a record into another and return the one that is left.

        That is the other, as it is but for its list of merged ids and what the first was tied to; or a new one (``merges_anew``).
        """
        with self.lock:
            moment, records = at or self.now(), self.records[kind]
            gone = [old]
            if self.merges_anew:
                gone, into = [into, old], self._merged_anew(kind, records[into], records[old], moment)
            survivor = records[into]
            lists = [survivor.properties.get("hs_merged_object_ids")]
            for one in gone:
                lists.append(records[one].properties.get("hs_merged_object_ids"))
                records[one].merged_into = into
                for other, ids in records[one].associations.items():
                    survivor.associations[other] = list(dict.fromkeys([*survivor.associations.get(other, []), *ids]))
            merged = ";".join(dict.fromkeys(";".join(filter(None, [*lists, *gone])).split(";")))
            self._set(kind, survivor, {"hs_merged_object_ids": merged}, moment, "MERGE_OBJECTS")
            return into

    def _merged_anew(self, kind: str, first: Record, second: Record, moment: datetime) -> str:
        """Make the record of a merge: the first one's values where it has any, and the histories of both."""
        self._next_id += 1
        made = Record(id=str(self._next_id), created_at=moment, updated_at=moment)
        made.properties = {**second.properties, **{name: value for name, value in first.properties.items() if value}}
        made.properties["createdate"] = min(one.properties["createdate"] for one in (first, second))
        for name in {*first.history, *second.history}:
            both = [*first.history.get(name, []), *second.history.get(name, [])]
            made.history[name] = sorted(both, key=lambda one: one["timestamp"], reverse=True)
        self.records[kind][made.id] = made
        return made.id

    def tie(self, kind: str, record_id: str, other: str, other_id: str) -> None:
        """Associate two records, both ways."""
        with self.lock:
            self.records[kind][record_id].associations.setdefault(other, []).append(other_id)
            self.records[other][other_id].associations.setdefault(kind, []).append(record_id)

    def _set(self, kind: str, record: Record, values: Mapping[str, str], moment: datetime, by: str) -> None:
        for name, value in values.items():
            if record.properties.get(name, "") == value:
                continue
            record.properties[name] = value
            version = {"value": value, "timestamp": stamp(moment), "sourceType": by, "sourceId": f"source-{by}"}
            if by == "CRM_UI":
                version["updatedByUserId"] = 77
            versions = record.history.setdefault(name, [])
            versions.insert(0, version)
            del versions[CONTACT_VERSIONS if kind == "contacts" else OTHER_VERSIONS :]
        record.updated_at = moment


def stamp(moment: datetime) -> str:
    """Return a moment as HubSpot writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def pipeline(pipeline_id: str, chances: Mapping[str, float], *, archived: Sequence[str] = ()) -> dict[str, Any]:
    """Return a pipeline of deals whose stages have these chances; 1 and 0 are closed."""
    stages = [
        {
            "id": stage,
            "label": stage,
            "displayOrder": place,
            "archived": stage in archived,
            "metadata": {"probability": str(chance), "isClosed": "true" if chance in (0.0, 1.0) else "false"},
        }
        for place, (stage, chance) in enumerate(chances.items())
    ]
    return {"id": pipeline_id, "label": pipeline_id, "displayOrder": 0, "archived": False, "stages": stages}
