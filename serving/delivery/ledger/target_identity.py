"""Which place a target is: what the ledger knows holds for one place only.

The rule: what is kept under a target's name (runs, what was confirmed, what is unsettled) speaks of the place that the name stands for
now. Where the name comes to stand for another (a table, a folder, an organisation), all of it is set aside under a name that no target
has, and comes back when the place does; so a sandbox and production take turns, and a new place starts with a first delivery. A place
that confirmed leads and is found empty (its table was dropped or emptied) starts like a new one, and what it held stays aside. Leaves
out what makes up a place (``crm/connectors/connector.py``).
"""

from __future__ import annotations

from datetime import datetime

from leadq.serving.delivery.ledger.ledger import Ledger

_KEPT = ("run", "acknowledged", "unsettled", "place")


def place_of(ledger: Ledger, target: str) -> str:
    """Return the place that a target stands for and since when, as part of the names of its runs; empty where none is known."""
    found = _known(ledger, target)
    return "" if found is None else " ".join(found).strip()


def stand_for(ledger: Ledger, target: str, place: str, now: datetime) -> str:
    """Let the ledger speak of ``place`` where it speaks of ``target``, with what it knows of it.

    Parameters
    ----------
    place : str
        What and where it is, without secrets.

    Returns
    -------
    str
        The place that the name stood for until now; empty where it is the same, or none was known.
    """
    if not place:
        raise ValueError("a place that is not said would set aside what was delivered there")
    found = _known(ledger, target)
    if found is not None and found[0] == place:
        return ""
    with ledger.transaction() as connection:
        if found is not None:
            _rename(ledger, target, _aside(target, found[0]))
            _rename(ledger, _aside(target, place), target)
            ledger.note("", f"{target} stands for another place", now, before=found[0], place=place)
        connection.execute("INSERT OR IGNORE INTO place VALUES (?, ?, '')", (target, place))
    return "" if found is None else found[0]


def emptied(ledger: Ledger, target: str, now: datetime) -> bool:
    """Set aside for good what a place confirmed that is found empty.

    Returns
    -------
    bool
        Whether it had confirmed anything; else what was begun there goes on.
    """
    query = "SELECT EXISTS (SELECT 1 FROM acknowledged WHERE target = ?)"
    if not ledger.connection.execute(query, (target,)).fetchone()[0]:
        return False
    place, _ = _known(ledger, target) or ("", "")
    with ledger.transaction() as connection:
        _rename(ledger, target, _aside(target, f"{place} until {now.isoformat()}"))
        connection.execute("INSERT INTO place VALUES (?, ?, ?)", (target, place, now.isoformat()))
        ledger.note("", f"{target} was found empty", now, place=place)
    return True


def _known(ledger: Ledger, target: str) -> tuple[str, str] | None:
    found: tuple[str, str] | None = ledger.connection.execute(
        "SELECT place, since FROM place WHERE target = ?", (target,)
    ).fetchone()
    return found


def _aside(target: str, place: str) -> str:
    """Return a name that no target has: theirs hold no space."""
    return f"{target} at {place}"


def _rename(ledger: Ledger, target: str, to: str) -> None:
    for table in _KEPT:
        ledger.connection.execute(f"UPDATE {table} SET target = ? WHERE target = ?", (to, target))  # noqa: S608
