"""``leadq.Scorer``: a model that scores a frame of raw feature values, with the methods of a scikit-learn classifier.

For notebooks and for services outside leadq. Rules of the agreement, trends and sentences belong to nightly scoring; a tier here
is the tier by the model alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadq.agreement.decide import model_tiers
from leadq.agreement.read import stored_agreement
from leadq.foundation.arrays import Floats
from leadq.foundation.problems import InputError, Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.bundle.encode_rows import encode_rows
from leadq.models.bundle.matrix_scorer import MatrixScorer, Scored
from leadq.models.tiers.tier_offers import cut_by_tier

BASE = "base"


class Scorer:
    """Score a frame, one column for each feature, with the model of one bundle.

    Parameters
    ----------
    bundle : path-like or Bundle
        The bundle's folder, ``<store>/models/<version>``.
    threads : int
        Number of threads; it does not change the scores.

    Attributes
    ----------
    feature_names_in_ : array of str, shape (n_features_in_,)
        Columns that a frame must have; ``bundle.catalogue`` says what each of them means.
    n_features_in_ : int
    classes_ : array of shape (2,)
        0 (not won within the horizon) and 1 (won within the horizon).
    bundle : Bundle

    Raises
    ------
    BundleError
        A file is missing or damaged, or the fast explanations do not agree with LightGBM's own.

    Notes
    -----
    A missing *value* (None, NaN) is fine: the model learnt from such leads, too. A missing *column* is an error, because a
    renamed column would otherwise make every score a little worse without anybody noticing. Other columns are ignored.
    LightGBM's messages are switched off in this process; whatever matters is raised as an exception.

    Examples
    --------
    ``folder`` is a bundle's, ``leads`` a frame with its columns.

    >>> import leadq
    >>> scorer = leadq.Scorer(folder)
    >>> won = scorer.predict_proba(leads)[:, 1]
    >>> reasons = scorer.explain(leads)
    >>> from scipy.special import expit
    >>> bool((abs(expit(reasons.sum(axis=1)) - won) < 1e-6).all())
    True
    >>> scorer.predict_proba(leads.rename(columns={"industry": "industri"}))
    Traceback (most recent call last):
        ...
    leadq.foundation.problems.InputError: column industry: is missing, but model ... needs it. Did you mean industri? ...
    """

    def __init__(self, bundle: str | Path | Bundle, *, threads: int = 1) -> None:
        self.bundle = bundle if isinstance(bundle, Bundle) else read_bundle(Path(bundle))
        self._matrix = MatrixScorer(self.bundle, threads=threads)
        self._agreement = stored_agreement(self.bundle.agreement_text, where="agreement.yaml of the bundle")
        self.feature_names_in_ = np.array(self.bundle.catalogue.names, dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        self.classes_ = np.array([0, 1])

    def predict_proba(self, X: pd.DataFrame) -> Floats:  # noqa: N803 - scikit-learn's name
        """Calibrated probability of each class.

        Parameters
        ----------
        X : DataFrame of shape (n, at least n_features_in_)
            Raw values, columns in any order: numbers, and texts for categories. Anything with ``to_pandas`` (Arrow, Polars)
            works as well.

        Returns
        -------
        array of shape (n, 2)
            Columns as in ``classes_``; the second is the probability of a win within the agreed horizon.

        Raises
        ------
        InputError
            It is not a frame, columns are missing (all of them are listed), or a number column contains text.
        """
        won = self._scored(_as_frame(X)).probability
        return np.column_stack([1.0 - won, won])

    def tiers(self, X: pd.DataFrame) -> pd.Series[Any]:  # noqa: N803
        """Return the tier of each row by the model alone, such as ``"T1"``; None for every row if the model has no tiers.

        Raises
        ------
        InputError
            As :meth:`predict_proba`.
        """
        frame = _as_frame(X)
        probability, index = self._scored(frame).probability, frame.index
        if self.bundle.kind != "booster":
            return pd.Series([None] * len(index), index=index, dtype=object, name="tier")
        tiers = model_tiers(probability, cut_by_tier(self.bundle.tiers), self._agreement)
        return pd.Series(tiers, index=index, dtype=object, name="tier")

    def explain(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """Exact reasons by family, in log-odds.

        Returns
        -------
        DataFrame of shape (n, 1 + n_families)
            ``base``, then one column for each family; each row sums to ``log(p / (1 - p))`` of its probability, within 1e-6.

        Raises
        ------
        InputError
            As :meth:`predict_proba`.
        """
        frame = _as_frame(X)
        scored = self._scored(frame)
        table = pd.DataFrame(scored.contributions, columns=list(scored.families), index=frame.index)
        table.insert(0, BASE, scored.base)
        return table

    def _scored(self, frame: pd.DataFrame) -> Scored:
        catalogue = self.bundle.catalogue
        given = [str(name) for name in frame.columns]
        if twice := sorted({name for name in catalogue.names if given.count(name) > 1}):
            remedy = "Keep one of them."
            raise InputError(
                [Problem(where=f"column {name}", rule="must appear only once", remedy=remedy) for name in twice]
            )
        missing = [name for name in catalogue.names if name not in given]
        if missing:
            spare = [name for name in given if name not in catalogue.names]
            raise InputError([_missing(name, spare, self.bundle.version) for name in missing])
        return self._matrix.score(encode_rows(frame, catalogue))


def _as_frame(X: Any) -> pd.DataFrame:  # noqa: N803
    if isinstance(X, pd.DataFrame):
        return X
    if hasattr(X, "to_pandas"):
        found = X.to_pandas()
        if isinstance(found, pd.DataFrame):
            return found
    remedy = "Pass a pandas DataFrame with the columns in feature_names_in_."
    raise InputError(
        Problem(where="X", rule="must be a frame with named columns", value=type(X).__name__, remedy=remedy)
    )


def _missing(name: str, spare: list[str], version: str) -> Problem:
    return Problem(
        where=f"column {name}",
        rule=f"is missing, but model {version} needs it",
        remedy=f"{did_you_mean(name, spare)}Add the column; leave the cell empty for leads for which the value is not known.",
    )
