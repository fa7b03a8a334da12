"""Batches: read, with or without history, and update."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.fake_hubspot.account import Account, Record, stamp
from tests.fake_hubspot.definitions import ValueRefused
from tests.fake_hubspot.messages import Refusal, error
from tests.fake_salesforce.messages import Answer, ApiError, Request, json_answer

MOST, MOST_WITH_HISTORY = 100, 50
_TIMES = {"startedAt": "2026-01-01T00:00:00.000Z", "completedAt": "2026-01-01T00:00:00.100Z", "status": "COMPLETE"}


def shown(record: Record, names: Sequence[str], with_history: Sequence[str] = ()) -> dict[str, Any]:
    """Return a record as the API shows it."""
    asked = dict.fromkeys([*names, *with_history, "hs_object_id", "createdate"])
    document: dict[str, Any] = {
        "id": record.id,
        "properties": {name: record.properties.get(name) or None for name in asked} | {"hs_object_id": record.id},
        "createdAt": stamp(record.created_at),
        "updatedAt": stamp(record.updated_at),
        "archived": record.archived,
    }
    if with_history:
        document["propertiesWithHistory"] = {name: record.history.get(name, []) for name in with_history}
    return document


class Batches:
    """Answers calls about up to 100 records."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def read(self, request: Request, kind: str) -> Answer:
        """Read records; one that was merged comes as the one it was merged into."""
        body = _body(request)
        with_history = body.get("propertiesWithHistory") or []
        ids = [str(one.get("id")) for one in _inputs(body, MOST_WITH_HISTORY if with_history else MOST)]
        found: dict[str, Record] = {}
        missing = []
        for record_id in ids:
            try:
                record = self._account.found(kind, record_id)
            except KeyError:
                missing.append(record_id)
            else:
                found[record.id] = record
        results = [shown(one, body.get("properties") or [], with_history) for one in found.values()]
        return _answered(results, [_not_found(kind, missing)] if missing else [])

    def update(self, request: Request, kind: str) -> Answer:
        """Update records by id."""
        inputs = _inputs(_body(request), MOST)
        if not self._account.judges_rows:
            for one in inputs:
                self._judge(kind, str(one.get("id")), one["properties"])
        results, errors, missing = [], [], []
        for one in inputs:
            trace = {"objectWriteTraceId": one["objectWriteTraceId"]} if one.get("objectWriteTraceId") else {}
            try:
                record = self._account.write(kind, str(one.get("id")), one["properties"])
            except KeyError:
                missing.append(str(one.get("id")))
            except ValueRefused as refused:
                context = {"objectWriteTraceId": [trace["objectWriteTraceId"]]} if trace else {"ids": [one["id"]]}
                errors.append(error("VALIDATION_ERROR", _worded(refused), context=context))
            else:
                results.append(shown(record, list(one["properties"])) | trace)
        return _answered(results, [*errors, *([_not_found(kind, missing)] if missing else [])])

    def _judge(self, kind: str, record_id: str, values: dict[str, object]) -> None:
        try:
            self._account.judge_record(record_id)
            for name, value in values.items():
                self._account.judge(kind, name, value)
        except ValueRefused as refused:
            raise Refusal(400, "VALIDATION_ERROR", _worded(refused)) from None


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ApiError as wrong:
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input JSON") from wrong
    if not isinstance(body, dict):
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input JSON")
    return body


def _inputs(body: dict[str, Any], most: int) -> list[dict[str, Any]]:
    inputs = body.get("inputs") or []
    if len(inputs) > most:
        raise Refusal(400, "VALIDATION_ERROR", f"The maximum number of inputs supported in a batch request is {most}")
    twice = {one.get("id") for one in inputs}
    if len(twice) != len(inputs):
        raise Refusal(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
    return inputs


def _not_found(kind: str, ids: Sequence[str]) -> dict[str, Any]:
    words = f"Could not get some {kind.upper()} objects, they may be deleted or not exist. Check that ids are valid."
    return error("OBJECT_NOT_FOUND", words, context={"ids": list(ids)})


def _worded(refused: ValueRefused) -> str:
    said = [{"isValid": False, "message": refused.message, "error": refused.code, "name": refused.name}]
    return f"Property values were not valid: {json.dumps(said)}"


def _answered(results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> Answer:
    document: dict[str, Any] = {**_TIMES, "results": results}
    if not errors:
        return json_answer(document)
    return json_answer({**document, "numErrors": len(errors), "errors": errors}, status=207)
