"""How far a changed field reaches into the scores: tonight's leads with the field as it was written at training, scored again.

Exact, features, rules of the agreement and all: the history is written again with the field put back, and the tiers that the cuts
alone give are compared. Only a night whose fields have changed pays for it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.agreement.decide import decide_tiers, model_tiers
from leadq.crm.contract.history import History
from leadq.features.tonight import OpenLeads, tonight
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.tiers.tier_offers import cut_by_tier
from leadq.pipelines.project.engine_choice import duckdb_engine
from leadq.pipelines.project.project import Project
from leadq.serving.scoring.model_input import encoded_features, rule_hits


@dataclass(frozen=True, slots=True, kw_only=True)
class AsThen:
    """A column as it was at training.

    Parameters
    ----------
    table, column : str
    words : mapping of str to str or None
        Tonight's word to the word of training; None where it counts as unknown.
    factor : float
        What numbers are multiplied by.
    """

    table: str
    column: str
    words: Mapping[str, str | None]
    factor: float = 1.0

    def of(self, values: pa.Array) -> pa.Array:
        """Return a column's values as they were."""
        if pa.types.is_floating(values.type):
            return pc.multiply(values, self.factor)
        place = pc.index_in(values, pa.array(list(self.words), values.type))
        return pc.if_else(pc.is_valid(place), pa.array(list(self.words.values()), values.type).take(place), values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many of tonight's scored leads are in another tier than with the field as at training."""

    moved: int
    scored: int

    @property
    def share(self) -> float:
        """Share of the scored leads, in [0, 1]."""
        return self.moved / self.scored if self.scored else 0.0


class TonightsTiers:
    """Tiers of tonight's open leads, as read and with fields put back."""

    def __init__(self, project: Project, history: History, bundle: Bundle, as_of: datetime) -> None:
        self._project, self._history, self._bundle, self._as_of = project, history, bundle, as_of
        self._scorer = MatrixScorer(bundle, checked=False)
        self._as_read: dict[str, str] | None = None

    def as_read(self) -> dict[str, str]:
        """Return the tier of each scored lead, by its id."""
        if self._as_read is None:
            self._as_read = self._tiers(self._history)
        return self._as_read

    def reach(self, *fields: AsThen) -> Reach:
        """Count the leads that ``fields``, put back together, would have in another tier."""
        as_read = self.as_read()
        with _put_back(self._history, fields, self._project.store.work / "as_trained") as history:
            then = self._tiers(history)
        moved = sum(then.get(lead) != tier for lead, tier in as_read.items())
        return Reach(moved=moved, scored=len(as_read))

    def _tiers(self, history: History) -> dict[str, str]:
        agreement, found = self._project.agreement, dict[str, str]()
        leads = OpenLeads(history=history, agreement=agreement, catalogue=self._bundle.catalogue, as_of=self._as_of)
        with duckdb_engine(self._project, spill=self._project.store.work / "spill") as backend:
            for batch in tonight(backend, leads):
                open_leads = batch.filter(pc.is_null(batch.column("status_reason")))
                tiers = self._of(open_leads)
                found.update(zip(open_leads.column("lead_id").to_pylist(), tiers, strict=True))
        return found

    def _of(self, batch: pa.RecordBatch) -> list[str]:
        agreement = self._project.agreement
        scored = self._scorer.score(encoded_features(batch, self._bundle.catalogue))
        by_model = model_tiers(scored.probability, cut_by_tier(self._bundle.tiers), agreement)
        decided = decide_tiers(model_tier=by_model, rule_hits=rule_hits(batch, agreement), agreement=agreement)
        return [str(tier) for tier in np.asarray(decided.tier)]


@contextmanager
def _put_back(history: History, fields: tuple[AsThen, ...], folder: Path) -> Iterator[History]:
    """Yield the history with ``fields`` as they were at training, in a folder of its own while it is looked at."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for path in history.folder.glob("*.parquet"):
            changed = [field for field in fields if f"{field.table}.parquet" == path.name]
            if changed:
                _rewrite(path, folder / path.name, changed)
            else:
                (folder / path.name).symlink_to(path.resolve())
        yield replace(history, folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rewrite(path: Path, target: Path, fields: list[AsThen]) -> None:
    source = pq.ParquetFile(path)
    with pq.ParquetWriter(target, source.schema_arrow) as writer:
        for batch in source.iter_batches():
            for field in fields:
                place = batch.schema.get_field_index(field.column)
                batch = batch.set_column(place, batch.schema.field(place), field.of(batch.column(place)))  # noqa: PLW2901
            writer.write_batch(batch)
