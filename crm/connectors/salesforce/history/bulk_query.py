"""Bulk queries of Salesforce, page by page on simple-salesforce's session, counted against what Salesforce says there is.

Its own ``bulk2.query`` hides how many rows a page holds, so that a page cut off at a line end would pass for a whole one; and it
gives up at the first 503. Reading changes nothing on the far side: what is not whole is asked again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

import requests

from leadq.crm.connectors.salesforce.calls import Call, error_of, judged, problem_of
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError, UnansweredError, call_class
from leadq.crm.connectors.salesforce.history.queries import ObjectQuery
from leadq.foundation.plurals import counted
from leadq.foundation.problems import InputError, LeadqError, TargetPausedError

ROWS_A_PAGE = 50_000
_READINGS = 3
"""Of one query whose pages were torn; a call that goes unanswered has the patience of its own."""
_DONE, _ENDED = "JobComplete", ("Failed", "Aborted")


class SalesforceReader:
    """Reads rows of one organisation, deleted ones included, so that merges and deletions are seen.

    Parameters
    ----------
    connection : Connection
    rows_a_page : int
    first_wait_seconds, longest_wait_seconds, most_seconds : float
        Between two looks at a query that Salesforce is working on, the first and the longest; for all of a query together.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        rows_a_page: int = ROWS_A_PAGE,
        first_wait_seconds: float = 1,
        longest_wait_seconds: float = 30,
        most_seconds: float = 7200,
    ) -> None:
        self._connection = connection
        self._rows_a_page = rows_a_page
        self._readings = replace(connection.patience, tries=_READINGS, budget_seconds=math.inf)
        self._waits = (first_wait_seconds, longest_wait_seconds, most_seconds)

    def read(self, query: ObjectQuery, since: datetime | None, receive: Callable[[Iterator[str]], int]) -> int:
        """Give the pages of ``query`` to ``receive`` and return how many rows it counts, all that Salesforce has.

        Raises
        ------
        TargetPausedError
            No whole answer came within the connection's patience, Salesforce works too long on it, or the quota is spent.
        SalesforceRefusedError
            The query is refused: an object or field is missing or not readable.
        """
        return self._readings.or_pause(partial(self._attempt, query.soql(since), receive))

    def our_user(self) -> str:
        """Return the id of the user we are signed in as: of all answers only that of a job names it."""
        return str(self._connection.read(_made("SELECT Id FROM Lead LIMIT 1"), itemgetter("createdById")))

    def _attempt(self, soql: str, receive: Callable[[Iterator[str]], int]) -> int:
        job = str(self._connection.read(_made(soql), itemgetter("id")))
        expected = self._wait_for(job)
        try:
            found = receive(self._pages(job, expected))
        except InputError as error:  # a torn page
            raise UnansweredError(error.problems[0]) from None
        if found != expected:
            rule = f"must be answered with all {counted(expected, 'row')}"
            raise UnansweredError(problem_of(_results(job), rule, f"{found:,}"))
        return found

    def _wait_for(self, job: str) -> int:
        """Wait until the query is done; return how many rows it found."""
        wait, longest, most = self._waits
        waited = 0.0
        look = Call(method="GET", path=f"jobs/query/{job}")
        while True:
            state, rows, message = self._connection.read(look, _progress)
            if state == _DONE:
                return rows
            if state in _ENDED:
                value = f"{state}: {message or 'no reason given'}"
                raise SalesforceRefusedError(problem_of(look, "must succeed", value), status=200, code="")
            if waited >= most:
                self._abort(job)
                raise TargetPausedError(problem_of(look, f"must be done within {most:g} s", state))
            self._connection.patience.sleep(wait)
            waited += wait
            wait = min(wait * 1.5, longest)

    def _abort(self, job: str) -> None:
        """End a query that nobody waits for any more; it reads only, so whether that is heard is no matter."""
        content = json.dumps({"state": "Aborted"}).encode()
        with suppress(LeadqError):
            self._connection.ask(Call(method="PATCH", path=f"jobs/query/{job}", content=content, repeatable=False))

    def _pages(self, job: str, expected: int) -> Iterator[str]:
        """Yield the pages, each of another locator and none without a row but the first."""
        locator, seen = "", {""}
        for _ in range(max(expected, 1)):
            page, locator = self._connection.patience.or_pause(partial(self._page, job, locator))
            yield page
            if locator in {"", "null"}:
                return
            if locator in seen:
                raise UnansweredError(problem_of(_results(job), "must name a new page each time", locator))
            seen.add(locator)
        raise UnansweredError(problem_of(_results(job), "must have no more pages than rows", f"more than {expected:,}"))

    def _page(self, job: str, locator: str) -> tuple[str, str]:
        """Return a page and the locator of the next one."""
        call = _results(job)
        client = self._connection.client()
        parameters = {"maxRecords": str(self._rows_a_page), **({"locator": locator} if locator else {})}
        try:
            response = client.session.get(
                client.base_url + call.path,
                params=parameters,
                headers={"Authorization": f"Bearer {client.session_id}", "Accept": "text/csv"},
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise UnansweredError(problem_of(call, "must be answered", type(error).__name__)) from None
        answer = error_of(response)
        if not response.ok and call_class(response.status_code, answer) == "signed_out":
            self._connection.ask(Call(method="GET", path="limits"))  # renews the token for all, or says why it cannot
            raise UnansweredError(problem_of(call, "must be answered", "the token had expired"))
        body = judged(call, response, answer, now=self._connection.patience.now())
        try:
            page = body.decode("utf-8")  # Salesforce names no charset, and the library would guess latin-1
        except UnicodeDecodeError:
            raise UnansweredError(problem_of(call, "must be answered in UTF-8", "something else")) from None
        return page, response.headers.get("Sforce-Locator", "null")


def _progress(document: Mapping[str, Any]) -> tuple[str, int, str]:
    """Return the state of a query, how many rows it found, and what went wrong."""
    return (
        str(document["state"]),
        int(document.get("numberRecordsProcessed") or 0),
        str(document.get("errorMessage") or ""),
    )


def _made(soql: str) -> Call:
    """Return the call that makes a query; a second one does no harm."""
    wanted = {"operation": "queryAll", "query": soql, "columnDelimiter": "COMMA", "lineEnding": "LF"}
    return Call(method="POST", path="jobs/query", content=json.dumps(wanted).encode())


def _results(job: str) -> Call:
    return Call(method="GET", path=f"jobs/query/{job}/results", expected="csv")
