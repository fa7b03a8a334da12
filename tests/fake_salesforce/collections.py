"""sObject Collections: up to 200 records in a call, each with its own result, in the order they were sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.fake_salesforce.fields import RowError
from tests.fake_salesforce.ids import INTEGRATION_USER, full_id
from tests.fake_salesforce.messages import Answer, ApiError, Request, json_answer
from tests.fake_salesforce.records import Organisation, Table
from tests.fake_salesforce.soql import rest_value

MOST_WRITTEN = 200
MOST_READ = 2_000


def table_of(organisation: Organisation, name: object) -> Table:
    """Return a table by the name a client gave.

    Raises
    ------
    ApiError
        404 ``NOT_FOUND``.
    """
    found = organisation.tables.get(str(name))
    if found is None:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return found


def update_records(organisation: Organisation, request: Request) -> Answer:
    """Answer ``PATCH /composite/sobjects``."""
    body = request.json()
    records = body.get("records", []) if isinstance(body, dict) else None
    if not isinstance(records, list) or not records:
        raise ApiError(400, "MALFORMED_REQUEST", "records is required")
    if len(records) > MOST_WRITTEN:
        raise ApiError(
            400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_WRITTEN} records"
        )
    _check_types(organisation, records)
    rules = organisation.has_assignment_rules and request.headers.get("sforce-auto-assign", "").upper() != "FALSE"
    duplicates = _duplicates(records)
    with organisation.lock:
        if body.get("allOrNone") and (refused := _all_or_none(organisation, records, duplicates)):
            return json_answer(refused)
        return json_answer([_update(organisation, record, duplicates, rules) for record in records])


def read_records(organisation: Organisation, request: Request, table: str) -> Answer:
    """Answer ``POST /composite/sobjects/X`` with ids and fields: records in order, null for an id nobody has."""
    found, body = table_of(organisation, table), request.json()
    ids, names = body["ids"], body["fields"]
    if len(ids) > MOST_READ:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", f"cannot read more than {MOST_READ} records")
    unknown = [name for name in names if name not in found.fields]
    if unknown:
        raise ApiError(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {table}")
    with organisation.lock:
        rows = [found.rows.get(full_id(str(record_id)[:15])) for record_id in ids]
        return json_answer(
            [
                None
                if row is None or row["IsDeleted"]
                else {
                    "attributes": {"type": table},
                    "Id": row["Id"],
                    **{name: rest_value(found.fields[name], row.get(name)) for name in names},
                }
                for row in rows
            ]
        )


def describe(organisation: Organisation, _request: Request, table: str) -> Answer:
    """Answer ``GET /sobjects/X/describe``."""
    found = table_of(organisation, table)
    return json_answer(
        {
            "name": table,
            "label": table,
            "updateable": True,
            "queryable": True,
            "fields": [field.describe() for field in found.fields.values()],
        }
    )


def _check_types(organisation: Organisation, records: list[Mapping[str, Any]]) -> None:
    """Refuse the whole call for one value of a wrong type: it is no JSON of a Lead then."""
    for record in records:
        table = organisation.tables.get(str(record.get("attributes", {}).get("type")))
        fields = table.fields if table else {}
        for name in set(record) & set(fields):
            try:
                fields[name].stored(record[name])
            except RowError as refusal:
                if refusal.code == "INVALID_TYPE_ON_FIELD_IN_RECORD":
                    raise ApiError(400, "JSON_PARSER_ERROR", f"Cannot deserialize: {refusal.message}") from refusal


def _duplicates(records: list[Mapping[str, Any]]) -> set[str]:
    counts = Counter(_key(record)[:15] for record in records)
    return {key for key, count in counts.items() if count > 1}


def _key(record: Mapping[str, Any]) -> str:
    return str(record.get("id") or record.get("Id") or "")


def _parts(organisation: Organisation, record: Mapping[str, Any], duplicates: set[str]) -> tuple[Table, dict[str, Any]]:
    table = organisation.tables.get(str(record.get("attributes", {}).get("type")))
    if table is None:
        raise RowError("INVALID_TYPE", "sObject type is not supported")
    if _key(record)[:15] in duplicates:
        raise RowError("DUPLICATE_VALUE", f"duplicate id in list: {_key(record)}", ("Id",))
    values = {name: value for name, value in record.items() if name not in {"attributes", "id", "Id"}}
    for name in values:
        if name not in table.fields:
            raise RowError("INVALID_FIELD", f"No such column '{name}' on sobject of type {table.name}", (name,))
    return table, values


def _update(organisation: Organisation, record: Mapping[str, Any], duplicates: set[str], rules: bool) -> dict[str, Any]:
    try:
        table, values = _parts(organisation, record, duplicates)
        full = table.update(_key(record), values, by=INTEGRATION_USER, rules=rules)
    except RowError as refusal:
        return _failed(refusal)
    return {"id": full, "success": True, "errors": []}


def _all_or_none(
    organisation: Organisation, records: list[Mapping[str, Any]], duplicates: set[str]
) -> list[dict[str, Any]] | None:
    results, failed = [], False
    for record in records:
        rolled_back = RowError(
            "ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all records were valid"
        )
        try:
            table, values = _parts(organisation, record, duplicates)
            table.checked(_key(record), values)
        except RowError as refusal:
            failed, rolled_back = True, refusal
        results.append(_failed(rolled_back))
    return results if failed else None


def _failed(refusal: RowError) -> dict[str, Any]:
    return {
        "success": False,
        "errors": [{"statusCode": refusal.code, "message": refusal.message, "fields": list(refusal.fields)}],
    }
