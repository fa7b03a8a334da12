"""One batch of leads written to Tryton in a transaction, and what becomes of each where Tryton refuses it.

Tryton takes a batch whole or not at all. One refused row is found by halving; a lead that somebody changed in the meantime is left out
and the others go on. Leaves out when leads were last changed, which the caller has read before.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leadq.crm.connectors.protocol import RowOutcome, UnheardError
from leadq.crm.connectors.tryton.sending.values import as_text
from leadq.crm.connectors.tryton.session import ChangedMeanwhileError, RefusedError, ServerFailedError, TrytonSession
from leadq.foundation.problems import Problem

MODEL = "sale.opportunity"
CHANGED = "changed by somebody in the meantime"
_TRIES = 5
"""So often may leads of one batch be changed under our hands, before the rest of it waits for the next night."""
_BROKEN = 10
"""Leads one by one over which a server breaks down, and no other, before it is left alone."""
_GONE = "deleted in the meantime"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Leads to be written together; ``looked``: that they are there was seen after the first refusal."""

    ids: Sequence[int]
    tries: int = _TRIES
    looked: bool = False

    def without(self, told: Container[int], *, tries: int | None = None) -> list[_Part]:
        rest = [one for one in self.ids if one not in told]
        return [replace(self, ids=rest, tries=self.tries if tries is None else tries)] if rest else []

    def halves(self) -> list[_Part]:
        """Return both, the first to be taken at the end of a list; whether leads are there is not asked again."""
        half = len(self.ids) // 2
        return [replace(self, ids=some, looked=True) for some in (self.ids[half:], self.ids[:half])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Leads to be written.

    Parameters
    ----------
    session : TrytonSession
    rows : mapping of int to mapping
        Absolute values by id, as Tryton takes them.
    changed : dict of int to str
        When each lead was last changed, in Tryton's own words; brought up to date where it was us.
    """

    session: TrytonSession
    rows: Mapping[int, Mapping[str, Any]]
    changed: dict[int, str]

    def write(self, *, apart: bool = False) -> list[RowOutcome]:
        """Write and return one outcome a row.

        Parameters
        ----------
        apart : bool
            Look for the row that the server breaks down over, as it does for one that is refused.

        Raises
        ------
        ServerFailedError
            The server broke down and ``apart`` is not set.
        UnheardError
            Rows may be written or not, or the server breaks down over all alike; write again.
        TargetPausedError
            The server cannot say what it holds.
        """
        outcomes: list[RowOutcome] = []
        waiting = [_Part(ids=sorted(self.rows))] if self.rows else []
        while waiting:
            told, rest = self._tried(waiting.pop(), apart=apart)
            outcomes += told
            waiting += rest
            self._must_not_break_over_all(outcomes)
        return outcomes

    def _tried(self, part: _Part, *, apart: bool) -> tuple[list[RowOutcome], list[_Part]]:
        """Write leads together; return what became of some, and what is to be written now."""
        try:
            self._send(part.ids)
        except ChangedMeanwhileError:
            told = self._told_changed(part.ids) if part.tries else {one: _skipped(one, CHANGED) for one in part.ids}
            return list(told.values()), part.without(told, tries=part.tries - 1)
        except RefusedError as error:
            if gone := {} if part.looked else self._told_gone(part.ids):
                return list(gone.values()), part.without(gone)  # and the others go on
            wrong = RowOutcome(key="", state="rejected", code=error.code, text=error.text)
        except ServerFailedError as error:
            if not apart:
                raise
            wrong = RowOutcome(key="", state="transient", code="SERVER_FAILED", text=error.problems[0].value)
        else:
            return [RowOutcome(key=str(one), state="ok") for one in part.ids], []
        return ([], part.halves()) if len(part.ids) > 1 else ([replace(wrong, key=str(part.ids[0]))], [])

    def _must_not_break_over_all(self, outcomes: Sequence[RowOutcome]) -> None:
        """Raise where the server broke down over each lead so far: one call a lead would be no help to it, nor to us."""
        if len(outcomes) >= _BROKEN and all(one.state == "transient" for one in outcomes):
            where, rule = self.session.account.title, "must not fail on every lead"
            remedy = "Check its log; leadq deliver then continues."
            raise UnheardError(Problem(where=where, rule=rule, value=outcomes[-1].text, remedy=remedy))

    def _told_gone(self, ids: Sequence[int]) -> dict[int, RowOutcome]:
        """Return outcomes of leads that are not there any more, for which Tryton refuses a whole batch."""
        found = {int(row["id"]) for row in self.session.read(f"{MODEL}.leadq_looked", list(ids))}
        return {one: _skipped(one, _GONE) for one in ids if one not in found}

    def _send(self, ids: Sequence[int]) -> None:
        arguments: list[Any] = [part for one in ids for part in ([one], self.rows[one])]
        timestamps = {f"{MODEL},{one}": self.changed[one] for one in ids}
        self.session.call(f"{MODEL}.write", *arguments, timestamps=timestamps)

    def _told_changed(self, ids: Sequence[int]) -> dict[int, RowOutcome]:
        """Return outcomes of leads that were changed by a person, or by us to what we send (our write went unheard).

        One that we changed to something else (a write of a killed process that the server ended later) is written again.
        """
        names = ["_timestamp", "write_uid", *sorted({name for one in ids for name in self.rows[one]})]
        read = self.session.read(f"{MODEL}.search_read", [("id", "in", list(ids))], 0, None, None, names)
        found = {int(row["id"]): row for row in read}
        told: dict[int, RowOutcome] = {}
        for one in ids:
            row = found.get(one)
            if row is None:
                told[one] = _skipped(one, _GONE)
            elif row["_timestamp"] == self.changed[one]:
                continue
            elif all(as_text(row[name]) == as_text(value) for name, value in self.rows[one].items()):
                told[one] = RowOutcome(key=str(one), state="ok")
            elif row["write_uid"] == self.session.user_id:
                self.changed[one] = row["_timestamp"]
            else:
                told[one] = _skipped(one, CHANGED)
        return told


def _skipped(lead: int, why: str) -> RowOutcome:
    return RowOutcome(key=str(lead), state="skipped", text=why)
