"""What sales did after each hand-over: the first touch, how many there were before the end, the first answer.

Only outbound touches of a person count, of the kinds that the agreement names where there are such. Leaves out whether that was in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from leadq.crm.contract.crm_tables import WITHDRAWN
from leadq.features.engine.duckdb_engine import Tables, microseconds
from leadq.features.handover.touches import of_kinds, outbound


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ActsOfSales:
    """What sales did.

    Parameters
    ----------
    rows : DataFrame
        Indexed by hand-over id: ``first_touch_us, touches, answer_us``, missing where there is none; ``open_until_us``: until when such
        an act could come (the lead was closed, came in again, or the data was read).
    touches_recorded, answers_recorded : bool
    kinds_agreed : bool
        Whether kinds of touches that the agreement names, if it names any, are in the data; else all kinds count.
    kinds : tuple of str
        Kinds of touches there are, the commonest first.
    """

    rows: pd.DataFrame
    touches_recorded: bool
    answers_recorded: bool
    kinds_agreed: bool
    kinds: tuple[str, ...]


def acts_of_sales(tables: Tables, hand_overs: ir.Table, counts_as_touch: tuple[str, ...]) -> ActsOfSales:
    """Look at what followed each hand-over, in its entry and until the data was read.

    Parameters
    ----------
    tables : Tables
    hand_overs : ir.Table
        ``hand_over_id, lead_id, entered_us, next_us, handed_over_us``.
    counts_as_touch : tuple of str
        Kinds of touches that the agreement counts.
    """
    touches = outbound(tables.human_touches)
    kinds = touches.group_by("kind").agg(n=ibis._.count()).order_by(ibis.desc("n"), "kind").to_pandas()
    counted = of_kinds(touches, counts_as_touch)
    named = bool(counts_as_touch) and bool(int(counted.count().to_pyarrow().as_py()))
    spans = hand_overs.select("hand_over_id", "lead_id", "entered_us", "next_us", "handed_over_us")
    touched = _within(spans, (counted if named else touches).select("lead_id", at_us="occurred_us"), tables)
    first = touched.group_by("hand_over_id").agg(first_touch_us=ibis._.at_us.min(), touches=ibis._.count())
    given = tables.dispositions.filter((ibis._.decision != WITHDRAWN).fill_null(True))
    answers = given.select("lead_id", at_us="decided_us")
    answered = _within(spans, answers, tables).group_by("hand_over_id").agg(answer_us=ibis._.at_us.min())
    ids = _open_until(spans, tables).to_pandas().set_index("hand_over_id").sort_index()
    rows = ids.join(first.to_pandas().set_index("hand_over_id")).join(answered.to_pandas().set_index("hand_over_id"))
    return ActsOfSales(
        rows=rows,
        touches_recorded=tables.history.has_touches,
        answers_recorded=bool(int(answers.count().to_pyarrow().as_py())),
        kinds_agreed=named or not counts_as_touch,
        kinds=tuple(str(kind) for kind in kinds["kind"].dropna()),
    )


def _open_until(spans: ir.Table, tables: Tables) -> ir.Table:
    """Return ``hand_over_id, open_until_us``: until when sales could still have done something that was not done."""
    closings = tables.outcomes.filter(ibis._.outcome != "reopened").select("lead_id", closed_us=ibis._.occurred_us)
    later = spans.inner_join(closings, "lead_id").filter(ibis._.closed_us >= ibis._.handed_over_us)
    closed = later.group_by("hand_over_id").agg(closed_us=ibis._.closed_us.min())
    joined = spans.left_join(closed, "hand_over_id").drop("hand_over_id_right")
    read_us = ibis.literal(microseconds(tables.history.read_at), "int64")
    ends = (joined.closed_us.fill_null(read_us), joined.next_us.fill_null(read_us), read_us)
    return joined.select("hand_over_id", open_until_us=ibis.least(*ends))


def _within(spans: ir.Table, acts: ir.Table, tables: Tables) -> ir.Table:
    """Acts of an entry: from when the lead came in until it came in again."""
    joined = spans.inner_join(acts, "lead_id")
    return joined.filter(
        joined.at_us >= joined.entered_us,
        joined.next_us.isnull() | (joined.at_us < joined.next_us),
        joined.at_us <= microseconds(tables.history.read_at),
    )
