"""A table of a real PostgreSQL server as a far side: a trigger logs every write, a column of people stands beside ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.postgres.target import PostgresTarget
from leadq.crm.storage.source_locations import Database
from leadq.serving.delivery.planning.payload import our_fields
from tests.fake_salesforce.leads import TIERS
from tests.kills.nights import Night
from tests.postgres_server import Postgres

TABLE = "killed.Scores"
_AFTER = """
ALTER TABLE killed."Scores" ADD COLUMN rep_note text;
CREATE TABLE killed.written (id bigserial, lead_id text, ours text, people text);
CREATE FUNCTION killed.log() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO killed.written (lead_id, ours, people)
       VALUES (NEW.lead_id, md5((to_jsonb(NEW) - 'rep_note')::text), NEW.rep_note); RETURN NEW; END $$;
CREATE TRIGGER log AFTER INSERT OR UPDATE ON killed."Scores" FOR EACH ROW EXECUTE FUNCTION killed.log();
"""


@dataclass(slots=True, kw_only=True)
class PostgresSide:
    """See :class:`tests.kills.campaign.FarSide`."""

    server: Postgres
    keys: Sequence[str]

    def attempt(self) -> Mapping[str, str]:
        return {"kind": "postgres", "where": self.server.url(), "table": TABLE}

    def begin(self, night: Night) -> None:
        self.server.run("TRUNCATE killed.written")

    def writes(self) -> int:
        return int(self.server.run("SELECT count(*) FROM killed.written")[0][0])

    def judge(self, night: Night, *, abandoned: Night | None, excused: frozenset[str]) -> None:
        rows = self.server.run('SELECT lead_id, lq_score, lq_tier, lq_reason_1, rep_note FROM killed."Scores"')
        held = {key: {"Score": score, "Tier": tier, "Reason_1": reason} for key, score, tier, reason, _ in rows}
        wrong = [key for key in self.keys if key not in excused and held.get(key) != night.expected(key)]
        assert not wrong, (
            f"{len(wrong):,} of {len(self.keys):,} leads do not hold tonight's values: {wrong[0]} holds "
            f"{held.get(wrong[0])} and not {night.expected(wrong[0])}"
        )
        lost = [key for key, *_, note in rows if note != f"mine: {key}"]
        assert not lost, f"{len(lost):,} leads lost what people had written, such as {lost[0]}"
        self._judge_values(night, abandoned)

    def _judge_values(self, night: Night, abandoned: Night | None) -> None:
        runs = self.server.run(
            "SELECT lead_id, count(*) FILTER (WHERE ours IS DISTINCT FROM before) FROM (SELECT lead_id, ours, "
            "lag(ours) OVER (PARTITION BY lead_id ORDER BY id) AS before FROM killed.written) AS written GROUP BY lead_id"
        )
        most = 1 if abandoned is None else 2
        several = [key for key, values in runs if values > most]
        assert not several, f"{len(several):,} leads had {most + 1} or more values in one night, such as {several[0]}"
        if abandoned is None:
            strange = {key for key, _ in runs} - night.changed
            assert not strange, f"{len(strange):,} leads were written though nothing of them changed: {min(strange)}"


@contextmanager
def postgres_side(server: Postgres, leads: int) -> Iterator[PostgresSide]:
    """Make the table with its leads, as a company that has had scores before and wrote notes beside them."""
    server.run("DROP SCHEMA IF EXISTS killed CASCADE")
    database = Database.model_construct(url=SecretStr(server.url()))
    PostgresTarget(name="there", database=database, table=TABLE).check(our_fields(column_name, TIERS))
    server.run(_AFTER)
    keys = [f"L{number:07d}" for number in range(leads)]
    server.run(
        f"INSERT INTO killed.\"Scores\" (lead_id, rep_note) SELECT 'L' || lpad(n::text, 7, '0'), "
        f"'mine: L' || lpad(n::text, 7, '0') FROM generate_series(0, {leads - 1}) AS n"
    )
    try:
        yield PostgresSide(server=server, keys=keys)
    finally:
        server.run("DROP SCHEMA IF EXISTS killed CASCADE")
