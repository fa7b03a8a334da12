"""Which part of the fake answers which call."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from tests.fake_salesforce.collections import describe, read_records, update_records
from tests.fake_salesforce.ingest_jobs import IngestJobs
from tests.fake_salesforce.messages import Answer, ApiError, Request, json_answer
from tests.fake_salesforce.query import Queries
from tests.fake_salesforce.records import Organisation
from tests.fake_salesforce.sign_in import SignIn

Answerer = Callable[..., Answer]
_DATA = re.compile(r"/services/data/v(\d+\.\d)(/.*)?")
_ID = r"(\w{15,18})"


class Routes:
    """Finds the answer to a call.

    Parameters
    ----------
    organisation : Organisation
    sign_in : SignIn
    ingest : IngestJobs
    queries : Queries
    """

    def __init__(self, organisation: Organisation, sign_in: SignIn, ingest: IngestJobs, queries: Queries) -> None:
        self._sign_in = sign_in
        self._table: list[tuple[str, str, Answerer]] = [
            ("GET", r"/limits", sign_in.limits),
            ("GET", r"/sobjects/(\w+)/describe", partial(describe, organisation)),
            ("PATCH", r"/composite/sobjects", partial(update_records, organisation)),
            ("POST", r"/composite/sobjects/(\w+)", partial(read_records, organisation)),
            ("GET", r"/(query|queryAll)", queries.ask),
            ("GET", r"/(query|queryAll)/(\w+)-(\d+)", queries.more),
            ("POST", r"/jobs/query", queries.create),
            ("GET", rf"/jobs/query/{_ID}", queries.look),
            ("PATCH", rf"/jobs/query/{_ID}", queries.change),
            ("DELETE", rf"/jobs/query/{_ID}", queries.delete),
            ("GET", rf"/jobs/query/{_ID}/results", queries.results),
            ("POST", r"/jobs/ingest", ingest.create),
            ("GET", r"/jobs/ingest", ingest.list),
            ("GET", rf"/jobs/ingest/{_ID}", ingest.look),
            ("PATCH", rf"/jobs/ingest/{_ID}", ingest.change),
            ("DELETE", rf"/jobs/ingest/{_ID}", ingest.delete),
            ("PUT", rf"/jobs/ingest/{_ID}/batches", ingest.upload),
            (
                "GET",
                rf"/jobs/ingest/{_ID}/(successfulResults|failedResults|unprocessed[rR]ecords)",
                ingest.results,
            ),
        ]

    def answer(self, request: Request) -> Answer:
        """Return the answer to a call; refusals are answers too."""
        try:
            return self._answer(request)
        except ApiError as refusal:
            return refusal.answer()

    def _answer(self, request: Request) -> Answer:
        if request.path == "/services/oauth2/token":
            return self._sign_in.token(request)
        if request.path == "/services/data":
            return json_answer([{"label": "fake", "url": "/services/data/v62.0", "version": "62.0"}])
        self._sign_in.check(request)
        if request.path == "/services/oauth2/userinfo":
            return self._sign_in.person(request)
        data = _DATA.fullmatch(request.path)
        allowed = False
        for method, pattern, answerer in self._table:
            match = re.fullmatch(pattern, data[2] or "") if data else None
            if match and method == request.method:
                return answerer(request, *match.groups())
            allowed = allowed or match is not None
        if allowed:
            raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed.")
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
