"""A real Tryton server as a far side of ``tests/kills``: its own history tells every write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.kills.nights import Night
from tests.tryton_server import REP, Tryton, running

PEOPLES = {
    "lq_decision": "rejected",
    "lq_rejection_reason": "no_budget",
    "lq_tier_override": "T3",
    "comment": "Called, wants a quote",
    "conversion_probability": 0.7,
    "state": "lead",
}
_OURS = ("lq_score", "lq_tier", "lq_reason_1")


@dataclass(slots=True, kw_only=True)
class TrytonSide:
    """See :class:`tests.kills.campaign.FarSide`; ``last`` is the last revision before the night."""

    server: Tryton
    keys: Sequence[str]
    last: int = 0

    def attempt(self) -> Mapping[str, str]:
        return {"kind": "tryton", "where": self.server.address}

    def begin(self, night: Night) -> None:
        self.last = self.server.asked("SELECT max(__id) FROM sale_opportunity__history")[0][0]

    def writes(self) -> int:
        return len(self._written())

    def judge(self, night: Night, *, abandoned: Night | None, excused: frozenset[str]) -> None:
        names = (*_OURS, *PEOPLES)
        rows = self.server.asked(f"SELECT id, {', '.join(names)} FROM sale_opportunity")
        held = {str(key): dict(zip(names, values, strict=True)) for key, *values in rows}
        for key in self.keys:
            row = held[key]
            ours = {
                "Score": None if row["lq_score"] is None else float(row["lq_score"]),
                "Tier": row["lq_tier"],
                "Reason_1": row["lq_reason_1"],
            }
            assert key in excused or ours == night.expected(key), f"{key} holds {ours} and not {night.expected(key)}"
            lost = {name: row[name] for name, value in PEOPLES.items() if row[name] != value}
            assert not lost, f"{key} lost what people had written: {lost}"
        values: dict[str, set[tuple[object, ...]]] = {}
        for key, *written in self._written():
            values.setdefault(str(key), set()).add(tuple(written))
        most = 1 if abandoned is None else 2
        several = [key for key, found in values.items() if len(found) > most]
        assert not several, f"{len(several):,} leads had more than {most} values in one night, such as {several[0]}"
        strange = values.keys() - night.changed
        assert abandoned or not strange, f"{len(strange):,} leads were written though nothing of them changed"

    def _written(self) -> list[tuple[object, ...]]:
        query = f"SELECT id, {', '.join(_OURS)} FROM sale_opportunity__history WHERE __id > {self.last}"
        return self.server.asked(query)


@contextmanager
def tryton_side(leads: int) -> Iterator[TrytonSide]:
    """Run a server with leads that people have written to."""
    with running() as server:
        rep = server.rpc(REP)
        ids = rep.leads(leads)
        given = {name: value for name, value in PEOPLES.items() if name != "state"}
        for first in range(0, leads, 500):
            rep("sale.opportunity.write", ids[first : first + 500], given)
        yield TrytonSide(server=server, keys=[str(one) for one in ids])
