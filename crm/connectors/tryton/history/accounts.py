"""What Tryton holds beside leads: the country and domain of their parties, and that somebody wrote a note.

A party may be a person, so its name is not read. Of an e-mail address or website only the domain is kept, of a note only who and when.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from leadq.crm.connectors.tryton.sending.batches import MODEL
from leadq.crm.connectors.tryton.sending.values import moment_of
from leadq.crm.connectors.tryton.session import TrytonSession

_PAGE = 1_000
_LABEL = r"[^\W_](?:[^\W_]|-(?=[^\W_]|-)){0,62}"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$)(?=..){_LABEL}")
"""Labels of letters of any script, digits and hyphens inside; the last is no number, as an IP address's is."""
_LONGEST_DOMAIN = 253


def records(
    session: TrytonSession, model: str, names: Sequence[str], domain: Sequence[Any] = ()
) -> Iterator[dict[str, Any]]:
    """Yield records of a model in order of their number, page by page."""
    last = 0
    while page := session.read(
        f"{model}.search_read", [*domain, ["id", ">", last]], 0, _PAGE, [["id", "ASC"]], list(names)
    ):
        yield from page
        last = max(int(row["id"]) for row in page)


def account_rows(session: TrytonSession, accounts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield accounts in the order given."""
    countries = {int(row["id"]): str(row["code"]) for row in records(session, "country.country", ["code"])}
    for first in range(0, len(accounts), _PAGE):
        ids = [int(account) for account in accounts[first : first + _PAGE]]
        of = [["party", "in", ids]]
        country: dict[int, str | None] = {}
        for row in records(session, "party.address", ["party", "country"], of):
            country.setdefault(row["party"], countries.get(row["country"] or 0))
        domain: dict[int, str] = {}
        mechanisms = [*of, ["type", "in", ["email", "website"]]]
        for row in records(session, "party.contact_mechanism", ["party", "type", "value"], mechanisms):
            if found := domain_of(str(row["type"]), str(row["value"] or "")):
                domain.setdefault(row["party"], found)
        for one in ids:
            yield {"account_id": str(one), "country": country.get(one), "domain": domain.get(one)}


def note_rows(session: TrytonSession) -> Iterator[dict[str, Any]]:
    """Yield a touch for each note of a person on a lead; what it says is not asked for."""
    last = 0
    while page := session.read(f"{MODEL}.leadq_notes", last, _PAGE):
        for row in page:
            if row["user"] != session.user_id:
                moment = moment_of(row["moment"])
                yield {"lead_id": str(row["id"]), "occurred_at": moment, "kind": "note", "rep": str(row["user"])}
        last = max(int(row["note"]) for row in page)


def domain_of(kind: str, text: str) -> str | None:
    """Return the domain of an e-mail address or a website, without www; None where there is none.

    Parameters
    ----------
    kind : {"email", "website"}
        An @ in the address of a website stands before a host or in a path, where it may begin a person's name.
    text : str
        As somebody wrote it.
    """
    host = _host_of_address(text) if kind == "email" else _host_of_site(text)
    host = host.lower().removesuffix(".").removeprefix("www.")
    return host if len(host) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(host) else None


def _host_of_address(text: str) -> str:
    local, _, host = text.rpartition("@")
    return host.strip(" \t>") if local and not local[-1].isspace() else ""


def _host_of_site(text: str) -> str:
    stripped = text.strip()
    try:
        return urlsplit(stripped if "//" in stripped else f"//{stripped}").hostname or ""
    except ValueError:
        return ""
