"""A real Tryton server as a far side: its own history tells every write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.tryton.sending.target import TrytonTarget
from leadq.crm.connectors.tryton.session import Account, TrytonSession
from tests.conformance.connectors.attempt import OpenWith
from tests.conformance.connectors.far_side import OURS, FarSide, SideSpec, Wanted
from tests.conformance.connectors.nights import Night, Value
from tests.tryton_server import DATABASE, LEADQ, PASSWORDS, REP, Tryton, running

PEOPLES = {
    "lq_decision": "rejected",
    "lq_rejection_reason": "no_budget",
    "lq_tier_override": "T3",
    "comment": "Called, wants a quote",
    "conversion_probability": 0.7,
    "state": "lead",
}
_OURS = ("lq_score", "lq_tier", "lq_reason_1")


def open_target(given: OpenWith) -> Target:
    account = Account(address=given.address["server"], database=DATABASE, user=LEADQ, password=PASSWORDS[LEADQ])
    return TrytonTarget("there", TrytonSession(account, patience=given.patience), chunk_rows=given.chunk_rows)


@dataclass(slots=True, kw_only=True)
class TrytonSide(FarSide):
    """See :class:`tests.conformance.connectors.far_side.FarSide`; ``last`` is the last revision before the night."""

    server: Tryton
    keys: Sequence[str]
    last: int = 0

    kind = "tryton"
    opener = f"{__name__}:open_target"
    secrets = (PASSWORDS[LEADQ],)

    def address(self) -> Mapping[str, str]:
        return {"server": self.server.address}

    def leadq_yaml(self) -> str:
        place = f'address: "{self.server.address}", database: {DATABASE}, user: {LEADQ}'
        return f'deliver: {{there: {{kind: tryton, {place}, password: "${{FAR_SIDE_SECRET}}"}}}}\n'

    def begin(self, night: Night) -> None:
        self.last = self.server.asked("SELECT max(__id) FROM sale_opportunity__history")[0][0]

    def held(self) -> Mapping[str, Mapping[str, Value]]:
        rows = self.server.asked(f"SELECT id, {', '.join(_OURS)} FROM sale_opportunity")
        return {str(key): _as_scores(values) for key, *values in rows}

    def lost(self) -> Sequence[str]:
        rows = self.server.asked(f"SELECT id, {', '.join(PEOPLES)} FROM sale_opportunity")
        return [str(key) for key, *values in rows if values != list(PEOPLES.values())]

    def written(self) -> Mapping[tuple[str, str], Sequence[object]]:
        names = ", ".join(_OURS)
        query = f"SELECT id, {names} FROM sale_opportunity__history WHERE __id > {self.last} ORDER BY __id"
        found: dict[tuple[str, str], list[object]] = {}
        for key, *values in self.server.asked(query):
            found.setdefault((str(key), "all"), []).append(_as_scores(values))
        return found

    def spoil(self, key: str, *, score: float) -> None:
        self.server.rpc(LEADQ)("sale.opportunity.write", [int(key)], {"lq_score": round(score)})

    def overwrite_people(self, key: str) -> None:
        self.server.rpc(REP)("sale.opportunity.write", [int(key)], {"comment": "ours"})

    def refuse(self, keys: Sequence[str]) -> None:
        """Let a rule of the company's own module refuse them."""
        self.server.rpc(REP)("sale.opportunity.write", [int(key) for key in keys], {"need": "refused"})

    def accept_all(self) -> None:
        self.server.rpc(REP)("sale.opportunity.write", [int(key) for key in self.keys], {"need": ""})

    def troubles(self) -> Iterator[str]:
        self.server.stop()
        yield "must"
        self.server.start()

    def history(self) -> int:
        return len(self.keys)


def _as_scores(values: Sequence[object]) -> dict[str, Value]:
    score, tier, reason = values
    return dict(zip(OURS, (None if score is None else float(str(score)), tier, reason), strict=True))  # type: ignore[arg-type]


@contextmanager
def tryton_side(wanted: Wanted) -> Iterator[TrytonSide]:
    """Run a server with leads that people have written to."""
    with running() as server:
        rep = server.rpc(REP)
        ids = rep.leads(wanted.leads)
        given = {name: value for name, value in PEOPLES.items() if name != "state"}
        for first in range(0, wanted.leads, 500):
            rep("sale.opportunity.write", ids[first : first + 500], given)
        yield TrytonSide(server=server, keys=[str(one) for one in ids])


SIDES = (SideSpec(name="tryton", open=tryton_side, long_leads=2_000, long_chunk_rows=250, integration=True),)
