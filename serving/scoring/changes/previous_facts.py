"""What was known of leads when they were scored before, as tonight's model takes it: rows of earlier snapshots, encoded again.

Needed on the night after another model went live: last time's facts under tonight's model tell what the lead itself changed from what
the model changed. Only the rows around a batch are read. Left out: which files a snapshot rests on (the store's knowledge).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from leadq.features.catalogue import Catalogue, Feature
from leadq.features.meaning.spelling_keys import code_by_key, folded
from leadq.foundation.arrays import Bools, Floats
from leadq.foundation.problems import Problem, StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousFacts:
    """Snapshots of earlier runs.

    Parameters
    ----------
    files : mapping of str to tuple of Path
        By ``snapshot_id``: the snapshot's own file and those it rests on, newest first. A lead's newest row counts.
    """

    files: Mapping[str, tuple[Path, ...]]

    def encoded(self, lead_ids: pa.Array, snapshot_ids: pa.Array, catalogue: Catalogue) -> tuple[Floats, Bools]:
        """Return the facts of n leads, each in its own snapshot.

        Parameters
        ----------
        lead_ids, snapshot_ids : Array of n strings
        catalogue : Catalogue
            Tonight's: its columns, its vocabularies.

        Returns
        -------
        encoded : ndarray of shape (n, n_features), float64
        known : ndarray of shape (n,), bool
            False where the snapshot lacks the lead, or a column that the catalogue has.

        Raises
        ------
        StoreError
            A snapshot is missing or damaged.
        """
        encoded = np.full((len(lead_ids), len(catalogue.features)), np.nan)
        known = np.zeros(len(lead_ids), dtype=np.bool_)
        for snapshot_id in pc.unique(snapshot_ids.drop_null()).to_pylist():
            there = pc.fill_null(pc.equal(snapshot_ids, snapshot_id), False)
            wanted = np.flatnonzero(there.to_numpy(zero_copy_only=False))
            for file in self.files.get(snapshot_id, ()):
                if not len(wanted):
                    break
                wanted = _fill(file, lead_ids, wanted, catalogue, encoded, known)
        return encoded, known


def _fill(
    file: Path, lead_ids: pa.Array, wanted: npt.NDArray[np.int64], catalogue: Catalogue, encoded: Floats, known: Bools
) -> npt.NDArray[np.int64]:
    """Fill in the leads that a file holds, and return those that it does not."""
    ids = lead_ids.take(pa.array(wanted))
    extent = pc.min_max(ids).as_py()
    inside = (ds.field("lead_id") >= extent["min"]) & (ds.field("lead_id") <= extent["max"])
    try:
        dataset = ds.dataset(file, format="parquet")
        whole = all(_has(dataset.schema, feature) for feature in catalogue.features)
        table = dataset.to_table(columns=["lead_id", *(catalogue.names if whole else ())], filter=inside)
    except (OSError, pa.ArrowException) as error:
        remedy = "Restore the file from a backup, or remove the manifest of its run and score again."
        problem = Problem(where=str(file), rule="must be a complete snapshot", value=str(error)[:200], remedy=remedy)
        raise StoreError(problem) from error
    place = pc.index_in(ids, value_set=table["lead_id"].combine_chunks())
    here = place.is_valid().to_numpy(zero_copy_only=False)
    if whole and here.any():
        rows = table.take(place.drop_null())
        for number, feature in enumerate(catalogue.features):
            encoded[wanted[here], number] = _codes(rows[feature.name].combine_chunks(), feature)
        known[wanted[here]] = True
    rest: npt.NDArray[np.int64] = wanted[~here]
    return rest


def _has(schema: pa.Schema, feature: Feature) -> bool:
    if feature.name not in schema.names:
        return False
    found = schema.field(feature.name).type
    if pa.types.is_null(found):  # a column without any value has no type of its own
        return True
    text = pa.types.is_string(found) or pa.types.is_large_string(found)
    number = pa.types.is_floating(found) or pa.types.is_integer(found)
    return bool(text if feature.kind == "category" else number)


def _codes(column: pa.Array, feature: Feature) -> Floats:
    """Encode a column as :func:`leadq.features.assemble.encoded` does: one code for all that the vocabulary does not know."""
    if feature.kind == "category":
        texts = column.cast(pa.string())
        code = _spelt(texts, feature) if feature.spellings else _as_recorded(texts, feature)
        code = pc.fill_null(code, len(feature.vocabulary))
        column = pc.if_else(texts.is_valid(), code, pa.scalar(None, pa.int32()))
    result: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return result


def _as_recorded(texts: pa.Array, feature: Feature) -> pa.Array:
    return pc.index_in(texts, value_set=pa.array(feature.vocabulary, pa.string()))


def _spelt(texts: pa.Array, feature: Feature) -> pa.Array:
    """Look up every distinct value once."""
    by_key, distinct = code_by_key(feature.spellings), texts.unique()
    found = [None if one is None else by_key.get(folded(one)) for one in distinct.to_pylist()]
    return pa.array(found, pa.int32()).take(pc.index_in(texts, value_set=distinct))
