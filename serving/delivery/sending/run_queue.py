"""The runs of a target stand in one line, and a call always leaves that line in an order that can be said in one sentence.

A whole delivery (night, refresh, restore) is told only when no other run of the target waits; it sends what waits, *later scores first*,
and a row of which a later score was confirmed is skipped. From this follows the rest:

- The same scores are one run: planned once, taken up until it has ended, then said again while it *stands*, which is until another
  whole delivery is planned. What no longer stands is planned again, but not by itself what a restore has set back.
- A newly planned run takes the place of those that wait and that it *covers*: a whole delivery all, but not single leads with later scores
  of the same model; a single lead the same lead; a clearing a clearing.
- Asking again for scores that were planned before covers nothing: it goes on with what took their place.
- A single lead and a clearing send themselves alone, and leave what waits to the next whole delivery. A single lead is sent even where
  nothing changed, so that it overtakes every earlier score.

Leaves out sending (``send.py``) and planning (``serving/delivery/deliver.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from leadq.crm.connectors.protocol import TargetField
from leadq.foundation.problems import GateStopped, Problem
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.ledger_records import ENDED, UNFINISHED, WHOLE, DeliveryRun, RunKind
from leadq.serving.delivery.ledger.target_identity import place_of
from leadq.serving.delivery.planning.delivery_request import Tonight, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The run that a call is about.

    Parameters
    ----------
    run : DeliveryRun
        As it would be planned.
    known : DeliveryRun or None
        The same in the ledger, where it waits or stands.
    fallen : DeliveryRun or None
        The last one of the same scores that no longer stands.
    """

    run: DeliveryRun
    known: DeliveryRun | None
    fallen: DeliveryRun | None

    def must_not_be_set_back(self, ledger: Ledger) -> None:
        """Stop scores that a restore has set back.

        Raises
        ------
        GateStopped
        """
        if self.fallen is None or self.run.kind != "night":
            return
        last = _whole_since(ledger, self.fallen)[-1:]
        if last and last[0].kind == "restore":
            where, rule = (
                f"{self.run.target}, scores of run {self.run.score_run}",
                "must not have been undone by a restore",
            )
            remedy = "Deliver later scores (leadq score); leadq deliver --force sends these again."
            raise GateStopped(Problem(where=where, rule=rule, value=f"undone by {last[0].run_id}", remedy=remedy))


def asked_for(ledger: Ledger, target: str, tonight: Tonight, fields: Sequence[TargetField], wish: Wish) -> Asked:
    """Return the run that is asked for: the same for the same scores, as long as it waits or stands."""
    kind: RunKind = "lead" if tonight.lead_id else "night"
    kind = "refresh" if wish.full_refresh else "clear" if wish.clear_unscored else kind
    scores, fallen = tonight.scores, None
    parts = (target, place_of(ledger, target), kind, scores.run_id, tonight.sha256, tonight.lead_id or "")
    for attempt in count():
        run_id = run_id_of(*parts, str(attempt))
        known = ledger.run(run_id)
        if known is None or known.state in UNFINISHED or _stands(ledger, known):
            break
        fallen = known
    run = DeliveryRun(
        run_id=run_id,
        target=target,
        kind=kind,
        score_run=scores.run_id,
        as_of_us=_microseconds(tonight.as_of),
        model_version=scores.model_version,
        agreement_version=scores.agreement_version,
        names=tuple(field.name for field in fields),
        facts={"lead": tonight.lead_id} if tonight.lead_id else {},
    )
    return Asked(run=run, known=known, fallen=fallen)


def waiting(ledger: Ledger, asked: Asked, wish: Wish) -> tuple[DeliveryRun, ...]:
    """Return the runs that a call sends, in the order in which they go; a run not yet planned is not among them."""
    found = later_first(ledger.unfinished(asked.run.target))
    if wish.resume or asked.run.kind in WHOLE:
        return found
    return tuple(run for run in found if run.run_id == asked.run.run_id)


def goes_on(asked: Asked, begun: Sequence[DeliveryRun], wish: Wish) -> bool:
    """Whether a call plans nothing and only sends what waits, or says again what stands."""
    took_its_place = asked.fallen is not None and asked.run.kind == "night" and any(run.kind in WHOLE for run in begun)
    return wish.resume or asked.known is not None or took_its_place


def covers(run: DeliveryRun, earlier: DeliveryRun) -> bool:
    """Whether a newly planned run takes the place of one that waits."""
    if run.kind in ("lead", "clear"):
        return run.kind == earlier.kind and run.facts.get("lead") == earlier.facts.get("lead")
    is_later = earlier.as_of_us > run.as_of_us and earlier.model_version == run.model_version
    return run.kind == "restore" or not (earlier.kind == "lead" and is_later)


def later_first(runs: Sequence[DeliveryRun]) -> tuple[DeliveryRun, ...]:
    """Return runs, oldest first, in the order in which they are sent: later scores first, of the same the one that was planned later."""
    earlier_first = sorted(runs, key=lambda run: run.as_of_us)
    return tuple(earlier_first[::-1])


def run_id_of(*parts: str) -> str:
    """Name of a run: sixteen hexadecimal digits, the same for the same parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _stands(ledger: Ledger, run: DeliveryRun) -> bool:
    """Whether a run that ended is still what leads hold; a refresh and a clearing can always be asked for again."""
    return run.state in ENDED and run.kind in ("night", "lead") and not _whole_since(ledger, run)


def _whole_since(ledger: Ledger, run: DeliveryRun) -> list[DeliveryRun]:
    return [later for later in ledger.planned_since(run) if later.kind in WHOLE and later.state != "superseded"]


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
