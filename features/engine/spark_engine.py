"""Spark as the engine of the feature expressions: a session, tables that are kept for a while, results as Arrow.

Tables that are used more than once, and results, lie as Parquet parts in a folder that driver and executors share: neither needs to hold
a whole one, and a plan built on a table is no longer than itself. Left out: what is computed, and how its SQL is written
(``spark_compiler.py``). Imported only where ``engine: spark`` is set.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.pyspark import Backend
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import monotonically_increasing_id

from leadq.crm.storage.engine_paths import ONE_PATH, spark_path
from leadq.features.engine.spark_compiler import DuckdbMeaning
from leadq.foundation.problems import ConfigError, Problem

PART_ROWS = 50_000
_LOCAL = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "16",
}
"""Where the master is this machine; on a cluster they are the cluster's business."""
_USUAL = {
    "spark.app.name": "leadq",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.executorEnv.OMP_NUM_THREADS": "1",  # Spark counts on a task to take one core
    "spark.executorEnv.NUMBA_NUM_THREADS": "1",
}
_RESULTS_DEPEND = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    # text such as ${env:HOME} in a CRM is text: without this Spark puts the variable's value in its place
    "spark.sql.variable.substitute": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
}


class SparkEngine(Backend):  # type: ignore[misc]
    """An Ibis backend on a Spark session that keeps tables for a while and gives Arrow.

    ``shared`` is a folder that driver and executors see under the same path; parts of results lie there until they are read.
    """

    compiler = DuckdbMeaning()

    def do_connect(self, session: SparkSession, *, shared: Path) -> None:
        """Take over a session."""
        super().do_connect(session)
        self.shared = shared
        self._folders = 0

    @property
    def session(self) -> SparkSession:
        """The Spark session."""
        found: SparkSession = self._session
        return found

    def frame(self, expression: ir.Table) -> DataFrame:
        """Return a table expression as a Spark data frame."""
        self._run_pre_execute_hooks(expression)
        return self.session.sql(self.compile(expression))

    def open_parquet(self, path: Path, name: str) -> ir.Table:
        """Open a file that driver and executors see."""
        self._read(path).createOrReplaceTempView(name)
        return self.table(name)

    def create_table(self, name: str, /, obj: ir.Table, **_: Any) -> ir.Table:
        """Keep a table until the session ends: as parts, so that a plan built on it is no longer than itself."""
        return self._kept(name, self.frame(obj))

    def numbered(self, name: str, points: ir.Table, column: str) -> ir.Table:
        """Keep a table with a number in each row, different from any other's."""
        return self._kept(name, self.frame(points).withColumn(column, monotonically_increasing_id()))

    def _kept(self, name: str, frame: DataFrame) -> ir.Table:
        folder = self.new_folder(name)
        write_parts(frame, folder)
        kept = self._read(folder).toDF(*frame.columns)
        kept.createOrReplaceTempView(name)
        return self.table(name)

    def _read(self, path: Path) -> DataFrame:
        return self.session.read.options(**ONE_PATH).parquet(spark_path(path))

    def to_pyarrow(self, expr: ir.Expr, /, **_: Any) -> Any:
        """Collect a result, in the types that the expression names."""
        table = expr.as_table()
        schema = table.schema().to_pyarrow()
        return expr.__pyarrow_result__(pa.Table.from_batches(self.stream(table, rows=1 << 16), schema))

    def execute(self, expr: ir.Expr, /, **_: Any) -> Any:
        """Collect a result as pandas has it."""
        return expr.__pandas_result__(self.to_pyarrow(expr.as_table()).to_pandas())

    def stream(self, expression: ir.Table, *, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield a result, in its order, in batches of at most ``rows`` rows."""
        folder = self.new_folder("result")
        try:
            write_parts(self.frame(expression), folder)
            yield from read_parts(parts_of(folder), expression.schema().to_pyarrow(), rows=rows)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def new_folder(self, name: str) -> Path:
        """Return a folder that driver and executors see, not there yet; it goes with the session."""
        self._folders += 1
        return self.shared / f"{self._folders}-{name}"

    def _register_in_memory_table(self, op: Any) -> None:
        self.session.createDataFrame(op.data.to_pyarrow(op.schema)).createOrReplaceTempView(op.name)


def write_parts(frame: DataFrame, folder: Path) -> None:
    """Write a result as Parquet parts; their names are in the order of its rows. Columns are numbered: theirs may be any text."""
    numbered = frame.toDF(*(str(place) for place in range(len(frame.columns))))
    numbered.write.option("maxRecordsPerFile", PART_ROWS).parquet(spark_path(folder), compression="zstd")


def parts_of(folder: Path) -> list[Path]:
    """Return the parts that :func:`write_parts` wrote, in the order of their rows."""

    def place(part: Path) -> tuple[int, int]:
        found = re.match(r"part-(\d+)-.*-c(\d+)\.", part.name)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    return sorted(folder.glob("part-*"), key=place)


def read_parts(parts: Iterable[Path], schema: pa.Schema, *, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield what :func:`write_parts` wrote, under the names and types of ``schema``."""
    for part in parts:
        with pq.ParquetFile(part, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=rows):
                yield batch.rename_columns(schema.names).cast(schema)


@contextmanager
def open_spark(*, master: str, config: Mapping[str, str], shared: Path) -> Iterator[SparkEngine]:
    """Yield a Spark engine; the session ends with it.

    Parameters
    ----------
    master : str
        ``local[2]``, ``spark://host:7077``, ``yarn``, ``k8s://...``.
    config : mapping of str to str
        Further settings of Spark; they win over leadq's own, except those that results depend on.
    shared : Path
        Folder for parts of results, seen by driver and executors; emptied before and after.

    Raises
    ------
    ConfigError
        No session could be had.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # executors must run the same packages
    shared = shared.absolute()
    shutil.rmtree(shared, ignore_errors=True)
    shared.mkdir(parents=True)
    local = _LOCAL | {"spark.local.dir": str(shared)} if master.startswith("local") else {}
    builder = SparkSession.builder.master(master)
    for name, value in {**_USUAL, **local, **config, **_RESULTS_DEPEND}.items():
        builder = builder.config(name, value)
    SparkEngine.register_options()
    engine = SparkEngine()
    try:
        engine.do_connect(builder.getOrCreate(), shared=shared)
    except Exception as error:  # pyspark raises whatever went wrong with Java, of no common kind
        raise ConfigError(
            Problem(
                where="leadq.yaml spark",
                rule=f"a Spark session must start at {master}",
                value=str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__,
                remedy="Install Java 17 (java on the PATH, or JAVA_HOME), check spark.master and spark.config, or set engine: duckdb.",
            )
        ) from error
    try:
        yield engine
    finally:
        engine.disconnect()
        shutil.rmtree(shared, ignore_errors=True)
