"""A table of a real PostgreSQL server as a far side: a trigger logs every write, a column of people stands beside ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.postgres.target import PostgresTarget
from leadq.crm.connectors.protocol import Target
from leadq.crm.storage.source_locations import Database
from leadq.serving.delivery.planning.payload import our_fields
from tests.conformance.connectors.attempt import TIERS, OpenWith
from tests.conformance.connectors.far_side import FarSide, SideSpec, Wanted
from tests.conformance.connectors.nights import Night, Value
from tests.postgres_server import PASSWORD, USER, Postgres

TABLE = "killed.Scores"
_AFTER = """
ALTER TABLE killed."Scores" ADD COLUMN rep_note text;
CREATE TABLE killed.written (id bigserial, lead_id text, ours text, people text);
CREATE FUNCTION killed.log() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO killed.written (lead_id, ours, people)
       VALUES (NEW.lead_id, md5((to_jsonb(NEW) - 'rep_note')::text), NEW.rep_note); RETURN NEW; END $$;
CREATE TRIGGER log AFTER INSERT OR UPDATE ON killed."Scores" FOR EACH ROW EXECUTE FUNCTION killed.log();
"""


def open_target(given: OpenWith) -> Target:
    database = Database.model_construct(url=SecretStr(given.address["url"]))
    return PostgresTarget(name="there", database=database, table=TABLE, chunk_rows=given.chunk_rows)


@dataclass(slots=True, kw_only=True)
class PostgresSide(FarSide):
    """See :class:`tests.conformance.connectors.far_side.FarSide`."""

    server: Postgres
    keys: Sequence[str]

    kind = "postgres"
    opener = f"{__name__}:open_target"
    secrets = ("p%40ss%3A%20w%C3%B6rd%2F1", PASSWORD)

    def address(self) -> Mapping[str, str]:
        return {"url": self.server.url()}

    def leadq_yaml(self) -> str:
        url = f"postgresql://{USER}:${{FAR_SIDE_SECRET}}@/postgres?host={self.server.socket}"
        return f'databases: {{db: {{url: "{url}"}}}}\ndeliver: {{there: {{kind: postgres, database: db, table: {TABLE}}}}}\n'

    def begin(self, night: Night) -> None:
        self.server.run("TRUNCATE killed.written")

    def held(self) -> Mapping[str, Mapping[str, Value]]:
        rows = self.server.run('SELECT lead_id, lq_score, lq_tier, lq_reason_1 FROM killed."Scores"')
        return {key: {"Score": score, "Tier": tier, "Reason_1": reason} for key, score, tier, reason in rows}

    def lost(self) -> Sequence[str]:
        rows = self.server.run('SELECT lead_id, rep_note FROM killed."Scores"')
        known = set(self.keys)
        return [key for key, note in rows if key in known and note != f"mine: {key}"]

    def written(self) -> Mapping[tuple[str, str], Sequence[object]]:
        found: dict[tuple[str, str], list[object]] = {}
        for key, ours in self.server.run("SELECT lead_id, ours FROM killed.written ORDER BY id"):
            found.setdefault((key, "all"), []).append(ours)
        return found

    def spoil(self, key: str, *, score: float) -> None:
        self.server.run(f"UPDATE killed.\"Scores\" SET lq_score = {score} WHERE lead_id = '{key}'")

    def overwrite_people(self, key: str) -> None:
        self.server.run(f"UPDATE killed.\"Scores\" SET rep_note = 'ours' WHERE lead_id = '{key}'")

    def refuse(self, keys: Sequence[str]) -> None:
        listed = ", ".join(f"'{key}'" for key in keys)
        self.server.run(
            f'ALTER TABLE killed."Scores" ADD CONSTRAINT not_these CHECK (lead_id NOT IN ({listed})) NOT VALID'
        )

    def accept_all(self) -> None:
        self.server.run('ALTER TABLE killed."Scores" DROP CONSTRAINT IF EXISTS not_these')


@contextmanager
def postgres_side(wanted: Wanted) -> Iterator[PostgresSide]:
    """Make the table with its leads, as a company that has had scores before and wrote notes beside them."""
    server = wanted.postgres()
    server.run("DROP SCHEMA IF EXISTS killed CASCADE")
    database = Database.model_construct(url=SecretStr(server.url()))
    PostgresTarget(name="there", database=database, table=TABLE).check(our_fields(column_name, TIERS))
    server.run(_AFTER)
    keys = [f"L{number:07d}" for number in range(wanted.leads)]
    server.run(
        f"INSERT INTO killed.\"Scores\" (lead_id, rep_note) SELECT 'L' || lpad(n::text, 7, '0'), "
        f"'mine: L' || lpad(n::text, 7, '0') FROM generate_series(0, {wanted.leads - 1}) AS n"
    )
    try:
        yield PostgresSide(server=server, keys=keys)
    finally:
        server.run("DROP SCHEMA IF EXISTS killed CASCADE")


SIDES = (SideSpec(name="postgres", open=postgres_side, takes_any_id=True),)
