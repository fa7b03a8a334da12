"""The bin of one value, looked for one by one: what the loops over columns must find as well."""

from __future__ import annotations

import math

from leadq.models.bundle.value_evidence import Evidence, EvidenceBin


def lookup(evidence: Evidence, feature: str, value: float) -> EvidenceBin | None:
    """Return the bin of an encoded ``value`` (NaN = missing); None where nothing is known of the feature.

    A number beyond all ranges belongs to the nearest one; a category never counted alone to the rest.
    """
    bins = evidence.bins.get(feature, ())
    if math.isnan(value):
        return next((one for one in bins if one.kind == "missing"), None)
    rest = None
    ranges = []
    for one in bins:
        if one.kind == "rest":
            rest = one
        elif one.kind == "range":
            ranges.append(one)
        elif one.kind != "missing" and one.low == value:
            return one
    if not ranges:
        return rest
    return next((one for one in ranges if one.high is not None and value <= one.high), ranges[-1])
