"""All records of an object, page by page, with what they are tied to; only what was asked for is kept.

HubSpot's lists know no *changed since*, and its search gives 10,000 records at most: everything is read each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from leadq.crm.connectors.hubspot.history.queries import ObjectQuery
from leadq.crm.connectors.hubspot.session import Call, Session, objects, part, results_of
from leadq.crm.connectors.protocol import UnheardError
from leadq.foundation.problems import Problem

_MOST, _MOST_WITH_HISTORY = 100, 50
_ASSOCIATIONS = 500

Record = Mapping[str, Any]
"""``id``, ``created_at``, ``properties`` as they stand now, ``history`` (newest first), ``tied``: ids by the other's kind."""


def records(session: Session, query: ObjectQuery) -> Iterator[Record]:
    """Yield every record that is not archived, once, in the order HubSpot gives them.

    Raises
    ------
    UnheardError
        An answer has another shape than documented, or a page leads back to one that we had.
    """
    names = tuple(dict.fromkeys((*query.properties, *query.with_history)))
    asked = {
        "limit": str(_MOST_WITH_HISTORY if query.with_history else _MOST),
        "properties": ",".join(names),
        "propertiesWithHistory": ",".join(query.with_history),
        "associations": ",".join(query.tied_to),
        "archived": "false",
    }
    given = {key: value for key, value in asked.items() if value}
    call = Call(method="GET", path=f"/crm/v3/objects/{query.kind}")
    for one in _paged(session, call.path, given):
        held = part(call, one, "properties", dict)
        history = part(call, one, "propertiesWithHistory", dict)
        yield {
            "id": str(one.get("id")),
            "created_at": one.get("createdAt"),
            "properties": {name: held[name] for name in names if name in held},
            "history": {name: objects(call, history, name) for name in query.with_history},
            "tied": {other: _tied(session, call, query.kind, one, other) for other in query.tied_to},
        }


def _tied(session: Session, call: Call, kind: str, one: Mapping[str, Any], other: str) -> list[str]:
    """Return the ids that a record is tied to; those that did not fit on the page are asked for."""
    found = part(call, part(call, one, "associations", dict), other, dict)
    ids = [str(tie.get("id")) for tie in objects(call, found, "results")]
    if part(call, part(call, found, "paging", dict), "next", dict):
        path = f"/crm/v4/objects/{kind}/{one.get('id')}/associations/{other}"
        ids = [str(tie.get("toObjectId")) for tie in _paged(session, path, {"limit": str(_ASSOCIATIONS)})]
    return list(dict.fromkeys(ids))


def _paged(session: Session, path: str, asked: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    after, seen = "", set()
    while True:
        query = {**asked, **({"after": after} if after else {})}
        call = Call(method="GET", path=path, query=query)
        document = session.ask(call)
        yield from results_of(call, document)
        seen.add(after)
        after = str(part(call, part(call, document, "paging", dict), "next", dict).get("after") or "")
        if not after:
            return
        if after in seen:  # reading on would never end, and ending here would call a part the whole
            rule, remedy = (
                "must give the address of the next page",
                "Nothing was written. Run the same command again later.",
            )
            raise UnheardError(Problem(where=f"hubspot GET {path}", rule=rule, remedy=remedy))
