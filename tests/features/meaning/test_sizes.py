"""Sizes of companies as people write them."""

from __future__ import annotations

import ibis
import pyarrow as pa
import pytest

from leadq.features.meaning.sizes import bounds, size_in

SIZES = {
    "51-200": (51, 200),
    "51 \u2013 200": (51, 200),
    "51\u00a0- 200": (51, 200),
    "11 bis 50": (11, 50),
    "von 11 bis 50 Mitarbeiter": (11, 50),
    "1,001 à 5,000": (1001, 5000),
    "1 001 à 5 000 salariés": (1001, 5000),
    "1.001-5.000 employees": (1001, 5000),
    "1'001-5'000": (1001, 5000),
    "5k-10k": (5000, 10_000),
    "500 employees": (500, 500),
    "Employees: 500": (500, 500),
    "1.000+": (1000, 4000),
    "10k+": (10_000, 40_000),
    "1000 plus": (1000, 4000),
    "> 250": (250, 1000),
    "plus de 250 salariés": (250, 1000),
    "mehr als 250": (250, 1000),
    "250 or more": (250, 1000),
    "<10": (1, 10),
    "bis 10": (1, 10),
    "moins de 10": (1, 10),
    "1.000.000": (1_000_000, 1_000_000),
}
NONE = [
    "",
    "unknown",
    "self-employed",
    "2024-01-05",
    "12 months",
    "1-10, 20",
    "v1.2",
    "50 %",
    "10-20-30",
    "-5",
    "A1-10",
    "k",
]


@pytest.fixture(scope="module")
def read():
    texts = [*SIZES, *NONE, None]
    table = ibis.duckdb.connect().create_table("sizes", pa.table({"text": texts}))
    low, high = bounds(table.text)
    found = table.select("text", low=low, high=high, size=size_in(table.text))
    return {row["text"]: row for row in found.to_pyarrow().to_pylist()}


@pytest.mark.parametrize("text", SIZES)
def test_a_size_has_bounds_and_lies_between_them(read, text):
    row, (low, high) = read[text], SIZES[text]
    assert (row["low"], row["high"]) == (low, high)
    assert row["size"] == round((low * high) ** 0.5)


@pytest.mark.parametrize("text", [*NONE, None])
def test_what_is_no_size_has_none(read, text):
    assert read[text]["size"] is None


def test_the_bands_of_a_crm_keep_their_order(read):
    bands = ["1-10", "11-50", "51-200", "201-500", "501-1,000", "1,001-5,000", "5,001-10,000", "10,001+"]
    table = ibis.duckdb.connect().create_table("bands", pa.table({"at": range(len(bands)), "text": bands}))
    sizes = table.order_by("at").select(size=size_in(table.text)).to_pyarrow()["size"].to_pylist()
    assert sizes == sorted(set(sizes))
