"""The tier a lead had when it was handed to sales, frozen: by it the promise is judged.

Once set it stays. It is set in the first run after the hand-off, to the tier that sales saw then: the lead's tier in
its newest earlier row, or tonight's for a lead that came in since. A hand-off before the first run (imported history)
or one that became known late has none.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from leadq.serving.scoring.changes.previous_scores import PreviousScores

TIME = pa.timestamp("us", tz="UTC")


def tiers_at_handoff(
    handed_off_at: pa.Array,
    tier: npt.NDArray[np.object_],
    *,
    earlier: pa.Table | None,
    previous: PreviousScores | None,
    as_of: datetime,
) -> pa.Array:
    """Return the frozen tier of each lead, null where there is none.

    Parameters
    ----------
    handed_off_at : Array of n timestamps
        Null where the lead has not been handed off.
    tier : ndarray of shape (n,), object
        Tonight's; None without one.
    earlier : Table of n rows or None
        As ``PreviousScores.rows`` gives it; None together with ``previous``.
    previous : PreviousScores or None
    as_of : datetime
        Tonight's.
    """
    if previous is None or earlier is None:
        return pa.nulls(len(tier), pa.string())
    looked_at = earlier["as_of"].combine_chunks()
    seen = looked_at.is_valid()
    since = pc.fill_null(looked_at, pa.scalar(previous.as_of, TIME))
    fresh = pc.and_(pc.greater(handed_off_at, since), pc.less_equal(handed_off_at, pa.scalar(as_of, TIME)))
    had = pc.if_else(seen, earlier["tier"].combine_chunks(), pa.array(tier, pa.string()))
    now = pc.if_else(pc.fill_null(fresh, False), had, pa.scalar(None, pa.string()))
    return pc.coalesce(earlier["tier_at_handoff"].combine_chunks(), now)
