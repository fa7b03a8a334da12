"""A real Tryton server: a salesperson sets decision and reason on the lead; what buyers do is not in Tryton."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leadq.crm.connectors.tryton.sending.values import as_read
from tests.conformance.rejections.place import NAMES, Begun, Held, Place, PlaceSpec
from tests.tryton_past import last_revision, set_back
from tests.tryton_server import DATABASE, LEADQ, PASSWORDS, REP, Tryton, running

LEADS = 4


@dataclass(slots=True, kw_only=True)
class InTryton(Place):
    """See :class:`tests.conformance.rejections.place.Place`; ``last`` is the newest revision that stands at its moment."""

    server: Tryton
    keys: tuple[str, ...]
    last: int = 0

    def leadq_yaml(self) -> str:
        where = f'address: "{self.server.address}", database: {DATABASE}, user: {LEADQ}'
        return f'deliver: {{there: {{kind: tryton, {where}, password: "${{TRYTON_PASSWORD}}", rejections: true}}}}\n'

    def environment(self) -> dict[str, str]:
        return {"TRYTON_PASSWORD": PASSWORDS[LEADQ]}

    def reject(self, key: str, reason: str, at: datetime) -> None:
        self._write(key, {"lq_decision": "rejected", "lq_rejection_reason": reason})
        self.told(at)

    def take_back(self, key: str, at: datetime) -> None:
        self._write(key, {"lq_decision": None, "lq_rejection_reason": None})
        self.told(at)

    def told(self, at: datetime) -> None:
        set_back(self.server, after=self.last, to=at)
        self.last = last_revision(self.server)

    def held(self, key: str) -> Held:
        names = [f"lq_{name.lower()}" for name in NAMES]
        row = self.server.rpc(REP).read([int(key)], names)[int(key)]
        return {name: _text(row[column]) for name, column in zip(NAMES, names, strict=True)}

    def _write(self, key: str, values: Mapping[str, Any]) -> None:
        self.server.rpc(REP)("sale.opportunity.write", [int(key)], dict(values))


def _text(value: Any) -> object:
    read = as_read(value)
    return float(read) if isinstance(read, int) else read or None


@contextmanager
def opened(begun: Begun) -> Iterator[InTryton]:
    """Run a server with leads that came in some days before."""
    with running() as server:
        numbers = server.rpc(REP).leads(LEADS)
        place = InTryton(server=server, keys=tuple(map(str, numbers)))
        place.told(begun.moment - timedelta(days=5))
        yield place


PLACE = PlaceSpec(name="tryton", open=opened, acceptance=True)
