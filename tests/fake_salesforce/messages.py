"""What goes in and out of the fake: a request, an answer, and Salesforce's way of refusing (a JSON *list* of errors)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call, after its token was checked.

    Parameters
    ----------
    method, path : str
        ``path`` without the query string.
    query : mapping
        Of the query string, decoded; the last value of a name counts.
    headers : mapping
        Names in lower case.
    body : bytes
    version : str
        Of the path, such as ``62.0``; empty outside ``/services/data``.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    version: str = ""

    def json(self) -> Any:
        """Return the body as plain values.

        Raises
        ------
        ApiError
            400 ``JSON_PARSER_ERROR``.
        """
        try:
            return json.loads(self.body, parse_constant=_no_number)
        except ValueError as error:
            raise ApiError(400, "JSON_PARSER_ERROR", f"{error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, headers and bytes that go out."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A refusal of the whole call."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message

    def answer(self) -> Answer:
        """Return the list of one error that clients see."""
        return json_answer([{"message": self.message, "errorCode": self.code}], status=self.status)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def json_answer(value: object, *, status: int = 200) -> Answer:
    """Return plain values as JSON."""
    return Answer(
        status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json;charset=UTF-8"}
    )
