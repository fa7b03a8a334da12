"""The few SOQL shapes that we send, not a SOQL engine: SELECT, FROM, WHERE with AND, ORDER BY, LIMIT.

Anything else (OR, parentheses around conditions, aggregates, subqueries) is refused as ``MALFORMED_QUERY``, so that a query outside
of what the fake understands is never answered with made-up rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.fake_salesforce.fields import Field, Value
from tests.fake_salesforce.messages import ApiError
from tests.fake_salesforce.records import UNKNOWN, Organisation, Table

_QUERY = re.compile(
    r"\s*SELECT\s+(?P<names>[\w.,\s]+?)\s+FROM\s+(?P<table>\w+)(\s+WHERE\s+(?P<where>.+?))?"
    r"(\s+ORDER\s+BY\s+(?P<order>[\w.]+)(\s+(?P<way>ASC|DESC))?)?(\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_TEXT = r"'(?:[^'\\]|\\.)*'"
_CONDITION = re.compile(
    rf"\s*(?P<name>[\w.]+)\s*(?:(?P<way>NOT\s+IN|IN)\s*\((?P<many>\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*)\)"
    rf"|(?P<sign><=|>=|!=|<>|=|<|>)\s*(?P<one>{_TEXT}|[\w.:+-]+))\s*",
    re.IGNORECASE | re.DOTALL,
)
_AND = re.compile(r"AND\b", re.IGNORECASE)
_WRITTEN_AS = {
    "boolean": "bool",
    "double": "float",
    "percent": "float",
    "int": "float",
    "currency": "float",
    "datetime": "moment",
    "date": "moment",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT.*")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<>": lambda left, right: bool(left != right),
    "<": lambda left, right: left is not None and bool(left < right),
    ">": lambda left, right: left is not None and bool(left > right),
    "<=": lambda left, right: left is not None and bool(left <= right),
    ">=": lambda left, right: left is not None and bool(left >= right),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows of a query with the fields it names."""

    table: Table
    names: tuple[str, ...]
    rows: tuple[dict[str, Value], ...]


def select(organisation: Organisation, query: str, *, with_deleted: bool) -> Found:
    """Answer a query.

    Raises
    ------
    ApiError
        400 ``MALFORMED_QUERY``, ``INVALID_TYPE`` or ``INVALID_FIELD``.
    """
    match = _QUERY.fullmatch(query)
    if match is None:
        raise ApiError(400, "MALFORMED_QUERY", f"the fake does not understand: {query[:200]}")
    table = organisation.tables.get(match["table"])
    if table is None:
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{match['table']}' is not supported.")
    names = tuple(_field(table, name.strip()).name for name in match["names"].split(","))
    keeps = _conditions(table, match["where"] or "")
    with organisation.lock:
        rows = [row for row in _named(table, match["where"] or "") if with_deleted or not row["IsDeleted"]]
        rows = [dict(row) for row in rows if all(keep(row) for keep in keeps)]
    if match["order"]:
        order = _field(table, match["order"]).name
        rows.sort(key=lambda row: (row.get(order) is not None, row.get(order)), reverse=_is_descending(match["way"]))
    return Found(table=table, names=names, rows=tuple(rows[: int(match["limit"])] if match["limit"] else rows))


def rest_value(field: Field, value: Value) -> Value:
    """Return a value as REST writes it: moments end in ``+0000`` there."""
    if field.kind == "datetime":
        return str(value).replace("Z", "+0000") if value is not None else None
    return value


def bulk_value(value: Value) -> str:
    """Return a value as a bulk query writes it: no value is an empty cell, numbers without a needless point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _is_descending(way: str | None) -> bool:
    return (way or "").upper() == "DESC"


def _field(table: Table, name: str) -> Field:
    for field in table.fields.values():
        if field.name.lower() == name.lower():
            return field
    raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{table.name}'.")


def _named(table: Table, where: str) -> Iterable[dict[str, Value]]:
    """Return the rows that a condition names by id, else all: a company with a million leads looks through no table."""
    match = _CONDITION.match(where)
    if match is None or match["name"].lower() != "id" or (match["way"] or "").upper() != "IN":
        return table.rows.values()
    ids = {str(_literal(text)): None for text in re.findall(_TEXT, match["many"])}
    return [table.rows[one] for one in ids if one in table.rows]


def _conditions(table: Table, text: str) -> list[Callable[[dict[str, Value]], bool]]:
    keeps: list[Callable[[dict[str, Value]], bool]] = []
    while text.strip():
        match = _CONDITION.match(text)
        if match is None:
            raise ApiError(400, "MALFORMED_QUERY", f"unexpected token: {text[:80]}")
        keeps.append(_condition(table, match))
        text = text[match.end() :]
        if text:
            if not (joined := _AND.match(text)):
                raise ApiError(400, "MALFORMED_QUERY", f"unexpected token: {text[:80]}")
            text = text[joined.end() :] or "AND"
    return keeps


def _condition(table: Table, match: re.Match[str]) -> Callable[[dict[str, Value]], bool]:
    field = _field(table, match["name"])
    name = field.name
    _check_type(field, match["one"] or "''")
    if match["way"]:
        values = {_literal(text) for text in re.findall(_TEXT, match["many"])}
        inside = match["way"].upper() == "IN"
        return lambda row: (row.get(name) in values) == inside
    compare, right = _COMPARE[match["sign"]], _literal(match["one"])
    return lambda row: compare(row.get(name), right)


def _check_type(field: Field, text: str) -> None:
    if text.lower() == "null" or field.kind == UNKNOWN:
        return
    written = "text" if text.startswith("'") else type(_literal(text)).__name__
    if field.kind in {"datetime", "date"} and text[0].isdigit():
        written = "moment"
    wanted = _WRITTEN_AS.get(field.kind, "text")
    if written != wanted:
        raise ApiError(400, "INVALID_FIELD", f"value of filter criterion for field '{field.name}' must be a {wanted}")


def _literal(text: str) -> Value:
    if text.startswith("'"):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    plain = {"true": True, "false": False, "null": None}
    if text.lower() in plain:
        return plain[text.lower()]
    if _MOMENT.fullmatch(text):
        return Field(name="literal", kind="datetime").stored(text)
    try:
        return float(text)
    except ValueError:
        return text  # a date
