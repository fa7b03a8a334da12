"""Properties and their groups: shown, made, changed."""

from __future__ import annotations

from typing import Any

from tests.fake_hubspot.account import Account
from tests.fake_hubspot.definitions import TYPES, Definition
from tests.fake_hubspot.messages import Refusal
from tests.fake_salesforce.messages import Answer, Request, json_answer

_GIVEN = ("description", "displayOrder", "hidden", "formField", "hasUniqueValue", "numberDisplayHint")


class PropertyCalls:
    """Answers calls about properties."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def groups(self, request: Request, kind: str) -> Answer:
        """Return all groups."""
        found = self._account.groups.get(kind, {})
        return json_answer({"results": [_group(name, label) for name, label in found.items()]})

    def group(self, request: Request, kind: str, name: str) -> Answer:
        """Return a group."""
        if name not in self._account.groups.get(kind, {}):
            raise Refusal(404, "OBJECT_NOT_FOUND", f"group {name} not found")
        return json_answer(_group(name, self._account.groups[kind][name]))

    def make_group(self, request: Request, kind: str) -> Answer:
        """Make a group."""
        body = _needed(request, "name", "label")
        groups = self._account.groups.setdefault(kind, {})
        if body["name"] in groups:
            raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"group {body['name']} already exists")
        groups[body["name"]] = body["label"]
        return json_answer(_group(body["name"], body["label"]), status=201)

    def all(self, request: Request, kind: str) -> Answer:
        """Return all properties."""
        return json_answer({"results": [one.document() for one in self._account.definitions.get(kind, {}).values()]})

    def one(self, request: Request, kind: str, name: str) -> Answer:
        """Return a property."""
        return json_answer(self._found(kind, name).document())

    def make(self, request: Request, kind: str) -> Answer:
        """Make a property."""
        body = _needed(request, "name", "label", "groupName", "type", "fieldType")
        definitions = self._account.definitions.setdefault(kind, {})
        if body["name"] in definitions:
            raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"property {body['name']} already exists")
        if body["groupName"] not in self._account.groups.get(kind, {}):
            raise Refusal(400, "VALIDATION_ERROR", f"group {body['groupName']} does not exist")
        if body["type"] not in TYPES:
            raise Refusal(400, "VALIDATION_ERROR", f"type {body['type']} is none")
        made = Definition(
            name=body["name"],
            type=body["type"],
            field_type=body["fieldType"],
            label=body["label"],
            group=body["groupName"],
            options=_options(body),
            given={key: body[key] for key in _GIVEN if key in body} | {"hubspotDefined": False},
        )
        definitions[made.name] = made
        return json_answer(made.document(), status=201)

    def change(self, request: Request, kind: str, name: str) -> Answer:
        """Change a property; options are replaced as a whole."""
        found, body = self._found(kind, name), request.json()
        if "options" in body:
            found.options = _options(body)
        found.label = body.get("label", found.label)
        found.given |= {key: body[key] for key in _GIVEN if key in body}
        return json_answer(found.document())

    def _found(self, kind: str, name: str) -> Definition:
        found = self._account.definitions.get(kind, {}).get(name)
        if found is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"property {name} not found")
        return found


def _needed(request: Request, *keys: str) -> dict[str, Any]:
    body: dict[str, Any] = request.json()
    if missing := [key for key in keys if not body.get(key)]:
        raise Refusal(400, "VALIDATION_ERROR", f"Some required fields were not set: {missing}")
    return body


def _options(body: dict[str, Any]) -> list[dict[str, Any]]:
    options = body.get("options") or []
    values = [one["value"] for one in options]
    labels = [one["label"] for one in options]
    if len(set(values)) != len(values) or len(set(labels)) != len(labels):
        raise Refusal(400, "VALIDATION_ERROR", "options must have values and labels of their own")
    return [{"hidden": False, "displayOrder": place, **one} for place, one in enumerate(options)]


def _group(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}
