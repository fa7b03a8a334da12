"""A path is one file, and its folders' names mean nothing, to every engine that reads."""

from __future__ import annotations

from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path, parquet_rows
from leadq.foundation.problems import ConfigError

FOLDERS = (
    "source=hubspot/country=NL", "a*b?[c] %20#d", "**", "[!a]", "[a-z]", "c[d", "~", "$HOME", "${x}", "{a,b}", "s3:", "file:", "it's",
    "two\nlines", "-- x", "back\\slash", "größe 😀", "leads.csv.gz",
)  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_file_of_exactly_that_name_is_read_and_no_folder_is_a_column(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "leads.parquet"
    path.parent.mkdir(parents=True)
    (tmp_path / "other" / "deep").mkdir(parents=True)
    pq.write_table(pa.table({"source": ["fair"], "plan": ["a"]}), path)
    pq.write_table(pa.table({"source": ["web"], "plan": ["b"]}), tmp_path / "other" / "leads.parquet")
    pq.write_table(pa.table({"source": ["web"], "plan": ["b"]}), tmp_path / "other" / "deep" / "leads.parquet")
    csv, lines = path.with_suffix(".csv"), path.with_suffix(".jsonl")
    csv.write_text("source,plan\nfair,a\n", encoding="utf-8")
    lines.write_text('{"source": "fair", "plan": "a"}\n', encoding="utf-8")
    with duckdb.connect() as connection:
        for rows in (
            connection.read_parquet(engine_path(path), **AS_IT_STANDS),
            connection.read_csv(engine_path(csv), header=True, compression="none", **AS_IT_STANDS),
            connection.read_json(engine_path(lines), format="newline_delimited", **AS_IT_STANDS),
            connection.sql(f"FROM {parquet_rows(path)}"),
        ):
            assert rows.columns == ["source", "plan"]
            assert rows.fetchall() == [("fair", "a")]
    backend = ibis.duckdb.connect()
    table = backend.read_parquet(engine_path(path), table_name="leads", **AS_IT_STANDS)
    assert table.to_pyarrow().to_pydict() == {"source": ["fair"], "plan": ["a"]}
    backend.disconnect()


def test_a_path_that_duckdb_has_no_words_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="backslash"):
        engine_path(tmp_path / "a\\b*" / "leads.parquet")
