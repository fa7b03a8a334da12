"""Evidence counts every reference lead once a feature, and finds the right bin again."""

import math

import numpy as np

from leadq.models.bundle.value_evidence import Evidence, gather_evidence
from tests.models.bundle.one_by_one import lookup
from tests.models.conftest import make_catalogue


def gather_example() -> tuple[np.ndarray, np.ndarray, Evidence]:
    rng = np.random.default_rng(1)
    rows = rng.poisson(2, (500, 8)).astype(float)
    rows[:, 1] = rng.choice([0, 1, 2, 4], 500, p=[0.5, 0.4, 0.05, 0.05])
    rows[:40, 1] = np.nan
    rows[rng.random(500) < 0.2, 0] = np.nan
    label = (rng.random(500) < 0.3).astype(float)
    return rows, label, gather_evidence(rows, label, make_catalogue())


def test_every_lead_is_counted_once_and_found_again() -> None:
    rows, label, evidence = gather_example()
    assert (evidence.n, evidence.wins) == (500, int(label.sum()))
    for column, feature in enumerate(make_catalogue().features):
        bins = evidence.bins[feature.name]
        assert sum(one.n for one in bins) == 500
        assert sum(one.wins for one in bins) == label.sum()
        for one in bins:
            mine = [at for at in range(500) if lookup(evidence, feature.name, rows[at, column]) == one]
            assert (len(mine), label[mine].sum()) == (one.n, one.wins)


def test_values_never_seen_have_a_bin_or_none() -> None:
    _, _, evidence = gather_example()
    beyond = lookup(evidence, "visits", 1e9)
    assert beyond is not None
    assert beyond.high == max(one.high or 0 for one in evidence.bins["visits"])
    unseen = lookup(evidence, "industry", 5.0)
    assert unseen is not None
    assert unseen.kind == "rest"
    missing = lookup(evidence, "industry", math.nan)
    assert missing is not None
    assert (missing.kind, missing.n) == ("missing", 40)
    assert lookup(evidence, "visits", math.nan) is None
    assert lookup(evidence, "no such feature", 1.0) is None


def test_evidence_survives_json() -> None:
    _, _, evidence = gather_example()
    assert Evidence.from_document(evidence.to_document()) == evidence
