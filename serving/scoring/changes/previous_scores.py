"""What was said of tonight's leads before: rows of earlier score tables, in the order of tonight's batch.

A lead's tier at hand-off is in its newest row. What changed "since last night" is told against the newest row that is at least half
a day old, and by it a tier is held: a night scored twice, or a lead scored again before it, is not another night.
Only the rows around a batch are read, so memory does not grow with the tables. Which runs count as earlier, and their order, is the
caller's knowledge (committed runs only).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from leadq.crm.contract.score_table import SCORES
from leadq.foundation.problems import Problem, StoreError

COLUMNS = (
    "lead_id",
    "as_of",
    "probability",
    "base",
    "contributions",
    "tier",
    "model_tier",
    "tier_at_handoff",
    "model_version",
    "agreement_version",
    "snapshot_id",
)
TAKEN_AGAIN = ("margin", "reasons_for", "reasons_against")
"""Read too where unchanged leads keep their scores."""

A_NIGHT_APART = timedelta(hours=12)
"""A row younger than this is of the same night and nothing to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousScores:
    """Score tables of earlier runs.

    Parameters
    ----------
    files : tuple of Path
        Newest first. Usually last night's table, before it the partial runs since; of a night scored again all since the night before.
    as_of : datetime
        Of the newest run over all leads (UTC). A hand-off after it that is seen for the first time is tonight's.
    reanchored : frozenset of str
        Model versions that differ from tonight's only in the anchor: what then moved the base is the anchor.
    """

    files: tuple[Path, ...]
    as_of: datetime
    reanchored: frozenset[str] = frozenset()

    def rows(
        self, lead_ids: pa.Array, *, columns: tuple[str, ...] = COLUMNS, until: datetime | None = None
    ) -> pa.Table:
        """Return the newest earlier row of each lead: n rows of ``columns``, all null for a lead not seen before.

        Parameters
        ----------
        lead_ids : Array of n strings
        columns : tuple of str
            ``lead_id`` among them.
        until : datetime, optional
            Only rows as of this moment or before count.

        Raises
        ------
        StoreError
            A table is missing or damaged.
        """
        extent = pc.min_max(lead_ids).as_py()
        wanted = (ds.field("lead_id") >= extent["min"]) & (ds.field("lead_id") <= extent["max"])
        if until is not None:
            wanted &= ds.field("as_of") <= pa.scalar(until, SCORES.field("as_of").type)
        schema = pa.schema([SCORES.field(name) for name in columns])
        found = schema.empty_table()
        place = pa.nulls(len(lead_ids), pa.int32())
        for file in self.files:
            try:
                rows = ds.dataset(file, format="parquet").to_table(columns=list(columns), filter=wanted).cast(schema)
            except (OSError, pa.ArrowException, KeyError) as error:
                problem = Problem(
                    where=str(file),
                    rule="must be a readable score table",
                    value=str(error)[:200],
                    remedy="Restore the file, or score again without earlier tables.",
                )
                raise StoreError(problem) from error
            here = pc.index_in(lead_ids, value_set=rows["lead_id"].combine_chunks())
            place = pc.coalesce(place, pc.add(here, pa.scalar(found.num_rows, pa.int32())))
            found = pa.concat_tables([found, rows])
        return found.take(place).combine_chunks()

    def compared(self, newest: pa.Table, lead_ids: pa.Array, as_of: datetime) -> pa.Table:
        """Return the row that a lead's score as of ``as_of`` is compared with: n rows of :data:`COLUMNS`, null where there is none.

        Parameters
        ----------
        newest : Table of n rows
            What :meth:`rows` gave for ``lead_ids``.
        """
        until = as_of - A_NIGHT_APART
        too_young = pc.any(pc.greater(newest["as_of"], pa.scalar(until, SCORES.field("as_of").type)))
        return self.rows(lead_ids, until=until) if too_young.as_py() else newest
