"""Lists with pages: records, associations, pipelines."""

from __future__ import annotations

from typing import Any

from tests.fake_hubspot.account import Account, Record
from tests.fake_hubspot.batches import MOST, MOST_WITH_HISTORY, shown
from tests.fake_hubspot.messages import Refusal
from tests.fake_salesforce.messages import Answer, Request, json_answer


class Lists:
    """Answers calls that go through all there is."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def records(self, request: Request, kind: str) -> Answer:
        """Return a page of records in the order of their ids."""
        names, history, others = (
            [name for name in request.query.get(key, "").split(",") if name]
            for key in ("properties", "propertiesWithHistory", "associations")
        )
        limit = int(request.query.get("limit", "10"))
        if not 0 < limit <= (MOST_WITH_HISTORY if history else MOST):
            raise Refusal(400, "VALIDATION_ERROR", f"The provided limit {limit} is too high")
        archived = request.query.get("archived", "false") == "true"
        after = int(request.query.get("after") or 0)
        found = [
            one
            for _, one in sorted(self._account.records.get(kind, {}).items(), key=lambda pair: int(pair[0]))
            if int(one.id) >= after and one.archived == archived and one.merged_into is None
        ]
        page = [self._with_others(shown(one, names, history), one, kind, others) for one in found[:limit]]
        document: dict[str, Any] = {"results": page}
        if len(found) > limit:
            document["paging"] = {"next": {"after": found[limit].id, "link": "not followed"}}
        return json_answer(document)

    def _with_others(self, document: dict[str, Any], record: Record, kind: str, others: list[str]) -> dict[str, Any]:
        """Add associations; each stands twice, once a label, as a real account shows them."""
        tied: dict[str, Any] = {}
        for other in others:
            ids = record.associations.get(other, [])
            if not ids:
                continue
            label = f"{kind[:-1]}_to_{other[:-1]}"
            first = [
                {"id": one, "type": f"{label}{end}"}
                for one in ids[: self._account.inline]
                for end in ("", "_unlabeled")
            ]
            tied[other] = {"results": first}
            if len(ids) > self._account.inline:
                tied[other]["paging"] = {"next": {"after": ids[self._account.inline], "link": "not followed"}}
        return {**document, "associations": tied} if tied else document

    def associations(self, request: Request, kind: str, record_id: str, other: str) -> Answer:
        """Return a page of what a record is tied to."""
        ids = self._account.records[kind][record_id].associations.get(other, [])
        after = request.query.get("after")
        start = ids.index(after) if after else 0
        end = start + min(int(request.query.get("limit", "500")), 500)
        document: dict[str, Any] = {
            "results": [{"toObjectId": int(one), "associationTypes": []} for one in ids[start:end]]
        }
        if end < len(ids):
            document["paging"] = {"next": {"after": ids[end]}}
        return json_answer(document)

    def pipelines(self, request: Request, kind: str) -> Answer:
        """Return the pipelines of deals."""
        return json_answer({"results": self._account.pipelines})
