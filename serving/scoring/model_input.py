"""The columns of a batch of tonight's leads as the model takes them, checked before anything is scored."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leadq.agreement.read import stored_agreement
from leadq.agreement.schema import Agreement
from leadq.features.catalogue import Catalogue
from leadq.foundation.problems import BundleError, Problem
from leadq.models.bundle.bundle import Bundle

RULE = "rule:"
CODE = "code:"
SHOWN: dict[str, pa.DataType] = {
    "lead_id": pa.string(),
    "account_id": pa.string(),
    "owner": pa.string(),
    "source": pa.string(),
    "campaign": pa.string(),
    "created_at": pa.timestamp("us", tz="UTC"),
    "age_days": pa.float64(),
    "worked": pa.bool_(),
    "status_reason": pa.string(),
    "handed_off_at": pa.timestamp("us", tz="UTC"),
}
"""Columns beside the features; also the types they are brought to."""


def encoded_column(name: str, kind: str) -> str:
    """Return the batch's column that holds the encoded feature."""
    return CODE + name if kind == "category" else name


def require_agreement(bundle: Bundle, agreement: Agreement) -> None:
    """Check that the bundle was made for this agreement: the same horizon, and a cut decided for every promise.

    Raises
    ------
    BundleError
        Naming everything that differs.
    """
    promised = {tier.id: tier.promise.win_rate_at_least for tier in agreement.tiers if tier.promise is not None}
    cut_for = {cut.tier_id: cut.promise for cut in bundle.tiers}
    differs = [
        (f"promise of tier {tier}", str(promised.get(tier, "none")), str(cut_for.get(tier, "none")))
        for tier in dict.fromkeys([*promised, *cut_for])
        if promised.get(tier) != cut_for.get(tier)
    ]
    if agreement.outcome.horizon_days != bundle.catalogue.horizon_days:
        differs.append(("horizon_days", str(agreement.outcome.horizon_days), str(bundle.catalogue.horizon_days)))
    trained = stored_agreement(bundle.agreement_text, where="agreement.yaml of the bundle")
    if _ideal(agreement) != _ideal(trained):  # a feature is made of it
        differs.append(("ideal_customer", _ideal(agreement), _ideal(trained)))
    problems = [
        Problem(
            where=f"agreement version {agreement.version}, {what}",
            rule=f"must be the same as when model {bundle.version} was trained ({model})",
            value=agreed,
            remedy="Train and promote a model under this agreement, or score under the one in the bundle.",
        )
        for what, agreed, model in differs
    ]
    if problems:
        raise BundleError(problems)


def _ideal(agreement: Agreement) -> str:
    checks = (f"{check.name} {check.operator} {list(check.values)}" for check in agreement.ideal_customer)
    return "; ".join(checks) or "none"


def require_columns(batch: pa.RecordBatch, catalogue: Catalogue, agreement: Agreement) -> None:
    """Check that a batch fits the model and the agreement.

    Raises
    ------
    BundleError
        Naming every column that is missing or not of its type.
    """
    wanted: dict[str, str] = {name: str(kind) for name, kind in SHOWN.items()}
    wanted |= {RULE + rule.id: "bool" for rule in agreement.rules}
    for feature in catalogue.features:
        wanted[encoded_column(feature.name, feature.kind)] = "number"
        if feature.kind == "category":
            wanted[feature.name] = "string"
    problems = []
    for name, kind in wanted.items():
        found = batch.schema.field(name).type if name in batch.schema.names else None
        if found is None or not _is(found, kind):
            problems.append(
                Problem(
                    where=f"tonight's leads, column {name}",
                    rule=f"must be there, of type {kind}, as when the model was trained",
                    value="no such column" if found is None else str(found),
                    remedy="Change the source back to how it was, or train and promote a model on the new one.",
                )
            )
    if problems:
        raise BundleError(problems)


def _is(found: pa.DataType, kind: str) -> bool:
    if pa.types.is_null(found):  # a column without any value has no type of its own
        return True
    if kind == "number":
        return bool(pa.types.is_floating(found) or pa.types.is_integer(found))
    if kind == "string":
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    if kind.startswith("timestamp"):
        return bool(pa.types.is_timestamp(found) and found.tz is not None)
    return str(found) == kind


def encoded_features(batch: pa.RecordBatch, catalogue: Catalogue) -> npt.NDArray[np.float64]:
    """Return the model's input, shape (n, n_features), column-major, NaN where missing."""
    encoded = np.empty((batch.num_rows, len(catalogue.features)), dtype=np.float64, order="F")
    for place, feature in enumerate(catalogue.features):
        column = batch.column(encoded_column(feature.name, feature.kind)).cast(pa.float64())
        encoded[:, place] = column.to_numpy(zero_copy_only=False)
    return encoded


def raw_categories(batch: pa.RecordBatch, catalogue: Catalogue) -> list[pa.Array | None]:
    """Return for each feature its recorded text, None for a number."""
    return [
        batch.column(feature.name).cast(pa.string()) if feature.kind == "category" else None
        for feature in catalogue.features
    ]


def rule_hits(batch: pa.RecordBatch, agreement: Agreement) -> dict[str, npt.NDArray[np.bool_]]:
    """Return for each agreed rule the leads it holds for; unknown counts as not."""
    hits = {}
    for rule in agreement.rules:
        column = batch.column(RULE + rule.id).cast(pa.bool_()).fill_null(False)
        hits[rule.id] = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.bool_)
    return hits
