"""The score table while it is made: texts that repeat are numbers into a list, and become texts again when written or read.

Making every text of every row a string took more time than scoring. The lists are in order of first appearance within the batch,
so that the same rows give the same bytes whoever scored before.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leadq.crm.contract.score_table import REJECTIONS, SCORES, scores_schema

Ids = npt.NDArray[np.int64]

_AS_THEY_ARE = ("lead_id", "account_id", "owner", "source", "campaign", "status_reason")


def _coded(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string(kind):
        return pa.dictionary(pa.int32(), pa.string())
    if pa.types.is_list(kind):
        return pa.list_(_coded(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(one.name, _coded(one.type)) for one in kind])
    return kind


def _all_coded(schema: pa.Schema) -> list[pa.Field]:
    return [field if field.name in _AS_THEY_ARE else pa.field(field.name, _coded(field.type)) for field in schema]


CODED = pa.schema(_all_coded(SCORES))
"""The schema :data:`leadq.crm.contract.score_table.SCORES` with numbers for texts."""
_CODED_LATER = pa.schema([*CODED, *_all_coded(REJECTIONS)])


def coded_schema(columns: Collection[str]) -> pa.Schema:
    """Return :data:`CODED`, with the columns of rejections behind it where they are among ``columns``."""
    return _CODED_LATER if set(REJECTIONS.names) <= set(columns) else CODED


def texts_of(ids: Ids, texts: list[str], *, missing: npt.NDArray[np.bool_] | None = None) -> pa.DictionaryArray:
    """Return ``texts[id]`` coded; only texts that occur are kept, in order of first appearance.

    Parameters
    ----------
    ids : int64 array of shape (n,)
    texts : list of str
        Without duplicates.
    missing : bool array of shape (n,), optional
        Where the result is null, whatever the id.
    """
    first = np.full(len(texts), len(ids), dtype=np.int64)
    first[ids[::-1]] = np.arange(len(ids) - 1, -1, -1)  # the last write, the first appearance, wins
    if missing is not None:
        shown = np.flatnonzero(~missing)
        first[:] = len(ids)
        first[ids[shown][::-1]] = shown[::-1]
    used = np.flatnonzero(first < len(ids))
    used = used[np.argsort(first[used], kind="stable")]
    place = np.zeros(len(texts), dtype=np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    indices = pa.array(place[ids], mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array([texts[one] for one in used.tolist()], pa.string()))


def constant(text: str | None, rows: int) -> pa.Array:
    """Return a column that holds one text, or none."""
    kind = pa.dictionary(pa.int32(), pa.string())
    if text is None:
        return pa.nulls(rows, kind)
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text], pa.string()))


def coded(column: pa.Array, name: str) -> pa.Array:
    """Bring a column of the score table to its coded type."""
    kind = _CODED_LATER.field(name).type
    return column.dictionary_encode() if pa.types.is_dictionary(kind) and pa.types.is_string(column.type) else column


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a coded batch in the schema :func:`leadq.crm.contract.score_table.scores_schema` of its columns."""
    schema = scores_schema(batch.schema.names)
    columns = [_plain(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.record_batch(columns, schema=schema)


def _plain(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return column.cast(kind)
    if pa.types.is_struct(kind):
        return pa.StructArray.from_arrays(
            [_plain(column.field(at), kind.field(at).type) for at in range(kind.num_fields)], fields=list(kind)
        )
    if pa.types.is_list(kind) and column.type != kind:
        whole = pa.concat_arrays([column])  # a slice would carry its offset into the mask
        mask = whole.is_null() if whole.null_count else None
        return pa.ListArray.from_arrays(whole.offsets, _plain(whole.values, kind.value_type), type=kind, mask=mask)
    return column


def spread(column: pa.Array, can: npt.NDArray[np.bool_]) -> pa.Array:
    """Put the rows of scored leads where they belong among all leads; the others are null.

    Parameters
    ----------
    column : Array of ``can.sum()`` rows
    can : bool array of shape (n,)
    """
    if can.all():
        return column
    if pa.types.is_list(column.type):  # the items stay where they are
        lengths = np.zeros(len(can), dtype=np.int32)
        lengths[can] = np.diff(column.offsets.to_numpy())
        missing = ~can
        missing[can] = column.is_null().to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), column.values, type=column.type, mask=pa.array(missing))
    return column.take(pa.array(np.cumsum(can) - 1, mask=~can))
