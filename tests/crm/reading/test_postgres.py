"""A real PostgreSQL server as a source: the same history as from files, one moment, every type, and what can go wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history, read_notes
from leadq.crm.simulated import CompanySettings, simulate, write_company
from leadq.crm.simulated.simulate import SimulatedCompany
from leadq.foundation.problems import ConfigError, LeadqError
from tests.crm.reading.conftest import SourceFolder, lead_rows
from tests.postgres_server import PASSWORD, Postgres

RowsOf = Callable[[History, str], list[dict[str, Any]]]
_TYPES = {pa.string(): "text", pa.float64(): "float8", pa.bool_(): "boolean"}
_OUTCOME = "outcome: {from: lead_columns, won: [won], lost: [lost]}\n"
_DATABASES = "databases: {crm: {url: '${CRM_URL}'}}\n"


def _source(leads: str, more: str = "") -> str:
    return f"{_DATABASES}sources:\n  leads: {{database: crm, {leads}}}\n{more}{_OUTCOME}"


@pytest.fixture
def schema(postgres: Postgres) -> Iterator[str]:
    """A schema of its own, whose name needs quotes; ``leads`` in it are good."""
    rows = [line.split(",") for line in lead_rows(30).splitlines()[1:]]
    values = ", ".join(f"('{a}', '{b}', {repr(c) if c else 'NULL'}, '{d}')" for a, b, c, d in rows)
    postgres.run(
        'DROP SCHEMA IF EXISTS "My Sales" CASCADE',
        'CREATE SCHEMA "My Sales"',
        'CREATE TABLE "My Sales".leads (lead_id text, created_at timestamptz, closed_at timestamptz, status text)',
        f'INSERT INTO "My Sales".leads VALUES {values}',
    )
    yield "My Sales"
    postgres.run('DROP SCHEMA IF EXISTS "My Sales" CASCADE')


@pytest.fixture(scope="module")
def company(postgres: Postgres) -> SimulatedCompany:
    """A simulated company, whose tables lie in the schema ``sim`` as well."""
    simulated = simulate(CompanySettings(n_leads=300, seed=5))
    with postgres.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS sim CASCADE")
        connection.execute("CREATE SCHEMA sim")
        for name, table in simulated.tables.items():
            columns = ", ".join(f'"{field.name}" {_TYPES.get(field.type, "timestamptz")}' for field in table.schema)
            connection.execute(f"CREATE TABLE sim.{name} ({columns})")
            with connection.cursor() as cursor, cursor.copy(f"COPY sim.{name} FROM STDIN") as copy:
                for row in zip(*[column.to_pylist() for column in table.columns], strict=True):
                    copy.write_row(row)
    return simulated


@pytest.mark.integration
def test_a_company_gives_the_same_history_as_from_its_files_read_at_one_moment(
    tmp_path: Path, company: SimulatedCompany, postgres: Postgres
) -> None:
    write_company(company, tmp_path)
    path = tmp_path / "leadq.yaml"
    files = read_history(read_config(path), folder=tmp_path / "files", read_at=company.read_at)
    text = re.sub(r"\{path: (\w+)\.parquet\}", r"{database: crm, table: sim.\1}", path.read_text(encoding="utf-8"))
    text = text.replace("table: sim.touches", 'query: "SELECT * FROM sim.touches -- what sales did"')
    path.write_text(text + _DATABASES, encoding="utf-8")
    config = read_config(path, environment={"CRM_URL": postgres.url()})

    def meanwhile(words: str) -> None:
        if words == "fetching crm table sim.events":
            postgres.run("INSERT INTO sim.events SELECT * FROM sim.events LIMIT 9")
            postgres.run("DELETE FROM sim.touches")

    database = read_history(config, folder=tmp_path / "history", read_at=company.read_at, progress=meanwhile)
    assert postgres.run("SELECT count(*) FROM sim.touches") == [(0,)]
    assert database.sha256 == files.sha256
    assert database.counts == files.counts
    assert database.own_fields == files.own_fields


def test_joins_filters_and_value_maps_work_as_with_files(
    sources: SourceFolder, schema: str, postgres: Postgres, rows_of: RowsOf
) -> None:
    postgres.run(
        f'CREATE TABLE "{schema}".product ("Status" text, "Series ""x""" text)',
        f"""INSERT INTO "{schema}".product VALUES ('won', 'G'), ('LOST', 'M'), ('open', 'G')""",
    )
    sources.write("kinds.csv", "status,kind\nwon,a\nLOST,b\nopen,c\n")
    config = _source(
        f"""table: {schema}.leads,
    values: {{status: {{lost: LOST}}}},
    where: {{status: [won, LOST]}},
    join: [{{database: crm, table: {schema}.product, on: {{status: Status}}, take: ['Series "x"']}},
           {{path: kinds.csv, on: status, take: [kind]}}]"""
    ).replace("lost: [lost]", "lost: [LOST]")
    history = sources.read(config, environment={"CRM_URL": postgres.url()})
    assert [(row["status"], row['Series "x"'], row["kind"]) for row in rows_of(history, "leads")[:2]] == [
        ("won", "G", "a"),
        ("LOST", "M", "b"),
    ]
    assert "leads: where and ignore_kinds select 20 of 30 rows of crm table My Sales.leads" in read_notes(
        history.folder
    )


_ODD_COLUMNS = {
    "kind": ("mood", "'calm'", "calm"),
    "number": ("numeric(40, 3)", "12345678901234567890.125", "12345678901234567890.125"),
    "no_number": ("numeric", "'NaN'", None),
    "endless": ("float8", "'-Infinity'", "-Infinity"),
    "square": ("float8", "1.1::float8 * 1.1", "1.2100000000000002"),
    "flag": ("boolean", "true", "true"),
    "uuid": ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "document": ("jsonb", """'{"a": [1, null]}'""", '{"a": [1, null]}'),
    "list": ("text[]", """'{a,NULL,"b,c"}'""", '{a,NULL,"b,c"}'),
    "host": ("inet", "'10.0.0.1'", "10.0.0.1/32"),
    "span": ("interval", "'1 day 2 hours'", "1 day 02:00:00"),
    "moment": ("timestamptz", "'2024-03-01 10:00+02'", "2024-03-01 08:00:00+00"),
    "day": ("date", "'2024-03-01'", "2024-03-01"),
    "never": ("timestamptz", "'infinity'", "infinity"),
    "odd_text": (
        "text",
        """E'q\\\\x00\\n\\\\0 "; DROP TABLE leads; --'""",
        'q\\x00\n\\0 "; DROP TABLE leads; --',
    ),
    "unknown": ("text", "NULL", None),
}


def test_every_type_arrives_as_the_text_postgresql_writes(
    sources: SourceFolder, schema: str, postgres: Postgres, rows_of: RowsOf
) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, (kind, _, _) in _ODD_COLUMNS.items())
    given = ", ".join(value for _, value, _ in _ODD_COLUMNS.values())
    postgres.run(
        "DROP TYPE IF EXISTS mood CASCADE",
        "CREATE TYPE mood AS ENUM ('calm')",
        f'CREATE TABLE "{schema}".odd (lead_id text, created_at date, status text, {columns})',
        f"""INSERT INTO "{schema}".odd SELECT 'L' || i, '2024-03-01', 'open', {given} FROM generate_series(1, 3) i""",
        "ALTER ROLE leadq SET DateStyle = 'German'",
    )
    types = ", ".join(f"{name}: category" for name in _ODD_COLUMNS)
    vouch = ", ".join(f"{name}: to see it" for name in _ODD_COLUMNS)
    own = f", own_fields: {{types: {{{types}}}, vouch: {{{vouch}}}}}"
    try:
        for place in (f"table: {schema}.odd", f"""query: 'SELECT * FROM "{schema}".odd'"""):
            history = sources.read(_source(place + own), environment={"CRM_URL": postgres.url()})
            first = rows_of(history, "leads")[0]
            assert {name: first[name] for name in _ODD_COLUMNS} == {
                name: text for name, (_, _, text) in _ODD_COLUMNS.items()
            }
    finally:
        postgres.run("ALTER ROLE leadq RESET DateStyle")


def test_times_without_a_zone_are_local_and_endless_ones_are_rejected_or_mapped(
    sources: SourceFolder, schema: str, postgres: Postgres, rows_of: RowsOf
) -> None:
    postgres.run(
        f'CREATE TABLE "{schema}".naive AS SELECT lead_id, created_at::timestamp, closed_at::timestamp, status '
        f'FROM "{schema}".leads',
        f"""UPDATE "{schema}".naive SET closed_at = 'infinity' WHERE status = 'open'""",
        f"""UPDATE "{schema}".naive SET created_at = '-infinity' WHERE lead_id = 'L0000'""",
    )
    environment = {"CRM_URL": postgres.url()}
    config = "time_zone: Europe/Amsterdam\n" + _source(f"table: {schema}.naive, values: {{closed_at: {{infinity: }}}}")
    assert any(
        "naive" in problem.rule
        for problem in sources.problems(_source(f"table: {schema}.naive"), environment=environment)
    )
    problems = sources.problems(config, environment=environment)
    assert [(problem.rule[:35], problem.value) for problem in problems] == [
        ("created_at cannot be read as a time", "'-infinity'")
    ]
    history = sources.read("rejected_share: 0.1\n" + config, environment=environment)
    second = rows_of(history, "leads")[0]
    assert (second["lead_id"], second["created_at"].isoformat()) == ("L0001", "2024-01-02T09:00:00+00:00")
    assert rows_of(history, "leads")[1]["closed_at"] is None
    assert history.counts["leads"].rejected == 1


def test_rows_that_come_while_a_run_begins_are_left_to_the_next(
    sources: SourceFolder, schema: str, postgres: Postgres
) -> None:
    read_at = datetime.now(UTC) - timedelta(minutes=5)
    environment = {"CRM_URL": postgres.url()}
    config = _source(f"table: {schema}.leads")
    postgres.run(f"""INSERT INTO "{schema}".leads VALUES ('new', now() - interval '1 minute', NULL, 'open')""")
    history = sources.read(config, environment=environment, read_at=read_at)
    assert (history.counts["leads"].read, history.counts["leads"].rejected) == (30, 0)
    assert "leads: 1 row was added while this run was starting; the next run reads it" in read_notes(history.folder)
    problems = sources.problems(config, environment=environment, read_at=read_at - timedelta(hours=2))
    assert "created_at lies after the data was read" in problems[0].rule
    postgres.run(f"""UPDATE "{schema}".leads SET created_at = now() + interval '1 minute' WHERE lead_id = 'new'""")
    assert "created_at lies after" in sources.problems(config, environment=environment, read_at=read_at)[0].rule


def test_a_flat_table_names_its_order(sources: SourceFolder, schema: str, postgres: Postgres) -> None:
    flat = f"{_DATABASES}flat: {{database: crm, table: {schema}.leads, outcome: status, won: won, lost: lost, open: open%s}}\n"
    with pytest.raises(ConfigError, match="order must name the column to sort them by"):
        sources.read(flat % "", environment={"CRM_URL": postgres.url()})
    history = sources.read(flat % ", order: lead_id", environment={"CRM_URL": postgres.url()})
    assert not history.dated


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("table: My Sales.lead", "crm table My Sales.lead: must be a table of the database.*Did you mean My Sales.leads?"),
        ("table: nowhere.leads", "must be a table of the database"),
        ("table: 'My Sales.leads; DROP TABLE x'", "must be a table of the database"),
        ('query: \'SELECT nothing FROM "My Sales".leads\'', "42703.*Fix the name of the column"),
        ("query: SELECT * FROM nowhere", "42P01.*Fix the name in leadq.yaml"),
        ("query: SELECT FROM WHERE", "42601.*Fix the query"),
        ("query: 'SELECT 1 AS a; SELECT 2'", "must be one SELECT without a semicolon"),
        ("query: DROP TABLE leads", "must be a SELECT"),
        ("query: ''", "must be a SELECT"),
        ('query: \'WITH x AS (DELETE FROM "My Sales".leads RETURNING *) SELECT * FROM x\'', "data-modifying"),
        ("query: \"SELECT nextval('numbers') AS lead_id\"", "25006.*a source is only read"),
        ('query: \'SELECT 1 AS a) AS b; DROP TABLE "My Sales".leads --\'', "semicolon"),
        ("query: 'SELECT 1 AS a, 2 AS \"A\", 3 AS lead_id'", "columns whose names differ, got A, a"),
        ("query: SELECT 1 AS lead_id WHERE false", "must have rows"),
        ("query: SELECT 1 / 0 AS lead_id", "division by zero"),
        ('query: \'SELECT lead_id, status FROM "My Sales".leads\'', "crm query: the source of created_at must be a column of"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(
    sources: SourceFolder, schema: str, postgres: Postgres, place: str, expected: str
) -> None:
    postgres.run("CREATE SEQUENCE IF NOT EXISTS numbers")
    problems = sources.problems(_source(place), environment={"CRM_URL": postgres.url()})
    assert len(problems) == 1
    assert re.search(expected, str(problems[0])), problems[0]
    assert postgres.run(f'SELECT count(*) FROM "{schema}".leads') == [(30,)]


def test_a_semicolon_in_a_text_is_none(sources: SourceFolder, schema: str, postgres: Postgres) -> None:
    query = f"""SELECT *, ';' AS "a;b", $$;$$ AS c FROM "{schema}".leads -- ; """
    history = sources.read(_source(f"query: {json.dumps(query)}"), environment={"CRM_URL": postgres.url()})
    assert history.counts["leads"].used == 30


def test_all_problems_come_at_once(sources: SourceFolder, schema: str, postgres: Postgres) -> None:
    sources.write("touches.csv", "lead_id\nL1\n")
    more = "  events: {database: crm, table: nowhere.events}\n  touches: {path: touches.csv}\n"
    problems = sources.problems(_source("query: SELECT nothing", more), environment={"CRM_URL": postgres.url()})
    assert [problem.where for problem in problems[:2]] == ["crm query", "crm table nowhere.events"]
    assert any("touches.csv" in problem.where for problem in problems)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({"password": "sEcret"}, "password authentication failed.*Fix user and password"),
        ({"user": "nobody"}, "password authentication failed"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist.*Fix the name of the database'),
        ({"password": "sEcret/word:x"}, "must be an address that can be read.*%40 %3A %2F"),
        ({"password": "sEcret%zz"}, "must be an address that can be read"),
    ],
)
def test_an_address_that_does_not_answer_never_shows_its_password(
    sources: SourceFolder, postgres: Postgres, address: dict[str, str], expected: str
) -> None:
    given = postgres.url(**address)
    with pytest.raises(LeadqError) as stopped:
        sources.read(_source("table: leads"), environment={"CRM_URL": given})
    assert re.search(expected, str(stopped.value)), stopped.value
    chain = [stopped.value, stopped.value.__cause__, stopped.value.__context__]
    assert not any("sEcret" in f"{error!r} {error}" or PASSWORD in f"{error}" for error in chain)


def test_an_absent_server_is_named(sources: SourceFolder, tmp_path: Path) -> None:
    for host in (str(tmp_path), "no-such-host.invalid"):
        problems = sources.problems(
            _source("table: a"), environment={"CRM_URL": f"postgresql://u:sEcret@/db?host={host}"}
        )
        assert [(problem.where, problem.rule) for problem in problems] == [("crm", "must let leadq connect")]
        assert "Check whether the server runs" in problems[0].remedy
        assert problems[0].value
        assert "sEcret" not in str(problems[0])


def test_a_connection_lost_half_way_leaves_nothing(sources: SourceFolder, schema: str, postgres: Postgres) -> None:
    def cut() -> None:
        waiting = "query LIKE 'FETCH%' AND application_name = 'leadq' AND state = 'active'"
        while not postgres.run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {waiting} AND pid <> pg_backend_pid()"
        ):
            time.sleep(0.02)

    query = "SELECT i AS lead_id, pg_sleep(0.01) AS slow_rows FROM generate_series(1, 3000) i"
    cutting = threading.Thread(target=cut, daemon=True)
    cutting.start()
    problems = sources.problems(_source(f"query: '{query}'"), environment={"CRM_URL": postgres.url()})
    cutting.join(timeout=20)
    assert problems[0].where == "crm query"
    assert "57P01" in problems[0].value or "closed" in problems[0].value
    assert "run again; no file was half-written" in problems[0].remedy


def test_without_the_extra_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "leadq.yaml").write_text(_source("table: leads"), encoding="utf-8")
    program = f"""
import sys
sys.modules["psycopg"] = None
from datetime import UTC, datetime
from pathlib import Path
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.reading.ingest import read_history
config = read_config(Path({str(tmp_path / "leadq.yaml")!r}), environment={{"CRM_URL": "postgresql://host/db"}})
try:
    read_history(config, folder=Path({str(tmp_path / "history")!r}), read_at=datetime(2024, 1, 1, tzinfo=UTC))
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("InputError crm: needs the extra postgres of leadq. Install it"), (
        done.stdout + done.stderr
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:sEcret@h/db", "holds a password, which must not stand in a file"),
        ("${X:-postgresql://u:sEcret@h/db}", "holds a password"),
        ("postgresql://h/db?user=u&password=sEcret", "holds a password"),
        ("mysql://u@h/db", "must be the address of a PostgreSQL database"),
        ("${NOWHERE}", "names the variable NOWHERE"),
    ],
)
def test_addresses_are_judged_before_they_are_used(tmp_path: Path, url: str, expected: str) -> None:
    path = tmp_path / "leadq.yaml"
    path.write_text(_source("table: a").replace("${CRM_URL}", url), encoding="utf-8")
    with pytest.raises(ConfigError, match=expected) as stopped:
        read_config(path, environment={})
    assert "sEcret" not in str(stopped.value)


def test_a_configuration_does_not_show_its_passwords(tmp_path: Path) -> None:
    path = tmp_path / "leadq.yaml"
    path.write_text(_source("table: a").replace("${CRM_URL}", "postgresql://u:${PW}@h/db"), encoding="utf-8")
    config = read_config(path, environment={"PW": "sEcret"})
    assert "sEcret" not in repr(config)
    assert config.databases["crm"].url.get_secret_value() == "postgresql://u:sEcret@h/db"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path: a.csv, database: crm, table: t", "either path, or database"),
        ("database: crm", "either a table or a query"),
        ("database: crm, table: t, query: SELECT 1", "either a table or a query"),
        ("path: a.csv, table: t", "must name its database"),
        ("database: crm, table: a.b.c", "schema.table"),
        ("database: crm, table: t, separator: ';'", "a database needs none"),
        ("database: crn, table: t", "line 3: a database must be named under databases, got crn. Did you mean crm?"),
    ],
)
def test_a_source_is_a_file_or_rows_of_a_named_database(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "leadq.yaml"
    path.write_text(_source("x: y").replace("database: crm, x: y", text), encoding="utf-8")
    with pytest.raises(ConfigError) as stopped:
        read_config(path, environment={"CRM_URL": "postgresql://h/db"})
    assert expected in str(stopped.value)
