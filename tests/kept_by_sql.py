"""The three kept figures by plain SQL over the tables of a history: written from the definitions (docs/glossary.md, Hand-over).

Independent on purpose: no code of leadq's but the folder's layout is used, so that both must be right or differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

TIME = pa.timestamp("us", tz="UTC")
SHOWN = pa.schema([("lead_id", pa.string()), ("since", TIME), ("until", TIME), ("as_of", TIME), ("tier", pa.string())])
"""What sales could see of a lead: a tier since when and until when, and of which night."""

_SURVIVORS = """
CREATE TEMP TABLE survivor AS WITH RECURSIVE follow AS (
    SELECT old_lead_id, lead_id AS survivor FROM lead_aliases
    UNION SELECT f.old_lead_id, a.lead_id FROM follow f JOIN lead_aliases a ON a.old_lead_id = f.survivor)
SELECT * FROM follow WHERE survivor NOT IN (SELECT old_lead_id FROM lead_aliases)
"""
_ENTRIES = """
CREATE TEMP TABLE change AS
    SELECT lead_id, occurred_at AS happened, outcome,
        CASE outcome WHEN 'lost' THEN 0 WHEN 'reopened' THEN 1 ELSE 2 END AS rank FROM outcomes;
CREATE TEMP TABLE came AS
    SELECT lead_id, account_id, created_at AS came, -1 AS rank, TRUE AS first FROM leads WHERE created_at IS NOT NULL
    UNION ALL
    SELECT c.lead_id, account_id, c.happened, c.rank, FALSE FROM change c JOIN leads l USING (lead_id)
    WHERE outcome = 'reopened' AND created_at IS NOT NULL;
CREATE TEMP TABLE entry AS
    SELECT *, row_number() OVER all_of_lead AS number, lead(came) OVER all_of_lead AS next, lead(rank) OVER all_of_lead AS next_rank
    FROM came WINDOW all_of_lead AS (PARTITION BY lead_id ORDER BY NOT first, came, rank);
CREATE TEMP TABLE closing AS
    SELECT e.lead_id, e.number, min(c.happened) AS closed FROM entry e JOIN change c
    ON c.lead_id = e.lead_id AND c.outcome <> 'reopened'
        AND (e.first OR (c.happened, c.rank) > (e.came, e.rank)) AND (e.next IS NULL OR (c.happened, c.rank) < (e.next, e.next_rank))
    GROUP BY e.lead_id, e.number;
"""
_HANDED = """
CREATE TEMP TABLE handed AS
    SELECT e.*, coalesce(c.closed, 'infinity'::TIMESTAMPTZ) AS closed, min(greatest(e.came, s.since)) AS happened
    FROM entry e LEFT JOIN closing c USING (lead_id, number) JOIN shown s ON s.lead_id = e.lead_id
    WHERE e.came <= $read_at AND e.came >= $begun AND e.came < $ended
        AND greatest(e.came, s.since) < coalesce(s.until, 'infinity'::TIMESTAMPTZ)
    GROUP BY ALL
    HAVING min(greatest(e.came, s.since)) <= $read_at
"""
_OPEN = """
DELETE FROM handed AS h WHERE h.happened >= least(h.closed, coalesce(h.next, 'infinity'::TIMESTAMPTZ), $ended)
"""
_SEEN = """
CREATE TEMP TABLE seen AS
    SELECT h.*, arg_min(CASE WHEN s.since >= h.came THEN s.as_of END, s.since) AS shown_at, min_by(s.tier, s.since) AS shown_tier
    FROM handed h JOIN shown s ON s.lead_id = h.lead_id AND greatest(h.came, s.since) = h.happened
        AND h.happened < coalesce(s.until, 'infinity'::TIMESTAMPTZ) GROUP BY ALL
"""
_TIERS = """
CREATE TEMP TABLE tiers AS
WITH known AS (
    SELECT h.lead_id, h.number, h.shown_tier, s.tier, s.as_of,
        CASE WHEN s.as_of <= coalesce(h.shown_at, h.happened) THEN 0 ELSE 1 END AS late,
        abs(epoch_us(s.as_of) - epoch_us(coalesce(h.shown_at, h.happened))) AS far, s.scored_at, s.run_id
    FROM seen h JOIN scores s ON s.lead_id = h.lead_id
    WHERE s.as_of >= h.came AND s.as_of < coalesce(h.next, 'infinity'::TIMESTAMPTZ)
        AND (s.as_of <= coalesce(h.shown_at, h.happened) OR (s.as_of <= coalesce(h.shown_at, h.happened) + INTERVAL 2 DAY
            AND h.happened >= (SELECT min(as_of) FROM scores))))
SELECT lead_id, number, coalesce(any_value(shown_tier), first(tier ORDER BY late, far, scored_at DESC, run_id)) AS tier
FROM known GROUP BY lead_id, number
"""
_FIGURES = """
WITH after AS (SELECT *, lead(happened) OVER (PARTITION BY lead_id ORDER BY happened, number) AS next_at FROM seen),
known AS (
    SELECT a.lead_id, a.number, coalesce(t.tier, a.shown_tier, '') AS tier,
        a.happened + INTERVAL ($horizon + $grace) DAY <= $read_at AS mature,
        EXISTS (FROM outcomes o WHERE o.lead_id = a.lead_id AND o.outcome = 'won' AND o.occurred_at > a.happened
            AND o.occurred_at <= least(a.happened + INTERVAL ($horizon) DAY, coalesce(a.next_at, 'infinity'::TIMESTAMPTZ))) AS won,
        EXISTS (FROM (SELECT lead_id, occurred_at AS happened FROM work
                      UNION ALL SELECT lead_id, decided_at FROM dispositions WHERE decision = 'accepted') w
            WHERE w.lead_id = a.lead_id AND w.happened >= a.came AND w.happened <= a.happened + INTERVAL ($horizon) DAY
                AND w.happened < coalesce(a.next, 'infinity'::TIMESTAMPTZ)) AS worked
    FROM after a LEFT JOIN tiers t USING (lead_id, number))
SELECT CASE WHEN grouping(tier) = 1 THEN NULL ELSE tier END AS tier, count(*) AS handed_over, count(*) FILTER (mature) AS mature,
    count(*) FILTER (mature AND won) AS won, count(*) FILTER (mature AND worked) AS worked,
    count(*) FILTER (mature AND worked AND won) AS worked_won, count(*) FILTER (mature AND NOT worked) AS never_worked
FROM known GROUP BY GROUPING SETS ((), (tier)) HAVING count(*) > 0
"""
_BACKLOG = """
SELECT count(*) FROM entry e LEFT JOIN closing c USING (lead_id, number)
WHERE e.came < $begun AND coalesce(c.closed, 'infinity'::TIMESTAMPTZ) > $begun AND coalesce(e.next, 'infinity'::TIMESTAMPTZ) > $begun
    AND NOT EXISTS (FROM until_then u WHERE u.lead_id = e.lead_id AND greatest(u.since, e.came) < coalesce(u.until, 'infinity'::TIMESTAMPTZ)
        AND greatest(u.since, e.came) < $begun)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BySql:
    """Counts a tier (None: all, empty: no frozen tier), and leads that were open when hand-overs began to be recorded."""

    counts: dict[str | None, dict[str, int]]
    backlog: int


def kept_by_sql(
    folder: Path,
    read_at: datetime,
    *,
    horizon_days: int,
    shown: str | pa.Table,
    scores: Sequence[Path] = (),
    begun: datetime | None = None,
    until_then: str = "",
    grace_days: int = 7,
    kinds: Sequence[str] = ("call", "meeting", "email"),
) -> BySql:
    """Count hand-overs of a history.

    Parameters
    ----------
    folder : Path
        Of the history.
    shown : str or Table of :data:`SHOWN`
        Since when a lead stood before sales: SQL over the tables, or rows.
    begun : datetime, optional
        Since when that is recorded: leads that came in earlier have no hand-over.
    until_then : str, optional
        SQL as of ``shown``: what handed leads over before. Those are no backlog.
    kinds : sequence of str
        Of the outward touches that count as work, as the agreement that leadq comes with says; none: every touch of a person.
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("LOAD icu; SET TimeZone = 'UTC'")
        for path in sorted(folder.glob("*.parquet")):
            connection.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}', hive_partitioning=false)")
        told = {row[0] for row in connection.execute("DESCRIBE touches").fetchall()}
        of_people = "NOT coalesce(automatic, FALSE)" if "automatic" in told else "TRUE"
        agreed = f"kind IN {tuple(kinds)} AND direction IS DISTINCT FROM 'in'" if kinds else "TRUE"
        connection.execute(f"CREATE VIEW work AS FROM touches WHERE {of_people} AND {agreed}")
        connection.execute(_SURVIVORS)
        connection.register("rows_shown", SHOWN.empty_table() if isinstance(shown, str) else shown)
        connection.execute(f"CREATE TABLE shown AS {shown if isinstance(shown, str) else 'FROM rows_shown'}")
        connection.execute(f"CREATE TABLE until_then AS {until_then or 'FROM rows_shown LIMIT 0'}")
        _load_scores(connection, scores, read_at)
        for table in ("shown", "until_then", "scores"):
            connection.execute(
                f"UPDATE {table} SET lead_id = s.survivor FROM survivor s WHERE s.old_lead_id = {table}.lead_id"
            )
        first = begun or read_at - timedelta(days=36_500)
        times = {"read_at": read_at, "begun": first, "ended": read_at + timedelta(days=36_500)}
        connection.execute(_ENTRIES)
        connection.execute(_HANDED, times)
        connection.execute(_OPEN, {"ended": times["ended"]})
        connection.execute(_SEEN)
        connection.execute(_TIERS)
        given: dict[str, Any] = {"read_at": read_at, "horizon": horizon_days, "grace": grace_days}
        found = connection.sql(_FIGURES, params=given).to_arrow_table().to_pylist()
        ((backlog,),) = connection.execute(_BACKLOG, {"begun": first}).fetchall()
    return BySql(counts={row.pop("tier"): row for row in found}, backlog=backlog if begun is not None else 0)


def _load_scores(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], read_at: datetime) -> None:
    connection.execute(
        "CREATE TABLE scores (lead_id VARCHAR, tier VARCHAR, as_of TIMESTAMPTZ, scored_at TIMESTAMPTZ, run_id VARCHAR)"
    )
    for path in files:
        read = f"SELECT lead_id, tier, as_of, scored_at, run_id FROM read_parquet('{path}', hive_partitioning=false)"
        connection.execute(f"INSERT INTO scores {read} WHERE as_of <= $read_at", {"read_at": read_at})


CREATED = "SELECT lead_id, created_at AS since, NULL::TIMESTAMPTZ AS until, NULL::TIMESTAMPTZ AS as_of, NULL::VARCHAR AS tier FROM leads"
HANDED_OFF = """
SELECT lead_id, greatest(handed_off_at, created_at) AS since, greatest(handed_off_at, created_at) + INTERVAL 1 MICROSECOND AS until,
    NULL::TIMESTAMPTZ AS as_of, NULL::VARCHAR AS tier
FROM leads WHERE handed_off_at IS NOT NULL AND created_at IS NOT NULL
"""
OWNED = """
WITH step AS (
    SELECT l.lead_id, l.created_at AS since FROM leads l
    UNION SELECT entity_id, changed_at FROM field_history WHERE entity = 'lead' AND field = 'owner'),
owner AS (
    SELECT s.lead_id, s.since, lead(s.since) OVER (PARTITION BY s.lead_id ORDER BY s.since) AS until,
        coalesce((SELECT min(struct_pack(at := changed_at, old := coalesce(old_value, ''))).old FROM field_history f
            WHERE f.entity = 'lead' AND f.field = 'owner' AND f.entity_id = s.lead_id AND f.changed_at > s.since), l.owner) AS owner
    FROM step s JOIN leads l USING (lead_id) WHERE s.since >= l.created_at)
SELECT lead_id, since, until, NULL::TIMESTAMPTZ AS as_of, NULL::VARCHAR AS tier FROM owner JOIN owners USING (owner)
WHERE role IN ('sales', 'sales_manager')
"""
"""Who owned a lead when, of those who sell; owners here are active always."""


def as_leadq_counts(figures: Sequence[dict[str, Any]]) -> dict[str | None, dict[str, int]]:
    """Return the figures of ``leadq check --json`` in the same form, tiers without a hand-over left out."""
    found: dict[str | None, dict[str, int]] = {}
    for one in figures:
        if one["handed_over"]:
            worked = one["worked"] or {"mature": None, "won": None}
            found[one["tier"]] = {
                "handed_over": one["handed_over"],
                "mature": one["all"]["mature"],
                "won": one["all"]["won"],
                "worked": worked["mature"],
                "worked_won": worked["won"],
                "never_worked": one["never_worked"],
            }
    whole = found[None]
    rest = {key: value - sum(one[key] for tier, one in found.items() if tier) for key, value in whole.items()}
    return {**found, "": rest} if rest["handed_over"] else found


def all_active(folder: Path, selling: Sequence[str], others: Sequence[str]) -> None:
    """Write a list of owners into a history: those who sell and those who do not, all of them active always."""
    roles = ["sales"] * len(selling) + ["other"] * len(others)
    rows = [
        {"owner": owner, "role": role, "active_from": None, "active_to": None}
        for owner, role in zip([*selling, *others], roles, strict=True)
    ]
    schema = pa.schema([("owner", pa.string()), ("role", pa.string()), ("active_from", TIME), ("active_to", TIME)])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "owners.parquet")
