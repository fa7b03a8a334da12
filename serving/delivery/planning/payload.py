"""What of a lead's score goes to a CRM: the fields that are ours, and their values out of a row of the score table.

The list here is the allow-list: nothing else is ever put into a payload. Leaves out what differs from what is there (``plan.py``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.connectors.delivered_fields import (
    LONGEST_TEXT,
    LONGEST_VERSION,
    OF_REJECTIONS,
    OF_SCORES,
    REASONS,
    target_fields,
)
from leadq.crm.connectors.protocol import TargetField
from leadq.crm.storage.engine_paths import engine_path
from leadq.serving.words.text import clean

SCORED = "scored"
_BATCH = 20_000
_SIDES = ("reasons_for", "reasons_against")
_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadScore:
    """A row of the score table as delivery sees it.

    Parameters
    ----------
    lead_id : str or None
        None and twice the same are for the guards to find.
    probability, percentile : float or None
        In [0, 1], where the score is one.
    tier : str
        Empty where there is none.
    codes : str
        Codes of the reasons, those for before those against.
    status : str
        ``scored``, or ``not_scored: why``.
    sentences : tuple of str or None
        Three for, then three against.
    scored_at_us : int
        Microseconds since 1970.
    model_version : str
    track, next_owner, wakes_at_us, returned_at_us
        What follows a rejection, and when the lead came back from one; None where nothing does, or the table does not say.
    """

    lead_id: str | None
    probability: float | None
    percentile: float | None
    tier: str
    codes: str
    status: str
    sentences: tuple[str | None, ...]
    scored_at_us: int
    model_version: str
    track: str | None = None
    next_owner: str | None = None
    wakes_at_us: int | None = None
    returned_at_us: int | None = None

    @property
    def score(self) -> int | None:
        """Whole number from 0 to 100 to sort by: above so many of 100 open leads it stands."""
        return None if self.percentile is None else round(self.percentile * 100)


def our_fields(
    field_name: Callable[[str], str], tiers: Sequence[str], *, rejections: bool = False
) -> tuple[TargetField, ...]:
    """Return the fields that delivery writes, as a target calls them.

    Parameters
    ----------
    field_name : callable
        How the target calls a field: ``Reason_Against_1`` to ``lq_reason_against_1``; see
        :meth:`leadq.crm.connectors.connector.Connector.field_name`.
    tiers : sequence of str
        What may stand in the tier.
    rejections : bool
        Whether the target takes what follows a rejection, too.
    """
    names = (*OF_SCORES, *OF_REJECTIONS) if rejections else OF_SCORES
    return target_fields(names, field_name, choices=tuple(tiers))


def takes_rejections(names: Sequence[str]) -> bool:
    """Whether a run with these names of fields takes what follows a rejection."""
    return len(names) > len(OF_SCORES)


def payload(score: LeadScore, *, rejections: bool = False) -> str:
    """Return the absolute values of a lead as the ledger keeps them: a JSON list in the order of :func:`our_fields`.

    The same values are always the same bytes. A lead without a score has but the moment and why.
    """
    chance = None if score.probability is None else round(score.probability * 100, 2)
    version = (score.model_version[:LONGEST_VERSION] or None) if score.status == SCORED else None
    texts = [None if sentence is None else _text(sentence) for sentence in score.sentences]
    figures = (score.score, score.tier or None, chance)
    values = (*figures, *texts, _moment(score.scored_at_us), version, _text(score.status))
    return _AS_JSON((*values, *_after_rejection(score)) if rejections else values)


def _after_rejection(score: LeadScore) -> tuple[str | None, ...]:
    moments = (None if us is None else _moment(us) for us in (score.wakes_at_us, score.returned_at_us))
    return (score.track, score.next_owner, *moments)


def read_scores(path: Path, *, lead_id: str | None = None) -> Iterator[LeadScore]:
    """Stream a score table in order of ``lead_id``, in bounded memory; a missing ``lead_id`` comes first."""
    columns = ", ".join(_expressions(with_rejections="track" in pq.read_schema(path).names))
    wanted = "" if lead_id is None else " WHERE lead_id = $lead"
    order = "" if lead_id is not None or _is_in_order(path) else " ORDER BY lead_id NULLS FIRST"
    query = f"SELECT {columns} FROM read_parquet($path, hive_partitioning=false){wanted}{order}"  # noqa: S608 - words of ours
    given = {"path": engine_path(path)} | ({} if lead_id is None else {"lead": lead_id})
    with duckdb.connect(config={"memory_limit": "300MB", "threads": 1}) as engine:
        for batch in engine.sql(query, params=given).to_arrow_reader(_BATCH):
            rows: Iterator[tuple[Any, ...]] = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            for lead, probability, percentile, tier, codes, status, moment, version, *rest in rows:
                sentences, (track, owner, wakes, returned) = rest[:-4], rest[-4:]
                yield LeadScore(
                    lead_id=lead,
                    probability=probability,
                    percentile=percentile,
                    tier=tier,
                    codes=codes,
                    status=status,
                    sentences=tuple(sentences),
                    scored_at_us=moment,
                    model_version=version,
                    track=track,
                    next_owner=owner,
                    wakes_at_us=wakes,
                    returned_at_us=returned,
                )


def _expressions(*, with_rejections: bool) -> Iterator[str]:
    yield from ("lead_id", "probability", "percentile", "coalesce(tier, '')")
    sides = (
        "concat_ws(',', " + ", ".join(f"{side}[{place}].code" for place in range(1, REASONS + 1)) + ")"
        for side in _SIDES
    )
    yield " || '/' || ".join(sides)
    yield "CASE WHEN status = 'scored' THEN status ELSE concat_ws(': ', coalesce(status, 'not_scored'), status_reason) END"
    yield "coalesce(epoch_us(scored_at), 0)"
    yield "coalesce(model_version, '')"
    yield from (f"{side}[{place}].sentence" for side in _SIDES for place in range(1, REASONS + 1))
    if with_rejections:
        yield from ("track", "next_owner", "epoch_us(wakes_at)", "epoch_us(returned_at)")
    else:
        yield from ("NULL AS track", "NULL AS next_owner", "NULL AS wakes_at", "NULL AS returned_at")


def _is_in_order(path: Path) -> bool:
    last: str | None = None
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH, columns=["lead_id"], use_threads=False):
            ids = batch.column(0)
            if not len(ids):
                continue
            if ids.null_count or (last is not None and ids[0].as_py() < last):
                return False
            if not pc.all(pc.less_equal(ids[:-1], ids[1:]), min_count=0).as_py():
                return False
            last = ids[-1].as_py()
    return True


@lru_cache(maxsize=16_384)  # the same sentence stands at many leads
def _text(text: str) -> str | None:
    return clean(text, LONGEST_TEXT) or None


@lru_cache(maxsize=64)  # a night is scored at one moment
def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
