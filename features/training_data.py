"""What models learn from: encoded features of leads looked at at their landmarks, with matured labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadq.features.catalogue import Catalogue
from leadq.foundation.plurals import counted

HANDOFF = -1
"""``landmark`` of the row that looks at a lead at its hand-off instead of at an age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """Rows are leads at landmarks, in order of (as_of, lead_id, landmark).

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features), float64
        Columns as in ``catalogue``; categories as codes; NaN where missing.
    meta : DataFrame of n_rows rows
        ``lead_id`` (str), ``account_id`` (str or missing), ``group`` (int64: account, else the lead itself; folds and bootstrap
        keep a group together), ``created_at`` and ``as_of`` (datetime64[us, UTC]), ``age_days`` (float64), ``landmark``
        (int64: index into ``catalogue.ages_days``, or :data:`HANDOFF`), ``label`` (int8: 1 = won within the horizon after as-of;
        meaningful only where mature), ``days_to_win`` (float64: days from as_of to the first win within the horizon, of immature
        rows too, where it has happened; NaN where none has, or for a flat source), ``mature`` (bool: the horizon was over when
        the data was read), ``label_known_at`` (datetime64: as_of + horizon; for a flat source as_of), ``worked`` (bool: in the
        training population), ``weight`` (float64), ``source``, ``owner`` (str or missing).
    catalogue : Catalogue
    dated : bool
        False for a flat source: as_of only orders the rows.
    order_is_time : bool
        False for a flat source whose rows are in no order that is known to be one in time: as_of is a random order.
    touches_recorded : bool
        False where nothing says which leads sales worked: ``worked`` is true of all then.
    """

    features: npt.NDArray[np.float64]
    meta: pd.DataFrame
    catalogue: Catalogue
    dated: bool = True
    order_is_time: bool = True
    touches_recorded: bool = True

    def __post_init__(self) -> None:
        if self.features.shape != (len(self.meta), len(self.catalogue.features)):
            raise ValueError(
                f"features {self.features.shape} do not fit {counted(len(self.meta), 'row')} and "
                f"{counted(len(self.catalogue.features), 'feature')}"
            )

    def rows(self, mask: npt.NDArray[np.bool_]) -> TrainingData:
        """Return the rows where ``mask`` (shape (n_rows,)) holds."""
        return TrainingData(
            features=self.features[mask],
            meta=self.meta.loc[mask].reset_index(drop=True),
            catalogue=self.catalogue,
            dated=self.dated,
            order_is_time=self.order_is_time,
            touches_recorded=self.touches_recorded,
        )

    def without(self, reasons: dict[str, str]) -> TrainingData:
        """Return the data without the features named in ``reasons`` (feature name to why)."""
        if not reasons:
            return self
        keep = [index for index, feature in enumerate(self.catalogue.features) if feature.name not in reasons]
        return TrainingData(
            features=np.ascontiguousarray(self.features[:, keep]),
            meta=self.meta,
            catalogue=self.catalogue.without(reasons),
            dated=self.dated,
            order_is_time=self.order_is_time,
            touches_recorded=self.touches_recorded,
        )
