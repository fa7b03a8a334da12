"""Fields counted among the newest leads, where the data is: a few aggregates a table, memory bounded by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.crm.contract.history import History
from leadq.crm.gate.field_profiles import CONTRACT_FIELDS, FieldProfile
from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path

NEWEST_DAYS = 30
NEWEST_LEADS = 200
"""At least so many are looked at, however long ago they came in."""
MAX_VALUES = 100
"""A category with more values than this has no list of known ones."""
_LISTED = 20
"""Most frequent values whose shares are kept."""
_CONTRACT = frozenset(f"{one.entity}s.{one.name}" for one in CONTRACT_FIELDS)
_CREATED = FieldProfile(entity="lead", name="created_at", type="month", rows=0, missing=0)
_MONTHS = 1200
"""At most so many months are counted: a century."""
_TENTHS = [tenth / 10 for tenth in range(1, 10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """Tables by ``"lead"`` and ``"account"``: the newest leads and their accounts, a row a lead, and all there are."""

    newest: dict[str, ir.Table]
    whole: dict[str, ir.Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCount:
    """A field of a profile counted in another history.

    Parameters
    ----------
    rows, missing : int
        Leads looked at, and those of which it is not known.
    unseen : int
        Leads with a value that the profile does not know; 0 where it lists none.
    shares : tuple of float
        Of the values whose shares the profile has, in its order.
    up_to : tuple of float
        Share of leads up to each of the values that the profile has at the tenths.
    below, above : int
        Leads with a number lower, or higher, than the profile's span.
    """

    rows: int
    missing: int
    unseen: int
    shares: tuple[float, ...]
    up_to: tuple[float, ...]
    below: int = 0
    above: int = 0


def profile_fields(history: History, *, memory_limit: str = "1GB") -> tuple[FieldProfile, ...]:
    """Profile every own field that is used, and the contract's, among the newest leads.

    Left out are refused ones, fields of an empty table, and the contract's where they have no value at all.

    The newest leads are those of the last :data:`NEWEST_DAYS` days before the data was read, or the last :data:`NEWEST_LEADS`; of a
    source without dates all.
    """
    fields = [*CONTRACT_FIELDS, *(field for field in history.own_fields if field.status != "refused")]
    bare = [FieldProfile(entity=one.entity, name=one.name, type=one.type, rows=0, missing=0) for one in fields]
    bare += [replace(_CREATED, type=kind) for kind in ("month", "hour") if history.dated]
    with _open(history, memory_limit) as opened:
        listed = [replace(one, **_listed(history, opened, one)) for one in bare]
        listed = list(_over_all_rows(history, opened.whole, listed))
        counted = _count(history, opened.newest, listed)
    return tuple(
        replace(
            one,
            rows=count.rows,
            missing=count.missing,
            shares=tuple(zip((value for value, _ in one.shares), count.shares, strict=True)),
            up_to=tuple(zip((edge for edge, _ in one.up_to), count.up_to, strict=True)),
        )
        for one, count in zip(listed, counted, strict=True)
        if count.rows and (count.rows > count.missing or f"{one.entity}s.{one.name}" not in _CONTRACT)
    )


def count_fields(
    history: History, profiles: Sequence[FieldProfile], *, memory_limit: str = "1GB"
) -> tuple[FieldCount, ...]:
    """Count fields that a history has among its newest leads, as :func:`profile_fields` counted them when it made the profiles."""
    if not profiles:
        return ()
    with _open(history, memory_limit) as opened:
        return _count(history, opened.newest, profiles)


def count_whole(
    history: History, profiles: Sequence[FieldProfile], *, memory_limit: str = "1GB"
) -> tuple[FieldProfile, ...]:
    """Return profiles with what stands in all rows of tonight's tables: ``all_rows``, ``all_missing`` and ``span``."""
    if not profiles:
        return ()
    with _open(history, memory_limit) as opened:
        return _over_all_rows(history, opened.whole, profiles)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCount:
    """All values of a category in another history: how many of the newest leads have each, and how many rows at all.

    Parameters
    ----------
    newest, rows : dict of str to int
        In order of the values; empty where there are too many to list. ``rows`` leaves out leads that came in after a moment.
    """

    newest: dict[str, int]
    rows: dict[str, int]


def count_values(
    history: History, profiles: Sequence[FieldProfile], *, until: datetime, memory_limit: str = "1GB"
) -> tuple[ValueCount, ...]:
    """Count the values that categories have among the newest leads, and among all that were there ``until`` then."""
    if not profiles:
        return ()
    with _open(history, memory_limit) as opened:
        leads = opened.whole["lead"]
        moment = ibis.literal(until).cast(leads.created_at.type())
        whole = {**opened.whole, "lead": leads.filter(leads.created_at <= moment) if history.dated else leads}
        return tuple(
            ValueCount(
                newest=_rows_of_values(opened.newest[one.entity], one.name, MAX_VALUES),
                rows=_rows_of_values(whole[one.entity], one.name, MAX_VALUES),
            )
            for one in profiles
        )


def _rows_of_values(table: ir.Table, column: str, most: int) -> dict[str, int]:
    """Return how many rows have each value, in order of the values; empty where there are more than ``most``."""
    present = table.select(value=table[column].cast("string")).filter(ibis._.value.notnull())
    found = present.group_by("value").agg(rows=present.count()).limit(most + 1).to_pyarrow().to_pylist()
    return {row["value"]: row["rows"] for row in sorted(found, key=itemgetter("value"))} if len(found) <= most else {}


@contextmanager
def _open(history: History, memory_limit: str) -> Iterator[_Opened]:
    with TemporaryDirectory(prefix="leadq-gate-") as spill:
        backend: Any = ibis.duckdb.connect(memory_limit=memory_limit, temp_directory=spill)
        try:
            backend.raw_sql("LOAD icu; SET TimeZone = 'UTC'")
            leads = backend.read_parquet(engine_path(history.path("leads")), table_name="leads", **AS_IT_STANDS)
            accounts = backend.read_parquet(
                engine_path(history.path("accounts")), table_name="accounts", **AS_IT_STANDS
            )
            own = {f"{one.entity}:{one.name}" for one in (*history.own_fields, *CONTRACT_FIELDS)} | {"lead:created_at"}
            newest = _in_time(history, leads) if history.dated else leads
            newest = newest.select("account_id", *(name for name in leads.columns if f"lead:{name}" in own))
            newest = backend.create_table("newest", newest, temp=True)
            wanted = accounts.select("account_id", *(name for name in accounts.columns if f"account:{name}" in own))
            of_accounts = newest.select("account_id").inner_join(wanted, "account_id")
            of_accounts = backend.create_table("of_accounts", of_accounts, temp=True)
            yield _Opened(newest={"lead": newest, "account": of_accounts}, whole={"lead": leads, "account": accounts})
        finally:
            backend.disconnect()


def _in_time(history: History, leads: ir.Table) -> ir.Table:
    def moment(value: Any) -> ir.Scalar:
        return ibis.literal(value).cast(leads.created_at.type())

    known = leads.filter(leads.created_at <= moment(history.read_at))
    last = known.order_by(ibis._.created_at.desc()).limit(NEWEST_LEADS).select("created_at")
    (first,) = last.aggregate(first=last.created_at.min()).to_pyarrow()["first"].to_pylist()
    since = history.read_at - timedelta(days=NEWEST_DAYS)
    return known.filter(known.created_at >= moment(since if first is None else min(since, first)))


def _listed(history: History, opened: _Opened, field: FieldProfile) -> dict[str, Any]:
    """Find what to count of a field: values at the tenths, or the most frequent values and all known ones; no shares yet."""
    newest = opened.newest[field.entity]
    present = newest.select(value=_value(history, newest, field)).filter(ibis._.value.notnull())
    if field.type in ("number", "date", "hour"):
        (edges,) = present.aggregate(edges=present.value.quantile(_TENTHS)).to_pyarrow()["edges"].to_pylist()
        return {"up_to": tuple((edge, 0.0) for edge in sorted({float(one) for one in edges or ()}))}
    if field.type == "month":
        return _months(history, opened.whole[field.entity])
    counted = present.group_by("value").agg(leads=present.count())
    frequent = counted.order_by(ibis._.leads.desc(), "value").limit(_LISTED).to_pyarrow()["value"].to_pylist()
    found: dict[str, Any] = {"shares": tuple((str(one), 0.0) for one in frequent)}
    if field.type == "category":
        rows = _rows_of_values(opened.whole[field.entity], field.name, MAX_VALUES)
        found["known"] = tuple(rows)
        found["known_rows"] = tuple(rows.values())
    return found


def _over_all_rows(
    history: History, tables: dict[str, ir.Table], profiles: Sequence[FieldProfile]
) -> tuple[FieldProfile, ...]:
    """Count all rows of a table in one pass; hours and months are moments, which are known of every lead or of none."""
    found: dict[str, dict[str, Any]] = {}
    for entity, table in tables.items():
        sums: dict[str, ir.Scalar] = {"rows": table.count()}
        for place, profile in enumerate(profiles):
            if profile.entity == entity and profile.type not in ("hour", "month"):
                value = _value(history, table, profile)
                sums[f"{place}:present"] = value.count()
                if profile.type == "number":
                    sums |= {f"{place}:lowest": value.min(), f"{place}:highest": value.max()}
        found[entity] = table.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return tuple(_with_all_rows(profile, found[profile.entity], place) for place, profile in enumerate(profiles))


def _with_all_rows(profile: FieldProfile, found: dict[str, Any], place: int) -> FieldProfile:
    if f"{place}:present" not in found:
        return profile
    ends = (found.get(f"{place}:lowest"), found.get(f"{place}:highest"))
    return replace(
        profile,
        all_rows=found["rows"],
        all_missing=found["rows"] - found[f"{place}:present"],
        span=tuple(float(end) for end in ends if end is not None),
    )


def _months(history: History, leads: ir.Table) -> dict[str, Any]:
    """Count the leads that came in in each month up to the reading."""
    known = leads.filter(leads.created_at <= ibis.literal(history.read_at).cast(leads.created_at.type()))
    rows = _rows_of_values(known.select(month=known.created_at.strftime("%Y-%m")), "month", _MONTHS)
    return {"known": tuple(rows), "known_rows": tuple(rows.values())}


def _count(history: History, rows: dict[str, ir.Table], profiles: Sequence[FieldProfile]) -> tuple[FieldCount, ...]:
    """Count all fields of a table in one pass."""
    counted: dict[str, dict[str, int]] = {}
    for entity, table in rows.items():
        sums: dict[str, ir.Scalar] = {"rows": table.count()}
        for place, profile in enumerate(profiles):
            if profile.entity == entity:
                sums |= {f"{place}:{name}": one for name, one in _sums(history, table, profile).items()}
        counted[entity] = table.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return tuple(_field_count(counted[profile.entity], place, profile) for place, profile in enumerate(profiles))


def _sums(history: History, table: ir.Table, profile: FieldProfile) -> dict[str, ir.Scalar]:
    value = _value(history, table, profile)
    sums = {"present": value.count()}
    sums |= {f"up_to:{i}": (value <= edge).sum() for i, (edge, _) in enumerate(profile.up_to)}
    sums |= {f"share:{i}": (value == one).sum() for i, (one, _) in enumerate(profile.shares)}
    if profile.known:
        sums["unseen"] = value.notin(profile.known).sum()
    if profile.span:
        sums |= {"below": (value < profile.span[0]).sum(), "above": (value > profile.span[1]).sum()}
    return sums


def _field_count(found: dict[str, int], place: int, profile: FieldProfile) -> FieldCount:
    present = found[f"{place}:present"]

    def shares(kind: str, length: int) -> tuple[float, ...]:
        return tuple((found[f"{place}:{kind}:{i}"] or 0) / present if present else 0.0 for i in range(length))

    return FieldCount(
        rows=found["rows"],
        missing=found["rows"] - present,
        unseen=found.get(f"{place}:unseen") or 0,
        shares=shares("share", len(profile.shares)),
        up_to=shares("up_to", len(profile.up_to)),
        below=found.get(f"{place}:below") or 0,
        above=found.get(f"{place}:above") or 0,
    )


def _value(history: History, table: ir.Table, field: FieldProfile) -> ir.Value:
    """Of a number what is finite, of a date whole days before the reading, of a flag ``yes`` or ``no``, of a time its hour or month."""
    column = table[field.name]
    if field.type == "number":
        return ibis.ifelse(column.isnan() | column.isinf(), ibis.null("float64"), column)
    if field.type == "date":
        read_at = ibis.literal(history.read_at).cast(column.type())
        return (read_at.epoch_seconds() - column.epoch_seconds()) // 86_400
    if field.type == "hour":
        return (column.epoch_seconds() % 86_400) / 3600
    if field.type == "month":
        return column.strftime("%Y-%m")
    return ibis.ifelse(column, "yes", "no") if field.type == "flag" else column.cast("string")
